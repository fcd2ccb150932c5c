import json
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo, streams_of
from destination_profiles.config import FieldConfig, StreamConfig
from destination_profiles.delivery.ledger import Interval
from destination_profiles.errors import ConfigError, InvalidRecord
from destination_profiles.records.batch import Row
from destination_profiles.records.codec import StreamPlan
from destination_profiles.service.manifest import service
from unit_tests.pipeline import config, plan, target

USERS = Interval("users")


def row(data: bytes, made: StreamPlan | None = None) -> Row:
    return (made or plan()).row(data, USERS)


def rejection(data: bytes, made: StreamPlan | None = None) -> tuple[str, str, str]:
    with pytest.raises(InvalidRecord) as raised:
        row(data, made)
    found = raised.value.rejection
    return found.reason, found.code, found.path


def test_unchanged_record_is_its_own_profile() -> None:
    data = b'{ "id":1, "text":"\\u0041" }'
    made = row(data)
    assert made.profile is data
    assert (made.original, made.identities) == (data, ("1",))


def test_null_is_all_that_changes() -> None:
    assert (
        row(b'{"id":1,"a":null,"b":{"c":null},"n":123456789012345678901}').profile
        == b'{"id":1,"b":{"c":null},"n":123456789012345678901}'
    )


def test_mapped_record_keeps_its_original() -> None:
    settings = config(streams=(StreamConfig("users", fields=(FieldConfig("id", "key"),)),))
    made = row(b'{"key":5,"other":1}', plan(settings=settings))
    assert (made.profile, made.original) == (b'{"id":5}', b'{"key":5,"other":1}')


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"id":1,"x":1e400}', ("json", "number", "$.x")),
        (b'{"id":1,"x":"\xff"}', ("json", "unicode", "$.x")),
        (b"[1]", ("json", "object", "$")),
        (b"null", ("json", "object", "$")),
        (b"{}", ("profile", "required", "$")),
        (b'{"id":true}', ("profile", "type", "$.id")),
        (b'{"id":1,"phones":"1"}', ("profile", "type", "$.phones")),
        (
            b'{"id":1,"subscriptions":[{"channel":"email"}]}',
            ("profile", "anyOf", "$.subscriptions[0]"),
        ),
        (
            b'{"id":1,"subscriptions":[{"channel":"fax"}]}',
            ("profile", "enum", "$.subscriptions[0].channel"),
        ),
    ],
)
def test_wrong_record_is_rejected_by_path(data: bytes, found: tuple[str, str, str]) -> None:
    assert rejection(data) == found


def test_record_larger_than_a_request_is_rejected() -> None:
    small = config(max_bytes=200)
    assert rejection(json.dumps({"id": 1, "text": "x" * 200}).encode(), plan(settings=small)) == (
        "size",
        "max_bytes",
        "$",
    )


@pytest.mark.parametrize(
    ("earlier", "later", "mode", "may"),
    [
        (b'{"id":1}', b'{"id":1,"a":1}', "append_dedup", True),
        (b'{"id":1}', b'{"id":1,"a":1}', "update", True),
        (b'{"id":1}', b'{"id":1,"a":1}', "append", False),
        (b'{"id":1}', b'{"id":1,"a":1}', "overwrite", False),
        (b'{"id":1}', b'{"id":"1"}', "append_dedup", False),
        (b'{"id":1,"a":1}', b'{"id":1,"b":1}', "append_dedup", False),
        (b'{"id":1,"a":1}', b'{"id":1,"a":null}', "append_dedup", False),
        (
            b'{"id":1,"n":{"\\u0061ction":"incr","value":1}}',
            b'{"id":1,"n":1}',
            "append_dedup",
            False,
        ),
        (b'{"id":1,"n":{"action":"incr","value":1}}', b'{"id":1}', "append_dedup", False),
    ],
)
def test_superseding_needs_mode_and_equal_keys(
    earlier: bytes, later: bytes, mode: str, may: bool
) -> None:
    made = plan(sync_mode=mode)
    assert made.supersedes(row(later, made), row(earlier, made)) is may


def test_unknown_sync_mode_is_a_config_error() -> None:
    with pytest.raises(
        ConfigError, match="sync mode soft_delete, which this destination does not have"
    ):
        plan(sync_mode="soft_delete")


def test_nulls_of_a_key_are_missing_keys() -> None:
    assert rejection(b'{"id":null}', plan(settings=config(null_values="unset"))) == (
        "profile",
        "required",
        "$",
    )
    assert rejection(b'{"id":null}', plan(settings=config(null_values="send"))) == (
        "profile",
        "type",
        "$.id",
    )


def test_stream_overrides_the_target() -> None:
    settings = config(streams=(StreamConfig("users", target=target(2, "email", None)),))
    made = plan(settings=settings)
    assert (
        b"".join(made.envelope.body([]))
        == b'{"token":"token","db_id":2,"matching":"email","data":[]}'
    )


@pytest.mark.parametrize(
    "catalog",
    [
        {},
        {"streams": None},
        {"streams": [{}]},
        {"streams": [{"stream": {}, "destination_sync_mode": "append"}]},
        {"streams": [1]},
    ],
)
def test_catalog_that_is_none_is_a_config_error(catalog: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="The configured catalog is none"):
        streams_of(catalog)


def test_label_tells_namespaces_apart() -> None:
    info = StreamInfo("users", "eu", {}, "append")
    assert StreamPlan(info, config(), service()).label == "eu.users"


@pytest.mark.parametrize(
    ("null_values", "sent"),
    [("omit", b'{"id":1}'), ("unset", b'{"id":1}'), ("send", b'{"id":1,"subscriptions":null}')],
)
def test_null_subscriptions_do_not_reject(null_values: Any, sent: bytes) -> None:
    assert (
        row(
            b'{"id":1,"subscriptions":null}', plan(settings=config(null_values=null_values))
        ).profile
        == sent
    )


def test_records_of_another_stream_are_never_superseded() -> None:
    made = plan(sync_mode="append_dedup")
    earlier = made.row(b'{"id":1}', Interval("people"))
    assert made.supersedes(row(b'{"id":1}', made), earlier) is False


def test_limit_below_the_envelope_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"batching\.max_bytes leaves no room"):
        plan(settings=config(max_bytes=50))
