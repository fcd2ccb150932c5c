"""Whether the configuration and the catalog mean the same streams."""

from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import StreamConfig
from destination_profiles.errors import ConfigError
from destination_profiles.sync.listed import check_listed
from unit_tests.settings import config

Name = tuple[str | None, str]
USERS: Name = (None, "users")
PUBLIC: Name = ("public", "users")


def checked(entries: list[Name], streams: list[Name], *, objects: Any = None, **more: Any) -> Any:
    made = tuple(StreamConfig(name, namespace) for namespace, name in entries)
    infos = [
        StreamInfo(name, namespace, {}, "append", object_name=objects)
        for namespace, name in streams
    ]
    return check_listed(config(streams=made, **more), infos)


@pytest.mark.parametrize(
    ("entries", "streams", "sentence"),
    [
        ([USERS], [(None, "shop_users")], "The catalog has shop_users, for which the setting streams"
         " has no entry; it has users. Nothing is sent that the mapping does not name: correct"),
        ([PUBLIC, (None, "b")], [PUBLIC, (None, "Users")], "The catalog has Users, for which the "
         "setting streams has no entry; it has public.users, b."),
        ([USERS], [USERS, ("x", "orders")], "The catalog has x.orders, for"),
        ([("other", "users")], [PUBLIC], "The stream users is configured for the namespace other"),
        ([PUBLIC], [PUBLIC, USERS], "The catalog has users, for which"),
        (
            [USERS],
            [(None, f"s{number}") for number in range(12)],
            "The catalog has s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more, for which",
        ),
    ],
)  # fmt: skip
def test_stream_without_an_entry_is_not_sent(
    entries: list[Name], streams: list[Name], sentence: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        checked(entries, streams)
    assert raised.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("entries", "streams", "more"),
    [
        ([], [USERS, PUBLIC], {}),
        ([USERS], [USERS, PUBLIC], {}),
        ([USERS, PUBLIC], [PUBLIC], {}),
        ([USERS], [USERS, (None, "orders")], {"unlisted_streams": "send"}),
        ([USERS], [USERS, (None, "orders")], {"objects": "profiles"}),
    ],
)
def test_streams_that_are_meant_are_taken(
    entries: list[Name], streams: list[Name], more: dict[str, Any]
) -> None:
    assert checked(entries, streams, **more) == []


def test_entry_that_no_stream_has_is_told() -> None:
    assert checked([USERS, (None, "old")], [USERS]) == ["old"]
