"""Real sources into the connector into the service: source-faker and source-smoke-test by PyAirbyte,
and a low-code source that reads an HTTP API.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from integration_tests.connector import COMMAND, Connector, by, rejected, stream, updates
from integration_tests.servers import serving
from profiles_sandbox.testing import ServedSandbox

ROOT = Path(__file__).parents[1]
PYAIRBYTE, FAKER = (
    ROOT / ".venv-pipelines" / "bin" / "python",
    ROOT / ".venv-source" / "bin" / "source-faker",
)
SMOKE_TEST = PYAIRBYTE.with_name("source-smoke-test")
LOW_CODE = Path(sys.executable).with_name("source-declarative-manifest")
USERS, SECONDS = 300, 300

PLANS = Path(__file__).parent / "pipelines"
SMOKE: dict[str, tuple[int, list[dict[str, str]]]] = {  # rows, and what is mapped beside the id
    "basic_types": (3, [{"to": "vip", "from": "is_active"}, {"to": "score", "from": "amount"}]),
    "timestamp_types": (3, [{"to": "last_seen", "from": "updated_at", "type": "datetime"}]),
    "large_decimals_and_numbers": (3, [{"to": "source", "from": "big_integer", "type": "string"}]),
    "nested_json_objects": (2, [{"to": "tags", "from": "metadata.tags"}]),
    "null_handling": (3, [{"to": "points", "from": "nullable_integer"}]),
    "column_naming_edge_cases": (1, [{"to": "source", "from": "column.with.dots"}]),
    "CamelCaseStreamName": (1, [{"to": "source", "from": "value"}]),
    "wide_table_50_columns": (2, [{"to": "source", "from": "col_001"}]),
    "empty_stream": (0, [{"to": "source", "from": "value"}]),
    "unicode_and_special_strings": (4, [{"to": "source", "from": "unicode_text"}]),
    "duplicate_primary_keys": (6, [{"to": "source", "from": "updated_value"}]),
    "time_types": (3, [{"to": "source", "from": "time_with_tz"}]),
    "union_types": (3, [{"to": "source", "from": "string_or_integer", "type": "string"}]),
    "array_of_primitives": (3, [{"to": "tags", "from": "string_array"}]),
    "large_string_values": (2, [{"to": "source", "from": "large_value"}]),
    "sparse_records": (7, [{"to": "points", "from": "col_b"}]),
    "special_number_values": (7, [{"to": "score", "from": "float_value"}]),
}
SUPERSEDED = 3  # of duplicate_primary_keys: PyAirbyte asks for append_dedup

needs_pyairbyte = pytest.mark.skipif(
    not (PYAIRBYTE.is_file() and FAKER.is_file()),
    reason="`make test` installs PyAirbyte and source-faker",
)


def sync(folder: Path, mode: str, source: Path = FAKER) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parent / "pipelines" / "pyairbyte.py"
    command = [PYAIRBYTE, script, mode, folder, source, COMMAND]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def written(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts["written"]


def accepted(sandbox: ServedSandbox) -> list[int]:
    return [row["accepted"] for row in updates(sandbox)]


@pytest.fixture
def folder(tmp_path: Path, sandbox: ServedSandbox) -> Path:
    """The settings of both ends, for customers that the service knows."""
    sandbox.create(
        *({"Custom_ID": number} for number in range(1, USERS + 1)),
        matching="custom",
        field_name="Custom_ID",
    )
    source = {
        "count": USERS,
        "seed": 1,
        "records_per_slice": 100,
        "always_updated": False,
        "parallelism": 1,
    }
    destination = json.loads((ROOT / "demo" / "config.json").read_text()) | {"api_url": sandbox.url}
    del destination["object_storage_config"]
    (tmp_path / "source.json").write_text(json.dumps(source))
    (tmp_path / "destination.json").write_text(json.dumps(destination))
    (tmp_path / "streams.json").write_text('["users"]')
    return tmp_path


@needs_pyairbyte
@pytest.mark.parametrize("mode", ["none", "cache"])
def test_pyairbyte_delivers_every_user(folder: Path, sandbox: ServedSandbox, mode: str) -> None:
    assert written(sync(folder, mode)) == USERS
    assert accepted(sandbox) == [USERS]
    reply = sandbox.post(
        "profiles/get", db_id=1, matching="custom", field_name="Custom_ID", field_value=USERS
    )
    assert reply.message["data"]["source"] == "faker"


@needs_pyairbyte
def test_second_sync_sends_nothing_twice(folder: Path, sandbox: ServedSandbox) -> None:
    assert written(sync(folder, "state")) == USERS
    assert written(sync(folder, "state")) == 0
    assert accepted(sandbox) == [USERS]


@needs_pyairbyte
def test_failing_destination_makes_pyairbyte_raise(folder: Path, sandbox: ServedSandbox) -> None:
    destination = json.loads((folder / "destination.json").read_text()) | {"token": "another"}
    (folder / "destination.json").write_text(json.dumps(destination))
    done = sync(folder, "none")
    assert done.returncode == 1
    assert "does not accept the API token" in done.stdout + done.stderr
    assert accepted(sandbox) == [None]


# PyAirbyte's source of what breaks destinations


def smoke(connector: Connector, source: dict[str, Any], streams: list[str]) -> int:
    """A sync of some streams of it; gives the rows that PyAirbyte says were written."""
    settings = {"source": source, "destination": connector.config, "streams": streams}
    for name, content in settings.items():
        (connector.folder / f"{name}.json").write_text(json.dumps(content))
    return written(sync(connector.folder, "none", SMOKE_TEST))


@needs_pyairbyte
def test_dirty_customers_are_right_or_explained(storing: Connector, sandbox: ServedSandbox) -> None:
    plan = yaml.safe_load((PLANS / "profiles.yaml").read_text(encoding="utf-8"))
    storing.config["streams"] = plan["mapping"]
    source = {"all_fast_streams": False, "custom_scenarios": plan["scenarios"]}
    rows = plan["scenarios"][0]["records"]
    assert smoke(storing, source, [each["name"] for each in plan["scenarios"]]) == len(rows)
    for number, expected in plan["sent"].items():
        found = sandbox.profile(f"65f0c0ffee{number:014}")
        found["subscriptions"] = [each["status"] for each in found["subscriptions"]]
        assert {name: found.get(name) for name in expected} == expected, number
    codes = {row.get("id"): row["rejected_code"] for row in rejected(storing, "customers")}
    assert codes == plan["rejected"]


@needs_pyairbyte
def test_what_breaks_destinations_arrives(connector: Connector, sandbox: ServedSandbox) -> None:
    """Its own streams, each mapped by its id and one more column."""
    fields = [{"to": "crm_id", "from": "id"}]
    connector.config["streams"] = [
        {"name": name, "fields": [*fields, *more]} for name, (_, more) in SMOKE.items()
    ]
    counts = [count for count, _ in SMOKE.values()]
    assert smoke(connector, {}, list(SMOKE)) == sum(counts)
    assert sum(row["accepted"] for row in updates(sandbox)) == sum(counts) - SUPERSEDED
    assert sandbox.profile("65f0c0ffee00000000000001")["points"] is not None


# A low-code source


ROWS = [
    {"id": number, "mail": f"c{number}@example.org", "born": "1984-05-27"} for number in (1, 2, 3)
]


class Customers(BaseHTTPRequestHandler):
    """An API with three customers, two a page."""

    def do_GET(self) -> None:
        start = int(parse_qs(urlsplit(self.path).query).get("offset", ["0"])[0])
        body = json.dumps({"customers": ROWS[start : start + 2]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Be silent."""


