"""What streams of data activation are mapped to: fields of a profile, and parts of
subscriptions.
"""

from dataclasses import replace
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.errors import ConfigError
from destination_profiles.records.activation import activated, own_columns, part_names
from destination_profiles.records.codec import StreamCodec
from destination_profiles.service.manifest import service
from unit_tests.records.streams import profile
from unit_tests.settings import config

TEXT = {"type": ["null", "string"]}
STATUS = "email@28.status"
CHANNELS = service().channels


def stream(*columns: str, **schemas: Any) -> StreamInfo:
    properties = {**dict.fromkeys(columns, TEXT), **schemas}
    return StreamInfo(
        "users", "public", {"type": "object", "properties": properties}, "update", None, "profiles"
    )


def entry(info: StreamInfo, *streams: StreamConfig, **more: Any) -> StreamConfig:
    made, errors = activated(config(streams=streams, **more), [info], service())
    assert errors == []
    return made.stream(info.name, info.namespace)


def refused(info: StreamInfo) -> str:
    _, (error,) = activated(config(), [info], service())
    assert (error.stream, type(error)) == ("users", ConfigError)
    return error.message


def sent(info: StreamInfo, row: dict[str, Any], settings: Config | None = None) -> Any:
    """What is sent of a row."""
    made, errors = activated(settings or config(), [info], service())
    assert errors == []
    return profile(StreamCodec(info, made, service()), row)


def test_columns_that_are_fields_are_sent_as_they_come() -> None:
    made = config(streams=(StreamConfig("orders"),))
    assert activated(made, [stream("id", "_fname", "_ab_cdc_deleted_at")], service()) == (made, [])


def test_streams_of_other_connections_are_left_alone() -> None:
    info = StreamInfo("users", None, {"properties": {STATUS: TEXT}}, "append")
    made = config()
    assert activated(made, [info], service()) == (made, [])


def test_parts_become_a_subscription() -> None:
    info = stream("id", "email", STATUS, "email@28.cats", "_ab_cdc_updated_at")
    row = {"id": "1", "email": "a@b.c", STATUS: "Subscribed ", "email@28.cats": "x,y"}
    assert sent(info, row) == {
        "id": "1",
        "email": "a@b.c",
        "subscriptions": [
            {
                "channel": "email",
                "resource_id": 28,
                "email": "a@b.c",
                "status": "subscribed",
                "cats": ["x", "y"],
            }
        ],
    }


def test_priority_is_a_number() -> None:
    info = stream("id", "email", STATUS, **{"email@28.priority": {"type": "integer"}})
    row = {"id": "1", "email": "a@b.c", STATUS: "subscribed", "email@28.priority": 3}
    assert sent(info, row)["subscriptions"][0]["priority"] == 3


@pytest.mark.parametrize("value", [None, "", " "])
def test_no_status_leaves_the_subscription_out(value: Any) -> None:
    row = {"id": "1", "email": "a@b.c", STATUS: value}
    assert sent(stream("id", "email", STATUS), row) == {"id": "1", "email": "a@b.c"}


@pytest.mark.parametrize("value", ["1", "true", "yes", "opted in"])
def test_consent_is_never_guessed(value: str) -> None:
    info = stream("id", "email", STATUS)
    made, _ = activated(config(), [info], service())
    with pytest.raises(AssertionError, match="Rejected"):
        profile(StreamCodec(info, made, service()), {"id": "1", "email": "a@b.c", STATUS: value})


@pytest.mark.parametrize("kind", ["boolean", "integer"])
def test_column_that_holds_no_words_ends_the_sync(kind: str) -> None:
    info = stream("id", "email", **{STATUS: {"type": kind}})
    made, _ = activated(config(), [info], service())
    with pytest.raises(ConfigError, match="what that says of consent is not guessed"):
        StreamCodec(info, made, service())


