"""`discover`: what a user of data activation can choose, and what `write` makes of the choice."""

from typing import Any

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Said, by, record, state, stream, updates
from integration_tests.protocol import violations
from profiles_sandbox.testing import ServedSandbox

DELETED = "_ab_cdc_deleted_at"
OF_MODES = [["email"], ["phone"], ["phones"], ["profile_id"], ["provider", "subscription_id"]]
OF_FIELDS = [["Custom_ID"], ["crm_id"], ["source"], ["language"], ["points"], ["occupation"]]


def operations(said: Said) -> list[dict[str, Any]]:
    assert said.code == 0
    (catalog,) = [
        each["destination_catalog"]
        for each in said.messages
        if each["type"] == "DESTINATION_CATALOG"
    ]
    found: list[dict[str, Any]] = catalog["operations"]
    return found


def test_live_fields_and_keys_are_offered(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["matching"] = {"mode": "email_sub"}
    (found,) = operations(connector.run("discover"))
    assert (found["object_name"], found["sync_mode"]) == ("profiles", "update")
    assert found["matching_keys"] == OF_MODES + OF_FIELDS
    schema = found["json_schema"]
    assert (schema["additionalProperties"], "required" in schema) == (False, False)
    kinds = {
        name: schema["properties"][name].get("type")
        for name in (
            *("crm_id", "vip", "score", "tags", "address", "_fname", "phones", "_tz"),
            *("email@28.status", "sms@3.cats", DELETED),
        )
    }
    assert kinds == {
        "crm_id": "integer",
        "vip": "boolean",
        "score": "number",
        "tags": "array",
        "address": "object",
        "_fname": "string",
        "phones": "array",
        "_tz": "string",
        "email@28.status": "string",
        "sms@3.cats": "array",
        DELETED: "string",
    }
    assert schema["properties"]["email@28.status"]["title"] == "Newsletter, email: status"
    Draft7Validator.check_schema(schema)
    assert [row["call"] for row in sandbox.journal()][1:] == [
        "databases/get",
        "databases/fields_get",
        "resources/list",
        "resources/get",
        "resources/get",
    ]


def test_configured_key_comes_first(connector: Connector) -> None:
    found = operations(connector.run("discover"))
    assert found[0]["matching_keys"] == [
        ["crm_id"],
        *OF_MODES,
        *(key for key in OF_FIELDS if key != ["crm_id"]),
    ]


@pytest.mark.parametrize(
    "faults",
    [
        "- {call: databases/fields_get, status: 404}",
        "- {call: databases/fields_get, body: {error: 0}}",
    ],
)
def test_declared_fields_stand_in(connector: Connector) -> None:
    said = connector.run("discover")
    found = operations(said)
    assert found[0]["matching_keys"] == [["crm_id"], *OF_MODES]
    assert {"_fname", "_status", "crm_id", "subscriptions"} <= found[0]["json_schema"][
        "properties"
    ].keys()
    assert "vip" not in found[0]["json_schema"]["properties"]
    assert found[0]["json_schema"]["additionalProperties"] is True
    assert (
        "The fields of database 1 could not be read, so only those that every one has are offered: "
        in said.log
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"token": "another"}, "The service does not accept the API token."),
        ({"db_id": 55}, "The service does not know this call or this database."),
        ({"db_id": "1"}, "The setting db_id is wrong: must be integer, not string."),
    ],
)
def test_what_cannot_be_discovered_is_an_error(
    connector: Connector, change: dict[str, Any], sentence: str
) -> None:
    connector.config |= change
    said = connector.run("discover")
    assert (said.code, said.error["failure_type"]) == (1, "config_error")
    assert said.error["message"].startswith(sentence)


def test_message_is_one_of_the_protocol(connector: Connector) -> None:
    said = connector.run("discover")
    assert operations(said)
    assert [each for message in said.messages for each in violations(message)] == []


BROKEN: list[dict[str, Any]] = [
    {"type": "SPEC", "spec": {}},
    {"type": "CONNECTION_STATUS", "connectionStatus": {"status": "OK"}},
    {"type": "LOG", "log": {"level": "NOTE", "message": "text"}},
    {"type": "STATE", "state": {"type": "GLOBAL", "global": {"stream_states": 3}}},
    {"type": "TRACE", "trace": {"type": "ERROR", "error": {"message": "text"}}},
    {"type": "DESTINATION_CATALOG", "destination_catalog": {}},
    {"type": "DESTINATION_CATALOG", "destination_catalog": {"operations": [{"object_name": "x"}]}},
    {"type": "ANSWER"},
]


@pytest.mark.parametrize("message", BROKEN)
def test_broken_message_is_none_of_the_protocol(message: dict[str, Any]) -> None:
    assert list(violations(message))


def activated(
    key: list[list[str]] | None,
    sync_mode: str = "append_dedup",
    name: str = "users",
    object_name: str = "profiles",
) -> dict[str, Any]:
    return {
        **stream("users", sync_mode),
        "destination_object_name": object_name,
        **({"primary_key": key} if key is not None else {}),
    }


