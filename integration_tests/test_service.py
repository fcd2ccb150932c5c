"""What the service has beside matching and channels: tags as a key, what stays as it is, functions,
options, both formats.
"""

from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, by, record, rejected, state
from profiles_sandbox.testing import ServedSandbox

WIRES = pytest.mark.parametrize("wire", ["json", "xml"])


def configure(
    connector: Connector, wire: str, *fields: dict[str, Any], subscriptions: Any = (), **more: Any
) -> None:
    """One stream `users` whose fields are these beside crm_id."""
    stream = {"name": "users", "subscriptions": list(subscriptions)}
    stream |= {"fields": [{"to": "crm_id", "from": "crm_id"}, *fields]} if fields else {}
    connector.config |= {"streams": [stream], "delivery": {"wire_format": wire}, **more}


def stored(sandbox: ServedSandbox, crm_id: int) -> dict[str, Any]:
    reply = sandbox.post(
        "profiles/get", db_id=1, matching="custom", field_name="crm_id", field_value=crm_id
    )
    profile: dict[str, Any] = reply.message["data"]
    return profile


@WIRES
def test_tags_are_a_key_as_one_text(
    connector: Connector, sandbox: ServedSandbox, wire: str
) -> None:
    ann, _, _ = sandbox.create(
        {"email": "a@b.example", "tags": ["vip", "beta"]},
        {"email": "b@b.example", "tags": ["vip"]},
        {"email": "c@b.example"},
    )
    fields = [{"to": "tags", "from": "labels", "type": "tags"}, {"to": "_fname", "from": "name"}]
    connector.config |= {
        "matching": by("tags"),
        "streams": [{"name": "users", "fields": fields}],
        "delivery": {"wire_format": wire},
    }
    said = connector.write(
        record({"labels": "beta,vip", "name": "Ann"}),
        record({"labels": "gold", "name": "Bob"}),
        state(1),
    )
    assert said.stats == [(1.0, 1.0)]
    assert (sandbox.profile(ann)["_fname"], sandbox.profile(ann)["tags"]) == (
        "Ann",
        ["vip", "beta"],
    )


STATUSES = [
    (0, 0, 0),
    ("0", 0, 0),
    ("Subscribed", 0, 0),
    (3, 3, 0),
    ("invalid", 6, 0),
    (None, 5, 7),
    (-1, 5, 7),
    ("-1", 5, 7),
]


@WIRES
def test_zero_is_applied_and_absence_keeps(
    connector: Connector, sandbox: ServedSandbox, wire: str
) -> None:
    before = {
        "channel": "sms",
        "resource_id": 3,
        "phone": "79000000000",
        "status": 5,
        "priority": 7,
        "cats": ["old"],
    }
    sandbox.update(
        *({"crm_id": number, "subscriptions": [before]} for number in range(1, 9)),
        matching="custom",
        field_name="crm_id",
    )
    parts = {"status_from": "state", "priority_from": "rank", "cats_from": "topics"}
    parts |= {"status_codes": True, "status_if_null": "keep"}
    built = {"channel": "sms", "resource_id": 3, "address_from": "tel", **parts}
    configure(connector, wire, {"to": "source", "value": "w"}, subscriptions=[built])
    rows = [
        {
            "crm_id": number,
            "tel": 79000000000,
            "state": status,
            "rank": 0 if priority == 0 else None,
            "topics": None,
        }
        for number, (status, _, priority) in enumerate(STATUSES, 1)
    ]
    assert connector.write(*map(record, rows), state(1)).stats == [(8.0, 0.0)]
    found = [stored(sandbox, number)["subscriptions"] for number in range(1, 9)]
    assert [(sub["status"], sub["priority"], sub["cats"]) for (sub,) in found] == [
        (status, priority, ["old"]) for _, status, priority in STATUSES
    ]


@WIRES
def test_functions_of_every_kind_reach_the_service(
    connector: Connector, sandbox: ServedSandbox, wire: str
) -> None:
    profile = {
        "tags": ["old", "gone"],
        "points": 5,
        "_city": "Oslo",
        "address": {"zip": "1"},
        "devices": [{"id": "1"}],
        "language": "it",
    }
    sandbox.update({"crm_id": 1, **profile}, matching="custom", field_name="crm_id")
    functions = {
        "tags": {"action": "delete", "value": ["gone"]},
        "points": {"action": "incr", "value": -7},
        "_city": {"action": "unset"},
        "address": {"action": "upsert", "submatch": "city", "value": "Rome"},
        "devices": {"action": "add", "value": [{"id": "2"}]},
        "language": {"action": "set", "value": "fr"},
    }
    configure(connector, wire)
    assert connector.write(record({"crm_id": 1, **functions}), state(1)).stats == [(1.0, 0.0)]
    now = stored(sandbox, 1)
    assert {name: now.get(name) for name in functions} == {
        "tags": ["old"],
        "points": -2,
        "_city": None,
        "address": {"zip": "1", "city": "Rome"},
        "devices": [{"id": "1"}, {"id": "2"}],
        "language": "fr",
    }