ADDRESSES = [
    ("email", ["email"], {"email": "x"}, {"email": "x"}),
    ("email", ["email", "email@28.address"], {"email": "x", "email@28.address": "y"}, {"email": "y"}),
    ("sms", ["phone"], {"phone": "7"}, {"phone": "7"}),
    ("sms", ["phones"], {"phones": "7"}, {"phone": "7"}),
    ("sms", ["phone", "phones"], {"phone": "7", "phones": "8"}, {"phone": "7"}),
    ("whatsapp", ["sms@28.address", "phones", "sms@28.status"], {"phones": "7"}, {"cc_data": {"phone": "7"}}),
    ("viber", ["viber@28.address"], {"viber@28.address": "7"}, {"cc_data": {"phone": "7"}}),
    ("telegram_bot", ["telegram_bot@28.address"], {"telegram_bot@28.address": "9"}, {"cc_data": {"id": "9"}}),
    (
        "push",
        ["push@28.address", "push@28.provider"],
        {"push@28.address": "d", "push@28.provider": "Chrome"},
        {"subscription_id": "d", "provider": "Chrome"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "columns", "row", "address"), ADDRESSES)
def test_address_is_its_own_or_that_of_the_profile(
    channel: str, columns: list[str], row: dict[str, Any], address: dict[str, Any]
) -> None:
    status = f"{channel}@28.status"
    made = sent(stream("id", status, *columns), {"id": "1", status: "subscribed", **row})
    (subscription,) = made["subscriptions"]
    head = {"channel": channel, "resource_id": 28, "status": "subscribed"}
    assert subscription == head | address


@pytest.mark.parametrize(
    "phones", [{"type": "array", "items": TEXT}, {}, True, {"type": ["array", "null"]}]
)
def test_first_phone_of_several_is_the_address(phones: Any) -> None:
    info = stream("id", "sms@28.status", phones=phones)
    made = sent(info, {"id": "1", "sms@28.status": "subscribed", "phones": ["7", "8"]})
    assert (made["phones"], made["subscriptions"][0]["phone"]) == (["7", "8"], "7")


def test_text_stands_for_a_list_of_phones() -> None:
    assert sent(stream("id", "phones"), {"id": "1", "phones": "7,8"})["phones"] == ["7", "8"]
    assert entry(stream("id", phones={"type": "array"})).fields is None


def test_every_channel_can_be_mapped_by_its_parts() -> None:
    for channel, forms in CHANNELS.items():
        names = [f"{channel}@3.{part}" for part in part_names(forms[0])]
        (made,) = entry(stream("id", *names)).subscriptions
        assert (made.channel, len(made.address), len(made.parts)) == (
            channel,
            1 + len(forms[0].beside()),
            3,
        )


SLIPS = [
    (["email@28.priority"], "email@28.status must be mapped too, as who is sent without a status may be subscribed by it"),
    (["sms@28.status"], "sms@28.address must be mapped too"),
    (["push@28.status", "push@28.address"], "push@28.provider must be mapped too"),
    (["email@28.state", STATUS], "email@28.state is no part of a subscription, which is one of status, priority, cats, address"),
    (["fax@28.status"], f"fax@28.status names no channel, which is one of {', '.join(CHANNELS)}"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "slip"), SLIPS)
def test_slip_of_a_mapping_is_told(columns: list[str], slip: str) -> None:
    assert refused(stream("id", "email", *columns)) == (
        "The stream public.users is mapped to parts of subscriptions that cannot be sent so: "
        f"{slip}."
    )


def test_all_slips_are_told_at_once() -> None:
    message = refused(stream("id", *(column for columns, _ in SLIPS[1:] for column in columns)))
    told = [slip for _, slip in SLIPS[1:]]
    told.insert(-1, "email@28.address must be mapped too")
    assert message.endswith(f" cannot be sent so: {'; '.join(told)}.")


@pytest.mark.parametrize("namespace", [None, "public"])
def test_fields_of_the_user_go_first(namespace: str | None) -> None:
    own = StreamConfig("users", namespace, fields=(FieldConfig("id", "id"),))
    assert entry(stream("id", STATUS), own) is own


def test_subscription_of_the_user_goes_first() -> None:
    own = SubscriptionConfig("email", 28, (FieldConfig("email", "email"),))
    info = stream("id", "email", STATUS, "sms@28.status", "sms@28.address")
    made = entry(info, StreamConfig("users", subscriptions=(own,), on_delete="unsubscribe"))
    assert [(each.channel, each.resource_id) for each in made.subscriptions] == [
        ("email", 28),
        ("sms", 28),
    ]
    assert (made.subscriptions[0], made.on_delete) == (own, "unsubscribe")
    assert [each.to for each in made.fields or ()] == ["id", "email"]


def test_each_stream_has_its_own_entry() -> None:
    """Of those that have none, one is of the user, one of another connection."""
    own = StreamConfig("users", "public", fields=(FieldConfig("id", "id"),))
    streams = [
        stream("id", "email", STATUS),
        StreamInfo("orders", None, {"properties": {STATUS: TEXT}}, "append"),
        replace(stream("id", "email", STATUS), name="customers"),
    ]
    made, errors = activated(config(streams=(own,)), streams, service())
    assert ([(each.namespace, each.name) for each in made.streams], errors) == (
        [("public", "users"), ("public", "customers")],
        [],
    )


def test_error_names_its_stream_and_namespace() -> None:
    _, (error,) = activated(config(), [stream("id", "email", "fax@28.status")], service())
    assert (error.namespace, error.stream) == ("public", "users")


def test_list_is_made_of_a_text_of_phones_alone() -> None:
    made = entry(stream("id", "phones", "_fname", "email", STATUS))
    kinds = {each.to: each.type for each in made.fields or ()}
    assert kinds == {"id": None, "phones": "tags", "_fname": None, "email": None}


def test_entry_of_another_namespace_stays() -> None:
    other = StreamConfig("users", "shop")
    made, _ = activated(config(streams=(other,)), [stream("id", "email", STATUS)], service())
    assert [each.namespace for each in made.streams] == ["shop", "public"]


def test_own_columns_are_fields_alone() -> None:
    info = stream("id", STATUS, "_ab_cdc_deleted_at", "_airbyte_id")
    assert own_columns(info, ["_airbyte_id"]) == ["id", "_airbyte_id"]
