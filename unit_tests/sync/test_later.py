"""What outcomes tell of a record that waits: that a later version of its row arrived, that nothing
came that it may overwrite, or neither.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import FieldConfig, StreamConfig
from destination_profiles.records.key_reader import KeyReader
from destination_profiles.rejects.parts import Part
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Target
from destination_profiles.sync.later import Later
from destination_profiles.sync.waiting import Shelf, Waiting
from unit_tests.outcomes.kept import SYNCS, keep
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.settings import config, target

KEY = ("id",)
ROW = 2  # of the record that waits, in its sync
BY_EMAIL = target(mode="email", field_name=None)
OTHER_DB = target(2, mode="email", field_name=None)
BY_PROFILE_EMAIL = target(mode="email_profile", field_name=None)
IN_PLACE = ["accepted", "unchanged"]
WORDS = [*IN_PLACE, "deleted"]


def stream(name: str = "users", *fields: str, **more: Any) -> StreamConfig:
    return StreamConfig(
        name, fields=tuple(FieldConfig(each, each) for each in ("id", *fields)), **more
    )


def info(name: str = "users", namespace: str | None = None, key: Any = KEY) -> StreamInfo:
    return StreamInfo(name, namespace, {}, "append", primary_key=key)


def later(
    folder: MemoryFolder,
    streams: Sequence[StreamConfig] = (),
    catalog: Sequence[StreamInfo] = (info(),),
    *,
    found: Target | None = None,
    ids: tuple[str, ...] = ("1",),
    since: str = SYNCS[0],
) -> bool | None:
    """What is known of a record of the catalog's first stream."""
    configured = config(streams=tuple(streams), target=found or target())
    infos = {(each.namespace, each.name): each for each in catalog}
    readers = {key: KeyReader(each, configured, service()) for key, each in infos.items()}
    labels = {key: each.label() for key, each in infos.items()}
    first, *_ = infos
    shelf = Shelf(folder, [Part("part", 0, first)], labels)
    waiting = Waiting(0, 0, SYNCS[1], ROW, ids)
    return Later(folder, configured, shelf, readers, [waiting], since=since)(waiting)


def kept(sync: int = 2, *rows: tuple[str, ...], **more: Any) -> MemoryFolder:
    """Outcomes of an early sync, and of one more."""
    folder = MemoryFolder()
    keep(folder, 0, ("7",))
    keep(folder, sync, *(rows or [("1",)]), **more)
    return folder


@pytest.mark.parametrize("outcome", IN_PLACE)
def test_later_version_of_the_row_takes_its_place(outcome: str) -> None:
    assert later(kept(outcome=outcome)) is True
    assert later(kept(1, ("7",), ("7",), ("1",), outcome=outcome)) is True


@pytest.mark.parametrize("outcome", WORDS)
def test_what_is_no_later_says_nothing(outcome: str) -> None:
    assert later(kept(1, ("1",), ("1",), outcome=outcome)) is False
    assert later(kept(2, ("2",), outcome=outcome)) is False


def test_rows_of_an_array_are_no_versions_of_one_another() -> None:
    """Devices of a customer: another one was sent later."""
    devices = stream("users", "token")
    for key in ((), ("token",), ("id", "token")):
        assert later(kept(), [devices], [info(key=key)]) is None
    assert later(kept(), [devices], [info()]) is True
    assert later(kept(), [stream("users")], [info(key=())]) is None  # nothing but the key


def test_any_mode_has_versions_of_a_row() -> None:
    for mode in ("append", "append_dedup", "update", "overwrite"):
        several = StreamInfo("users", None, {}, mode)
        assert later(kept(), catalog=[several]) is None
        assert later(kept(), catalog=[StreamInfo("users", None, {}, mode, primary_key=KEY)]) is True


@pytest.mark.parametrize("outcome", WORDS)
@pytest.mark.parametrize(("fields", "known"), [(("city",), None), (("points",), False)])
def test_other_stream_is_no_version_and_may_be_overwritten(
    outcome: str, fields: tuple[str, ...], known: bool | None
) -> None:
    streams = [stream("users", "city", "name"), stream("orders", *fields)]
    for catalog in ([info()], [info(), info("orders")]):
        assert later(kept(outcome=outcome, stream="orders"), streams, catalog) is known


def test_fields_that_nobody_knows_may_be_overwritten() -> None:
    users = stream("users", "city")
    assert later(kept(stream="orders"), [users]) is None
    assert later(kept(stream="orders"), [users, StreamConfig("orders")]) is None
    assert later(kept(stream="orders"), [stream("orders", "points")]) is None


def test_what_profiles_are_found_by_is_not_overwritten() -> None:
    """But where another stream sends it, it is."""
    by_email = StreamConfig("people", target=BY_EMAIL, fields=(FieldConfig("email", "mail"),))
    streams = [stream("users", "email"), stream("orders", "email"), by_email]
    assert later(kept(stream="people", found=BY_EMAIL), streams) is False
    assert later(kept(stream="orders"), streams, [info(), info("orders")]) is None
    both = [info(), info("orders"), info("people")]
    assert later(kept(stream="orders"), streams, both) is None


