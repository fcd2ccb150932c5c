"""Types of members, which are made once for all streams that have the same."""

from typing import Any

import pytest

from destination_profiles.records import row_type
from destination_profiles.records.proof import Proof
from destination_profiles.records.row_type import RowType
from destination_profiles.records.stream_schema import stream_schema
from unit_tests.records.streams import codec, rejection, row

RECORD = b'{"id":1,"code":"a"}'


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_type, "_types", {})


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The schemas of members that were proven."""
    found: list[Any] = []
    prove = Proof.type_of

    def noted(proof: Proof, *schemas: Any) -> Any:
        if schemas[-1] is row_type.NOT_NULL:
            found.append(schemas)
        return prove(proof, *schemas)

    monkeypatch.setattr(Proof, "type_of", noted)
    return found


def test_second_stream_proves_nothing_anew(proven: list[Any]) -> None:
    assert row(codec(), RECORD).profile == RECORD
    first = len(proven)
    assert first
    assert row(codec(), RECORD).profile == RECORD
    assert len(proven) == first


def test_streams_may_call_other_things_by_one_name() -> None:
    def made(kind: str) -> Any:
        of = {"id": {}, "code": {"$ref": "#/definitions/code"}}
        return codec({"properties": of, "definitions": {"code": {"type": kind}}})

    assert row(made("string"), RECORD).profile == RECORD
    assert rejection(made("integer"), RECORD).path == "$.code"


def test_types_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_type, "MAX_TYPES", 3)
    for length in range(10):
        asked = stream_schema({"properties": {"code": {"type": "string", "maxLength": length}}})
        RowType(asked, {}, "none")
        assert 0 < len(row_type._types) <= 3
