"""Schemas of sources: in the draft that each names, without what it does not allow, and alone."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema_rs
import pytest

from destination_profiles.records.drafts import MAX_FAULTS, compiled, draft, mended

NAMED = [
    ("http://json-schema.org/draft-04/schema#", jsonschema_rs.Draft4Validator),
    ("http://json-schema.org/draft-06/schema", jsonschema_rs.Draft6Validator),
    ("https://json-schema.org/draft-07/schema#", jsonschema_rs.Draft7Validator),
    ("http://json-schema.org/draft-07/schema/", jsonschema_rs.Draft7Validator),
    ("https://json-schema.org/draft/2019-09/schema", jsonschema_rs.Draft201909Validator),
    ("https://json-schema.org/draft/2020-12/schema#", jsonschema_rs.Draft202012Validator),
    ("https://example.com/own", jsonschema_rs.Draft7Validator),
    ("json-schema.org/draft-04/schema", jsonschema_rs.Draft7Validator),
    ("", jsonschema_rs.Draft7Validator),
]


@pytest.mark.parametrize(("name", "kind"), NAMED)
def test_schema_has_the_draft_that_it_names(name: str, kind: type[Any]) -> None:
    assert draft({"$schema": name}) is kind


def test_schema_that_names_no_draft_has_that_of_sources() -> None:
    assert draft({}) is jsonschema_rs.Draft7Validator


DRAFT_4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
DRAFT_2019 = {"$schema": "https://json-schema.org/draft/2019-09/schema"}
DRAFT_2020 = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
MENDED = [
    ({}, {}, []),
    (True, {}, []),
    (False, {}, ["$"]),
    (None, {}, ["$"]),
    ([], {}, ["$"]),
    ({"$schema": 7, "type": "object"}, {"type": "object"}, ["$.$schema"]),
    ({"type": "text"}, {}, ["$.type"]),
    ({"type": ["string", "text"]}, {}, ["$.type"]),
    (
        {"properties": {"a": {"minLength": -1, "type": "string"}, "b": {"type": 7}}},
        {"properties": {"a": {"type": "string"}, "b": {}}},
        ["$.properties.a.minLength", "$.properties.b.type"],
    ),
    ({**DRAFT_4, "exclusiveMinimum": True, "minimum": 1}, None, []),  # None: as it is
    ({**DRAFT_4, "exclusiveMinimum": 1, "minimum": 1}, {**DRAFT_4, "minimum": 1}, ["$.exclusiveMinimum"]),
    ({"exclusiveMinimum": True}, {}, ["$.exclusiveMinimum"]),
    ({**DRAFT_2020, "prefixItems": [{"type": "text"}]}, {**DRAFT_2020, "prefixItems": [{}]}, ["$.prefixItems[0].type"]),
    ({**DRAFT_2019, "items": [{"type": "string"}]}, None, []),
    ({**DRAFT_2020, "items": [{"type": "string"}]}, DRAFT_2020, ["$.items"]),
    ({"allOf": []}, {}, ["$.allOf"]),
    ({"allOf": [7]}, {}, ["$.allOf"]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "left", "faults"), MENDED)
def test_what_a_draft_does_not_allow_goes(raw: Any, left: Any, faults: list[str]) -> None:
    schema, told = mended(raw)
    assert schema == (raw if left is None else left)
    assert sorted(told) == faults


@pytest.mark.parametrize(("count", "is_kept"), [(MAX_FAULTS, True), (MAX_FAULTS + 1, False)])
def test_schema_with_too_many_faults_is_taken_as_anything(count: int, is_kept: bool) -> None:
    columns: dict[str, Any] = {f"c{number}": {"type": "text"} for number in range(count)}
    schema, faults = mended({"properties": {**columns, "id": {"type": "integer"}}})
    if is_kept:
        assert len(faults) == count
        assert schema == {
            "properties": {**{name: {} for name in columns}, "id": {"type": "integer"}}
        }
    else:
        assert (schema, faults) == ({}, ["$"])


def test_schema_is_left_as_it_was_given() -> None:
    raw = {"properties": {"a": {"type": "text"}}}
    mended(raw)
    assert raw == {"properties": {"a": {"type": "text"}}}


def test_format_is_not_asserted() -> None:
    assert compiled({"type": "string", "format": "date-time"}).is_valid("2026-12-01 10:00")


@pytest.mark.parametrize("pattern", ["^(?=a)(a+)+$", "^(a+)+\\1$"])
def test_pattern_that_would_try_for_ever_is_not_satisfied(pattern: str) -> None:
    assert not compiled({"pattern": pattern}).is_valid("a" * 40 + "b")


# Nothing outside of a schema is read


class Asked(BaseHTTPRequestHandler):
    """A server with a schema, which notes who asks for it."""

    paths: list[str]

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Be silent."""


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for there."""
    paths: list[str] = []
    handler = type("Handler", (Asked,), {"paths": paths})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["", *(name for name, _ in NAMED if "://json-schema.org" in name)])
def test_reference_asks_no_server(asked: tuple[str, list[str]], name: str) -> None:
    url, paths = asked
    around = {"$schema": name} if name else {}
    for schema in ({"$ref": f"{url}/a.json"}, {"properties": {"a": {"$ref": f"{url}/b.json#/c"}}}):
        with pytest.raises(ValueError, match=r"[Rr]etriev|[Rr]esource"):
            compiled({**around, **schema})
    assert paths == []


def test_reference_reads_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"type": "string"}')
    with pytest.raises(ValueError, match=r"[Rr]etriev|[Rr]esource"):
        compiled({"$ref": path.as_uri()})