CHOSEN = [
    ([["crm_id"]], {"crm_id": 3}, "custom", "crm_id"),
    ([["Custom_ID"]], {"Custom_ID": 7}, "custom", "Custom_ID"),
    ([["email"]], {"email": "ann@example.org"}, "email", None),
    ([["phone"]], {"phone": "79000000001"}, "phone", None),
    (
        [["email"], ["phone"]],
        {"email": "ann@example.org", "phone": "79000000001"},
        "email_phone",
        None,
    ),
    (
        [["provider"], ["subscription_id"]],
        {"provider": "Firefox", "subscription_id": "d"},
        "push_sub",
        None,
    ),
    (
        [["provider", "subscription_id"]],
        {"provider": "Firefox", "subscription_id": "d"},
        "push_sub",
        None,
    ),
    ([], {"crm_id": 3}, "custom", "crm_id"),
    (None, {"crm_id": 3}, "custom", "crm_id"),
]


@pytest.mark.parametrize("sync_mode", ["append_dedup", "update"])
@pytest.mark.parametrize("chosen", CHOSEN, ids=[str(each[0]) for each in CHOSEN])
def test_chosen_key_decides_the_matching(
    connector: Connector, sandbox: ServedSandbox, chosen: Any, sync_mode: str
) -> None:
    key, data, mode, field_name = chosen
    push = {"channel": "push", "resource_id": 3, "provider": "Firefox", "subscription_id": "d"}
    (pid,) = sandbox.create(
        {
            "email": "ann@example.org",
            "phones": ["79000000001"],
            "Custom_ID": 7,
            "subscriptions": [push],
        },
        matching="email",
    )
    connector.catalog["streams"] = [activated(key, sync_mode)]
    said = connector.write(record({**data, "_fname": "Ann"}), state(1))
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])
    row = sandbox.journal()[-1]
    assert (row["matching"], row["field_name"], row["accepted"]) == (mode, field_name, 1)
    assert field_name == "crm_id" or sandbox.profile(pid)["_fname"] == "Ann"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {
            "subscriptions": [
                {"channel": "sms", "resource_id": 3, "address_from": "phone", "status": 0}
            ]
        },
        {"db_id": 1},
    ],
)
def test_key_finds_nobody_by_another_field(
    connector: Connector, sandbox: ServedSandbox, entry: dict[str, Any]
) -> None:
    (pid,) = sandbox.create(
        {"email": "ann@example.org", "phones": ["79000000001"]}, matching="email"
    )
    connector.config |= {
        "matching": {"mode": "email_phone"},
        "streams": [{"name": "users", **entry}] if entry else [],
    }
    connector.catalog["streams"] = [activated([["email"]])]
    said = connector.write(
        record({"email": "nobody@example.org", "phone": "79000000001", "_fname": "Eve"}), state(1)
    )
    assert (said.code, said.stats) == (0, [(0.0, 1.0)])
    assert updates(sandbox)[-1]["matching"] == "email"
    assert sandbox.profile(pid)["email"] == "ann@example.org"


def test_tags_may_be_the_key_as_they_are_offered(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    (pid,) = sandbox.create({"email": "ann@example.org", "tags": ["vip", "beta"]}, matching="email")
    connector.catalog["streams"] = [activated([["tags"]])]
    assert connector.write(record({"tags": ["beta", "vip"], "_fname": "Ann"}), state(1)).stats == [
        (1.0, 0.0)
    ]
    assert (sandbox.profile(pid)["_fname"], sandbox.profile(pid)["tags"]) == (
        "Ann",
        ["vip", "beta"],
    )


def test_key_means_nothing_in_append(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.catalog["streams"] = [activated([["email"]], "append")]
    assert connector.write(record({"crm_id": 3, "email": "ann@example.org"}), state(1)).stats == [
        (1.0, 0.0)
    ]
    assert sandbox.journal()[-1]["matching"] == "custom"


def test_own_matching_of_a_stream_goes_first(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["streams"] = [{"name": "users", "matching": by("crm_id")}]
    connector.catalog["streams"] = [activated([["Custom_ID"]])]
    assert connector.write(record({"crm_id": 3, "Custom_ID": 4}), state(1)).stats == [(1.0, 0.0)]
    assert sandbox.journal()[-1]["field_name"] == "crm_id"


@pytest.mark.parametrize(
    ("configured", "sentence"),
    [
        (
            activated([["a"], ["b"]]),
            (
                "Profiles cannot be found by a and b together. Choose one of "
                "the keys that are offered."
            ),
        ),
        (
            activated(None, object_name="orders"),
            (
                "The stream users is mapped to orders, which this destination does "
                "not have. Choose profiles."
            ),
        ),
    ],
)
def test_choice_that_is_not_offered_is_an_error(
    connector: Connector, configured: dict[str, Any], sentence: str
) -> None:
    connector.catalog["streams"] = [configured]
    said = connector.write(record({"crm_id": 3}))
    assert (said.code, said.error["failure_type"], said.error["message"]) == (
        1,
        "config_error",
        sentence,
    )
    assert said.error["stream_descriptor"] == {"name": "users"}