@pytest.fixture
def api() -> Iterator[str]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Customers)) as url:
        yield url


def manifest(url: str) -> dict[str, Any]:
    """A source in Airbyte's low-code language."""
    requester = {
        "type": "HttpRequester",
        "url_base": url,
        "path": "/customers",
        "http_method": "GET",
    }
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "offset",
        },
        "pagination_strategy": {"type": "OffsetIncrement", "page_size": 2},
    }
    selector = {
        "type": "RecordSelector",
        "extractor": {"type": "DpathExtractor", "field_path": ["customers"]},
    }
    columns = {"id": {"type": "integer"}, "mail": {"type": "string"}, "born": {"type": "string"}}
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["customers"]},
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "customers",
                "primary_key": ["id"],
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": requester,
                    "paginator": paginator,
                    "record_selector": selector,
                },
                "schema_loader": {
                    "type": "InlineSchemaLoader",
                    "schema": {"type": "object", "properties": columns},
                },
            }
        ],
    }


def test_low_code_source_is_delivered(
    connector: Connector, sandbox: ServedSandbox, api: str
) -> None:
    source = connector.folder / "source.json"
    source.write_text(json.dumps({"__injected_declarative_manifest": manifest(api)}))
    fields = [
        {"to": "crm_id", "from": "id"},
        {"to": "email", "from": "mail"},
        {"to": "_bdate", "from": "born", "type": "date"},
    ]
    connector.config |= {
        "matching": by("crm_id"),
        "streams": [{"name": "customers", "fields": fields}],
    }
    connector.catalog["streams"] = [
        stream("customers", "append_dedup", primary_key=[["id"]]) | {"sync_mode": "full_refresh"}
    ]
    write = connector.command("write")
    read = [LOW_CODE, "read", "--config", source, "--catalog", connector.folder / "catalog.json"]
    with subprocess.Popen(read, stdout=subprocess.PIPE) as reading:
        done = subprocess.run(
            write, stdin=reading.stdout, capture_output=True, timeout=SECONDS, check=False
        )
    messages = [json.loads(each) for each in done.stdout.splitlines()]
    states = [each["state"]["destinationStats"] for each in messages if each["type"] == "STATE"]
    assert (reading.returncode, done.returncode, sum(each["recordCount"] for each in states)) == (
        0,
        0,
        3.0,
    )
    assert accepted(sandbox) == [3]
    stored = [
        sandbox.post(
            "profiles/get", db_id=1, matching="custom", field_name="crm_id", field_value=n
        ).message["data"]
        for n in (1, 2, 3)
    ]
    assert [(each["email"], each["_bdate"]) for each in stored] == [
        (f"c{number}@example.org", "1984-05-27") for number in (1, 2, 3)
    ]
