"""Airbyte's own checks of a connector, offline: `checks.py MONOREPO NAME` prints `[[check, status, message], ...]` on its last line.

Started by test_metadata.py with the Python of .venv-qa. MONOREPO is a folder with `airbyte-integrations/connectors/NAME` and `docs`.
"""

import importlib.util
import json
import os
import sys
import types
from typing import Any

import requests

LEAVES = ("airbyte_ops_mcp", "airbyte_ops_mcp.airbyte_repo", "airbyte_ops_mcp.registry")
REGISTRY, HUB, BASE = (
    "https://connectors.airbyte.com/",
    "https://registry.hub.docker.com/v2/repositories/",
    "airbyte/python-connector-base/",
)


def answered(url: str, **_: Any) -> requests.Response:
    """What the network says of a connector that was never released: an empty registry, nothing on Docker Hub but the base image.

    Docker Hub is not asked for the digest of the base image; only that one is named is known here.
    """
    answer = requests.Response()
    if url.startswith(REGISTRY):
        answer.status_code, answer._content = 200, b'{"sources": [], "destinations": []}'
    elif url.startswith(HUB + BASE):
        answer.status_code, answer._content = 200, json.dumps({"digest": f"sha256:{digest()}"}).encode()
    else:
        answer.status_code, answer._content = 404, b""
    return answer


def digest() -> str:
    from airbyte_ops_mcp.connector_ops.utils import Connector

    return str(Connector(sys.argv[2]).metadata["connectorBuildOptions"]["baseImage"]).rpartition(":")[2]


def import_without(packages: tuple[str, ...]) -> None:
    """Makes these packages importable without what their `__init__` imports: clients of services that no check needs."""
    for name in packages:
        found = importlib.util.find_spec(name)
        assert found and found.submodule_search_locations, f"{name} is not installed"
        package = types.ModuleType(name)
        package.__path__ = list(found.submodule_search_locations)
        sys.modules[name] = package


def main() -> None:
    os.chdir(sys.argv[1])
    requests.get = answered
    import_without(LEAVES)
    from airbyte_ops_mcp.connector_ops.utils import Connector
    from airbyte_ops_mcp.connector_qa.checks import ENABLED_CHECKS

    results = [check.run(Connector(sys.argv[2])) for check in ENABLED_CHECKS]
    print(json.dumps([[each.check.name, each.status.name, each.message] for each in results]))


main()
