"""Every matching mode, with a subscription to every channel, in both formats: what a column becomes
in the service, over the wire.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from destination_profiles.service.manifest import service
from integration_tests.connector import Connector, record, state, stream
from profiles_sandbox.testing import ServedSandbox

STORED_AT, BUILT_AT = 3, 28  # resources: what is there before, and what the connector builds

MODES: dict[
    str, tuple[dict[str, Any], dict[str, str], str]
] = {  # mode: its parameters, columns of its key, what a record without it is told
    "email": ({}, {"email": "mail"}, "email must be there"),
    "email_profile": ({}, {"email": "mail"}, "email must be there"),
    "email_sub": ({"resource_id": STORED_AT}, {"email": "sub_mail"}, "email must be there"),
    "phone": ({}, {"phone": "tel"}, "phone must be there or phones must be there"),
    "phone_sub": (
        {"resource_id": STORED_AT},
        {"phones": "sub_tels"},
        "phone must be there or phones must be there",
    ),
    "profile_id": ({}, {"profile_id": "pid"}, "profile_id must be there"),
    "push_sub": (
        {},
        {"provider": "maker", "subscription_id": "device"},
        "provider and subscription_id must be there",
    ),
    "custom": ({"field_name": "crm_id"}, {"crm_id": "crm"}, "crm_id must be there"),
    "custom_sub": (
        {"field_name": "subscriber_id"},
        {"subscriber_id": "subscriber"},
        "subscriber_id must be there",
    ),
    "email_phone": (
        {},
        {"email": "nobody", "phones": "tels"},
        "email must be there or phone must be there or phones must be there",
    ),
    "email_phone_sub": (
        {},
        {"phone": "sub_tel"},
        "email must be there or phone must be there or phones must be there",
    ),
}

CHANNELS: dict[
    str, tuple[dict[str, Any], dict[str, Any]]
] = {  # channel: its entry beside the address column, the address as it is stored
    "email": ({}, {"email_data": {"email": "new@example.org"}}),
    "sms": ({}, {"phone": "79220000000"}),
    "push": (
        {"provider_from": "new_maker"},
        {"provider": "Safari", "subscription_id": "new-device"},
    ),
    "telegram_bot": ({}, {"cc_data": {"id": "4711"}}),
    "whatsapp": ({}, {"cc_data": {"phone": "79220000000"}}),
    "viber": ({}, {"cc_data": {"phone": "79220000000"}}),
}
ADDRESSES = {
    "email": "new@example.org",
    "push": "new-device",
    "telegram_bot": "4711",
}  # of a phone: a number, as many sources have it


def before(number: int) -> dict[str, Any]:
    """A profile that each mode finds, by itself or by its subscriptions."""
    common = {"resource_id": STORED_AT}
    return {
        "email": f"own{number}@example.org",
        "phones": [f"+7900000000{number}"],
        "crm_id": 500 + number,
        "subscriptions": [
            {
                "channel": "email",
                "email": f"sub{number}@example.org",
                "custom_fields": {"subscriber_id": 100 + number},
                **common,
            },
            {"channel": "sms", "phone": f"+7911000000{number}", **common},
            {
                "channel": "push",
                "provider": "Firefox",
                "subscription_id": f"device{number}",
                **common,
            },
        ],
    }


def columns(number: int, pid: str, channel: str) -> dict[str, Any]:
    """A row of the source for that profile."""
    return {
        "mail": f"own{number}@example.org",
        "sub_mail": f"sub{number}@example.org",
        "nobody": f"nobody{number}@example.org",
        "tel": f"7900000000{number}",
        "tels": [f"7900000000{number}"],
        "sub_tel": f"7911000000{number}",
        "sub_tels": [f"7911000000{number}"],
        "pid": pid,
        "maker": "Firefox",
        "device": f"device{number}",
        "crm": 500 + number,
        "subscriber": 100 + number,
        "address": ADDRESSES.get(channel, 79220000000),
        "new_maker": "Safari",
        "state": "unsubscribed",
        "topics": "news, offers",
    }


def entry(channel: str, key: Mapping[str, str]) -> dict[str, Any]:
    """The configuration of one channel's stream."""
    parts = {
        "status_from": "state",
        "priority": 0,
        "cats_from": "topics",
        "fields": [{"to": "source", "value": "warehouse"}],
    }
    built = {
        "channel": channel,
        "resource_id": BUILT_AT,
        "address_from": "address",
        **CHANNELS[channel][0],
        **parts,
    }
    fields = [
        *({"to": to, "from": column} for to, column in key.items()),
        {"to": "language", "from": "state"},
    ]
    return {"name": channel, "fields": fields, "subscriptions": [built]}


def test_every_mode_and_channel_is_tried() -> None:
    assert list(MODES) == list(service().matching_modes)
    assert list(CHANNELS) == list(service().channels)


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("mode", MODES)
def test_mode_with_every_channel(
    connector: Connector, sandbox: ServedSandbox, mode: str, wire: str
) -> None:
    parameters, key, complaint = MODES[mode]
    profiles = dict(
        zip(
            CHANNELS,
            sandbox.create(*(before(number) for number in range(1, 7)), matching="email"),
            strict=True,
        )
    )
    connector.config |= {
        "matching": {"mode": mode, **parameters},
        "streams": [entry(channel, key) for channel in CHANNELS],
    }
    connector.config["delivery"] = {"wire_format": wire}
    connector.catalog["streams"] = [stream(channel) for channel in CHANNELS]
    rows = [
        record(columns(number, pid, channel), channel)
        for number, (channel, pid) in enumerate(profiles.items(), 1)
    ]
    without = columns(1, profiles["email"], "email") | dict.fromkeys(key.values())
    said = connector.write(
        *rows, record(without, "email"), *(state(1, channel) for channel in CHANNELS)
    )
    assert (said.code, said.stats) == (0, [(1.0, 1.0)] + [(1.0, 0.0)] * 5)
    assert complaint in said.log
    assert [
        (row["format"], row["accepted"], row["failed"])
        for row in sandbox.journal()
        if row["matching"] == mode and row["id"] > 2
    ] == [(wire, 6, 0)]
    stored = {channel: sandbox.profile(pid) for channel, pid in profiles.items()}
    assert {channel: profile["language"] for channel, profile in stored.items()} == dict.fromkeys(
        CHANNELS, "unsubscribed"
    )
    common = {
        "resource_id": BUILT_AT,
        "status": 1,
        "priority": 0,
        "cats": ["news", "offers"],
        "custom_fields": {"source": "warehouse"},
    }
    built = {
        channel: [each for each in profile["subscriptions"] if each["resource_id"] == BUILT_AT]
        for channel, profile in stored.items()
    }
    assert built == {
        channel: [{"channel": channel, **address, **common}]
        for channel, (_, address) in CHANNELS.items()
    }
    assert [len(profile["subscriptions"]) for profile in stored.values()] == [4] * 6
