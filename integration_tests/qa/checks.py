"""Airbyte's own checks of a connector, offline: `checks.py MONOREPO NAME` prints `[[check, status,
message], ...]` on its last line.

Started by test_metadata.py with the Python of .venv-qa. MONOREPO is a folder with
`airbyte-integrations/connectors/NAME` and `docs`.
"""

import json
import os
import sys
import types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests
import yaml

LEAVES = ("airbyte_ops_mcp", "airbyte_ops_mcp.airbyte_repo", "airbyte_ops_mcp.registry")
REGISTRY, HUB, BASE = (
    "https://connectors.airbyte.com/",
    "https://registry.hub.docker.com/v2/repositories/",
    "airbyte/python-connector-base/",
)


def answered(url: str, **_: Any) -> requests.Response:
    """What the network says of a connector that was never released: an empty registry, nothing on
    Docker Hub but the base image.

    Docker Hub is not asked for the digest of the base image; only that one is named is known here.
    """
    answer = requests.Response()
    if url.startswith(REGISTRY):
        answer.status_code, answer._content = 200, b'{"sources": [], "destinations": []}'
    elif url.startswith(HUB + BASE):
        answer.status_code, answer._content = (
            200,
            json.dumps({"digest": f"sha256:{digest()}"}).encode(),
        )
    else:
        answer.status_code, answer._content = 404, b""
    return answer


def digest() -> str:
    metadata = yaml.safe_load(
        Path("airbyte-integrations", "connectors", sys.argv[2], "metadata.yaml").read_text(
            encoding="utf-8"
        )
    )
    return str(metadata["data"]["connectorBuildOptions"]["baseImage"]).rpartition(":")[2]


def import_without(packages: tuple[str, ...]) -> None:
    """Makes these packages importable without what their `__init__` imports: clients of services
    that no check needs.
    """
    for name in packages:
        found = find_spec(name)
        assert found and found.submodule_search_locations, f"{name} is not installed"
        package = types.ModuleType(name)
        package.__path__ = list(found.submodule_search_locations)
        sys.modules[name] = package


def main() -> None:
    os.chdir(sys.argv[1])
    requests.get = answered
    import_without(LEAVES)
    connector = import_module("airbyte_ops_mcp.connector_ops.utils").Connector(sys.argv[2])
    checks = import_module("airbyte_ops_mcp.connector_qa.checks").ENABLED_CHECKS
    print(json.dumps([run(check, connector) for check in checks]))


def run(check: Any, connector: Any) -> list[str]:
    """Name, status and message of one check; a check that breaks is one that fails."""
    try:
        result = check.run(connector)
    except KeyError as error:  # in a part of pyproject.toml that it takes to be there
        return [check.name, "FAILED", f"The check itself fails: no {error}."]
    return [check.name, result.status.name, result.message]


main()
