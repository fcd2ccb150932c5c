"""docs/refused.md, run as it is printed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from integration_tests.connector import Connector, record, state, stream
from profiles_sandbox.testing import ServedSandbox

PAGE = (Path(__file__).parents[1] / "docs" / "refused.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, name, text) for kind, name, text in BLOCK.findall(PAGE)]


def named(name: str) -> str:
    (text,) = [text for _, each, text in BLOCKS if each == name]
    return text


def printed() -> list[list[tuple[str, str]]]:
    """The commands of each console block, with what they print."""
    consoles = [text for kind, _, text in BLOCKS if kind == "console"]
    return [
        [
            (command, output)
            for command, _, output in (each.partition("\n") for each in text.split("$ ")[1:])
        ]
        for text in consoles
    ]


def run(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "200"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.decode().splitlines())


def expected(output: str) -> str:
    return "\n".join(line.rstrip() for line in output.splitlines())


def test_page_shows_what_happens(
    connector: Connector, sandbox: ServedSandbox, tmp_path: Path
) -> None:
    config: dict[str, Any] = {**json.loads(named("config")), "api_url": connector.config["api_url"]}
    schema = {"type": "object", "properties": {name: {} for name in ("id", "city", "born")}}
    catalog = {"streams": [stream("users", namespace="shop", schema=schema)]}
    del catalog["streams"][0]["sync_id"]
    first, second = printed()

    def configure() -> None:
        (tmp_path / "config.json").write_text(json.dumps(config))
        (tmp_path / "catalog.json").write_text(json.dumps(catalog))

    configure()
    connector.config, connector.catalog = config, catalog
    connector.config["object_storage_config"]["path"] = str(tmp_path / "kept")
    configure()
    rows = map(json.loads, named("rows").splitlines())
    said = connector.write(*(record(row, "users", namespace="shop") for row in rows), state(1))
    assert said.code == 0
    for command, output in first:
        assert run(command, tmp_path) == expected(output)
    sandbox.create({"crm_id": 77}, matching="custom", field_name="crm_id")
    config["streams"][0]["fields"][2]["formats"] = ["%d.%m.%Y"]
    configure()
    for command, output in second:
        assert run(command, tmp_path) == expected(output)
