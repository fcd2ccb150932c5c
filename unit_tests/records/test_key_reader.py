"""What the profile of a row is found by, whatever else is wrong with it."""

from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import parse_config
from destination_profiles.records.key_reader import KeyReader
from destination_profiles.service.manifest import service

STRICT = {"type": "object", "required": ["x"], "properties": {"id": {"type": "integer"}}}
SETTINGS = {"api_url": "https://example.com", "token": "token", "db_id": 1}
BY_ID = {"mode": "custom", "field_name": "id"}
MAPPED = {
    "name": "users",
    "fields": [
        {"to": "id", "from": "crm.id", "type": "int"},
        {"to": "_bdate", "from": "born", "type": "date"},
    ],
    "subscriptions": [
        {"channel": "email", "resource_id": 1, "address_from": "mail", "status": "unsubscribed"}
    ],
}


def keys(
    *rows: bytes, sync_mode: str = "append", namespace: str | None = None, **settings: Any
) -> list[tuple[str, ...]]:
    config = parse_config({**SETTINGS, "matching": BY_ID, **settings})
    info = StreamInfo("users", namespace, STRICT, sync_mode)
    return KeyReader(info, config, service()).keys(rows)


def test_rest_of_a_row_is_no_matter() -> None:
    assert keys(b'{"id":"Seven "}', b'{"id":7,"email":5}') == [("seven",), ("7",)]


@pytest.mark.parametrize("row", [b"{}", b'{"id":null}', b'{"id":[]}', b"[]", b"{", b'{"id":{}}'])
def test_row_without_a_key_has_none(row: bytes) -> None:
    assert keys(b'{"id":1}', row, b'{"id":2}') == [("1",), (), ("2",)]


def test_mapping_of_the_key_alone_is_done() -> None:
    row = b'{"crm":{"id":"7"},"born":"never","mail":5}'
    assert keys(row, streams=[MAPPED]) == [("7",)]


def test_deleted_row_has_its_key() -> None:
    row = b'{"id":7,"_ab_cdc_deleted_at":"2026-11-26"}'
    for choice in ("skip", "reject", "send"):
        assert keys(row, on_delete=choice) == [("7",)]
    assert keys(b'{"crm":{"id":"7"},"_ab_cdc_deleted_at":1}', streams=[MAPPED]) == [("7",)]


@pytest.mark.parametrize("row", [b"{", b"[", b"\xff"])
def test_what_is_no_json_is_one_row_without_a_key(row: bytes) -> None:
    assert keys(row) == [()]
    assert keys(row, b'{"id":1}') == [(), ("1",)]
    assert keys(b'{"id":1}', row) == [("1",), ()]


def test_each_namespace_has_its_own_mapping() -> None:
    streams = [MAPPED, {**MAPPED, "namespace": "shop", "fields": [{"to": "id", "from": "no"}]}]
    row = b'{"crm":{"id":"7"},"no":8}'
    assert keys(row, streams=streams) == [("7",)]
    assert keys(row, streams=streams, namespace="shop") == [("8",)]


def test_any_alternative_is_one() -> None:
    rows = (b'{"email":"Ann@x.org","phones":["+49 1"]}', b'{"phone":"491"}')
    assert keys(*rows, matching={"mode": "email_phone"}) == [("ann@x.org", "491"), ("491",)]


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("nulls", ["omit", "unset"])
def test_settings_of_the_rest_are_no_matter(wire: str, nulls: str) -> None:
    more: dict[str, Any] = {"null_values": nulls, "delivery": {"wire_format": wire}}
    assert keys(b'{"id":7,"x":null}', sync_mode="append_dedup", **more) == [("7",)]


@pytest.mark.parametrize(
    ("primary_key", "streams", "are_versions"),
    [
        (("id",), [], True),
        (("order",), [], False),
        (("id", "order"), [], False),
        ((), [], False),
        (("crm.id",), [MAPPED], False),  # a type of the key: 1 and 1.0 may be two rows
        (("id",), [MAPPED], False),
        (("crm",), [{"name": "users", "fields": [{"to": "id", "from": "crm"}]}], True),
        (("id",), [{"name": "users", "fields": [{"to": "id", "from": "crm"}]}], False),
        (
            ("crm",),
            [{"name": "users", "namespace": "shop", "fields": [{"to": "id", "from": "crm"}]}],
            True,
        ),
        (
            ("crm",),
            [{"name": "users", "namespace": "other", "fields": [{"to": "id", "from": "crm"}]}],
            False,
        ),
    ],
)
def test_records_of_one_profile_may_be_versions_of_a_row(
    primary_key: tuple[str, ...], streams: list[Any], are_versions: bool
) -> None:
    config = parse_config({**SETTINGS, "matching": BY_ID, "streams": streams})
    info = StreamInfo("users", "shop", {}, "append", primary_key=primary_key)
    reader = KeyReader(info, config, service())
    assert reader.is_of_rows is are_versions
    assert reader.target == config.target


def test_key_is_read_by_the_entry_of_the_stream_itself() -> None:
    entries = [
        {"name": "users", "namespace": name, "fields": [{"to": "id", "from": column}]}
        for name, column in (("other", "a"), ("shop", "b"))
    ]
    assert keys(b'{"a":1,"b":2}', namespace="shop", streams=entries) == [("2",)]