INVALID = {"channel": "email", "resource_id": 3, "email": "no address"}


@WIRES
@pytest.mark.parametrize("skip", [False, True])
def test_options_of_the_call_are_sent(
    connector: Connector, sandbox: ServedSandbox, wire: str, skip: bool
) -> None:
    configure(connector, wire, skip_triggers=skip, skip_invalid_subscriptions=skip)
    said = connector.write(
        record({"crm_id": 1, "_fname": "Ann", "subscriptions": [INVALID]}), state(1)
    )
    assert said.stats == [(1.0, 0.0) if skip else (0.0, 1.0)]
    row = sandbox.journal()[-1]
    assert [bool(row["skip_triggers"]), bool(row["skip_invalid_subscriptions"])] == [skip, skip]
    assert stored(sandbox, 1).get("_fname") == ("Ann" if skip else None)


OWN = [
    (
        {"channel": "fax"},
        "$.subscriptions[0].channel must be one of email, sms, push, telegram_bot, whatsapp, viber",
    ),
    ({"channel": "sms", "resource_id": 3}, "$.subscriptions[0] phone must be there"),
    ({"channel": "push", "provider": "x"}, "$.subscriptions[0] subscription_id must be there"),
    ({"channel": "viber", "cc_data": {"id": 1}}, "$.subscriptions[0].cc_data phone must be there"),
    ({"channel": "email", "email_data": {}}, "$.subscriptions[0].email_data email must be there"),
    (
        {"channel": "email", "email": "a@b", "priority": "1"},
        "$.subscriptions[0].priority must be integer, not string",
    ),
]


def test_subscriptions_of_a_record_are_validated(storing: Connector) -> None:
    said = storing.write(
        *(record({"crm_id": 1, "subscriptions": [own]}) for own, _ in OWN), state(1)
    )
    assert said.stats == [(0.0, float(len(OWN)))]
    kept = [f"{each['rejected_path']} {each['rejected_message']}" for each in rejected(storing)]
    assert kept == [sentence for _, sentence in OWN]


IMPOSSIBLE = [
    {"source": "a\x01"},
    {"tags": []},
    {"address": {}},
    {"address": {"a": None}},
    {"address": {"a b": 1}},
    {"devices": [[1]]},
]


def test_what_xml_cannot_carry_is_rejected(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config |= {"delivery": {"wire_format": "xml"}}
    said = connector.write(
        *(record({"crm_id": 1, **each}) for each in IMPOSSIBLE),
        record({"crm_id": 2, "source": "b"}),
        state(1),
    )
    assert (said.code, said.stats) == (0, [(1.0, 6.0)])
    assert stored(sandbox, 2)["source"] == "b"


@pytest.mark.parametrize("options", [["--xml-answer", "json"]])
def test_answer_may_have_another_format(connector: Connector) -> None:
    connector.config |= {"delivery": {"wire_format": "xml"}}
    assert connector.write(record({"crm_id": 1}), record({"crm_id": 99}), state(1)).stats == [
        (1.0, 1.0)
    ]


@pytest.mark.parametrize("wire", ["json", "xml"])
def test_body_never_exceeds_the_limit(
    connector: Connector, sandbox: ServedSandbox, bodies: Path, wire: str
) -> None:
    connector.config |= {"delivery": {"wire_format": wire}, "batching": {"max_bytes": 1000}}
    rows = [
        record({"crm_id": 1 + number % 9, "source": "<" * (number * 7 % 120)})
        for number in range(100)
    ]
    assert connector.write(*rows, state(1)).stats == [(100.0, 0.0)]
    sizes = [path.stat().st_size for path in bodies.glob(f"*.{wire}") if path.name > "000001"]
    assert max(sizes) <= 1000
    assert max(sizes) > 850 or wire == "json"
    assert [row["body_bytes"] for row in sandbox.journal()][1:] == [
        path.stat().st_size for path in sorted(bodies.glob(f"*.{wire}"))
    ][-len(sandbox.journal()) + 1 :]
