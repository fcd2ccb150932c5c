"""Whether records of one profile are versions of one row."""

from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.cells import Cell
from destination_profiles.config import FieldConfig, StreamConfig
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.superseding import replaceable
from destination_profiles.service.formats import format_named
from destination_profiles.service.manifest import service
from unit_tests.settings import config, target

ID = FieldConfig("crm_id", "id")
CASES: list[tuple[tuple[str, ...], list[FieldConfig] | None, str, bool]] = [
    (("id",), [ID], "crm_id", True),
    (("id",), [FieldConfig("crm_id", "id", type="string")], "crm_id", True),
    (("crm_id",), None, "crm_id", True),
    (("user.id",), [FieldConfig("crm_id", "user.id")], "crm_id", True),
    (("order_id",), [ID, FieldConfig("points", "order_id")], "crm_id", False),
    (("id", "order_id"), [ID, FieldConfig("points", "order_id")], "crm_id", False),
    (("id",), None, "crm_id", False),
    ((), [ID], "crm_id", False),
    ((), None, "crm_id", False),
    (("id",), [FieldConfig("crm_id", "id", type="int")], "crm_id", False),  # 01 and 1
    (("id",), [FieldConfig("crm_id", "id", type="sha256")], "crm_id", False),  # A and a
    (("id",), [FieldConfig("crm_id", "id", cell=Cell(clean=("lower",)))], "crm_id", False),
    (("id",), [FieldConfig("crm_id", value=1)], "crm_id", False),
    (("id",), [FieldConfig("crm_id", columns=("id", "other"), type="tags")], "crm_id", False),
]


@pytest.mark.parametrize(("primary_key", "fields", "name", "may"), CASES)
def test_rows_are_versions_where_the_key_is_theirs(
    primary_key: Any, fields: Any, name: str, may: bool
) -> None:
    entry = StreamConfig("users", fields=fields and tuple(fields))
    made = codec("overwrite", primary_key, entry, target(field_name=name))
    assert (made.route.supersedes is not None) is may


def test_every_alternative_must_tell_rows_apart() -> None:
    fields = tuple(FieldConfig(name, name) for name in ("email", "phone"))
    either = StreamConfig("users", fields=fields)
    by_either = target(mode="email_phone", field_name=None)
    by_email = target(mode="email", field_name=None)
    assert codec("overwrite", ("email",), either, by_either).route.supersedes is None
    assert codec("overwrite", ("email",), either, by_email).route.supersedes is not None


def test_key_decides_in_overwrite_alone() -> None:
    entry = StreamConfig("users", fields=(ID,))
    by_id = target(field_name="crm_id")
    assert codec("append", ("id",), entry, by_id).route.supersedes is None
    assert codec("append_dedup", (), entry, by_id).route.supersedes is not None


PUSH = {"channel": "push", "resource_id": 3, "subscription_id": "a", "status": 0}
PROFILES: list[tuple[dict[str, Any], bool]] = [
    ({"crm_id": 1}, True),
    ({"crm_id": 1, "_city": "Oslo", "tags": ["a", "b"]}, True),
    ({"crm_id": 1, "address": {"lines": [{"street": "Karl Johans gate"}]}}, True),
    ({"crm_id": 1, "points": {"action": "incr", "value": 1}}, False),
    ({"crm_id": 1, "tags": {"action": "delete", "value": ["a"]}}, False),
    ({"crm_id": 1, "address": {"lines": [{"count": {"action": "incr", "value": 1}}]}}, False),
    ({"crm_id": 1, "subscriptions": [PUSH]}, False),
]


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize(("profile", "is_replaceable"), PROFILES)
def test_values_alone_are_replaced_by_a_version_that_nobody_has_seen(
    profile: dict[str, Any], is_replaceable: bool, wire: str
) -> None:
    form = format_named(wire)
    assert replaceable(service(), form)(form.encode(profile)) is is_replaceable


def codec(mode: str, primary_key: Any, entry: StreamConfig, found_by: Any) -> StreamCodec:
    info = StreamInfo("users", None, {}, mode, primary_key=primary_key)
    return StreamCodec(info, config(streams=(entry,), target=found_by), service())