def test_streams_of_one_name_in_two_namespaces_are_two() -> None:
    crm, shop = info("users", "crm"), info("users", "shop")
    assert later(kept(stream="shop.users"), catalog=[crm, shop]) is None
    assert later(kept(stream="crm.users"), catalog=[crm, shop]) is True
    assert later(kept(stream="users"), catalog=[crm]) is None
    apart = [
        stream("users", "city", namespace="crm"),
        stream("users", "points", namespace="shop"),
    ]
    assert later(kept(stream="shop.users"), apart, [crm, shop]) is False
    together = [stream("users", "city")]  # of any namespace
    assert later(kept(stream="shop.users"), together, [crm]) is None


def test_stream_with_a_dot_in_its_name_is_looked_up_in_every_way() -> None:
    streams = [stream("users", "city"), stream("orders", "points"), stream("b.orders", "city")]
    for label in ("b.orders", "a.b.orders"):
        assert later(kept(stream=label), streams) is None
    for label in ("c.orders", "a.c.orders"):
        assert later(kept(stream=label), streams) is False
    streams[2] = StreamConfig("b.orders")  # its fields are those that its rows have
    assert later(kept(stream="a.b.orders"), streams) is None


@pytest.mark.parametrize("outcome", WORDS)
def test_deleted_row_is_not_a_version_that_takes_the_place(outcome: str) -> None:
    folder = kept(outcome="deleted")
    assert later(folder) is None
    keep(folder, 3, ("1",), outcome=outcome)
    assert later(folder) is (True if outcome in IN_PLACE else None)


def test_row_whose_deletion_was_refused_is_deleted_too() -> None:
    assert later(kept(outcome="rejected", step="deleted", code="deleted")) is None
    assert later(kept(outcome="rejected", step="service", code="404")) is False


@pytest.mark.parametrize("outcome", WORDS)
@pytest.mark.parametrize(
    ("sync", "fields", "known"),
    [(2, ("city",), None), (2, ("points",), False), (0, ("city",), False)],
)
def test_stream_that_was_sent_by_another_key_may_be_overwritten(
    outcome: str, sync: int, fields: tuple[str, ...], known: bool | None
) -> None:
    """It is not in the catalog, and its rows name other keys."""
    folder = MemoryFolder()
    keep(folder, 0, ("7",))
    keep(folder, sync, ("a@x.org",), number=1, outcome=outcome, stream="people", found=BY_EMAIL)
    people = stream("people", *fields, target=BY_EMAIL)
    assert later(folder, [stream("users", "city"), people]) is known


def test_stream_that_nobody_knows_by_another_key_may_be_overwritten() -> None:
    folder = kept(2, ("a@x.org",), stream="people", found=BY_EMAIL)
    assert later(folder, [stream("users", "city")]) is None
    assert later(kept(2, ("a@x.org",), found=OTHER_DB), [stream("users", "city")]) is False


def test_matching_that_was_changed_hides_nothing() -> None:
    """Rows of the same stream were found by email before."""
    users = stream("users", "city")
    assert later(kept(2, ("a@x.org",), found=BY_EMAIL), [users]) is None
    assert later(kept(0, ("a@x.org",), found=BY_EMAIL), [users]) is False
    assert later(kept(2, ("1",), found=target(field_name="crm_id")), [users]) is None


def test_ways_that_outcomes_name_alike_are_told_apart_by_the_settings() -> None:
    fields = (FieldConfig("email", "mail"), FieldConfig("city", "city"))
    users = StreamConfig("users", fields=fields)
    key, folder = [info(key=("mail",))], kept(2, ("b@x.org",), found=BY_EMAIL)
    people = StreamConfig("people", target=BY_PROFILE_EMAIL, fields=fields)
    assert later(folder, [users, people], key, found=BY_EMAIL) is None
    people = StreamConfig("people", target=BY_EMAIL, fields=fields)
    assert later(folder, [users, people], key, found=BY_EMAIL) is False


@pytest.mark.parametrize(("fields", "known"), [(("city",), None), (("points",), False)])
def test_stream_of_the_catalog_that_has_another_key_is_enough(
    fields: tuple[str, ...], known: bool | None
) -> None:
    people = stream("people", "email", *fields, target=BY_EMAIL)
    streams = [stream("users", "city"), people]
    assert later(kept(2, ("7",)), streams, [info(), info("people")]) is known
    streams[1] = replace(people, target=OTHER_DB)
    assert later(kept(2, ("7",)), streams, [info(), info("people")]) is False


def test_each_way_to_the_profile_has_to_lead_to_the_later_version() -> None:
    """A row with several values of a key may be of several profiles."""
    assert later(kept(2, ("1",)), ids=("1", "2")) is None
    assert later(kept(2, ("1",), ("2",)), ids=("1", "2")) is True


def test_row_without_a_key_has_no_later_version() -> None:
    assert later(kept(), ids=()) is False


def test_nobody_knows_of_what_was_before_outcomes() -> None:
    assert later(MemoryFolder()) is None
    folder = MemoryFolder()
    keep(folder, 2, ("7",))
    assert later(folder) is None
    assert later(kept(2, ("7",)), since=SYNCS[2]) is None
    assert later(kept(2, ("7",)), since=SYNCS[1]) is False
