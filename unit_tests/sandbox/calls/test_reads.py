"""The calls that change nothing, and the setup that they show."""

import pytest

from profiles_sandbox.profiles.fields import SYSTEM_FIELDS
from profiles_sandbox.profiles.setup import SetupError, load_setup

ONE, TWO = {"id": 1, "name": "Customers"}, {"id": 2, "name": "Partners"}
THREE, OTHER = (
    {"id": 3, "name": "Messages", "groups": []},
    {"id": 28, "name": "Newsletter", "groups": []},
)


@pytest.mark.parametrize(
    ("call", "request_", "page", "following"),
    [
        ("databases/list", {}, [ONE, TWO], 0),
        ("databases/list", {"limit": 1}, [ONE], 2),
        ("databases/list", {"limit": 1, "from_id": 2}, [TWO], 0),
        ("databases/list", {"from_id": 3}, [], 0),
        ("resources/list", {}, [THREE, OTHER], 0),
        ("resources/list", {"limit": 1}, [THREE], 28),
        ("resources/list", {"from_id": 4, "format": "json"}, [OTHER], 0),
    ],
)
def test_lists_go_by_page(sandbox, call, request_, page, following):
    message = sandbox.post(call, **request_).message
    assert (message["data"], message["next_from_id"], message["total_count"]) == (
        page,
        following,
        2,
    )
    assert (message["error"], message["error_text"]) == (0, "Successful operation")


def test_database_is_shown(sandbox):
    data = sandbox.post("databases/get", id=1).message["data"]
    assert data == {"id": 1, "name": "Customers", "suppress_id": 0, "description": "People who buy"}


@pytest.mark.parametrize(
    ("call", "request_", "code", "text"),
    [
        ("databases/get", {"id": 9}, 404, "id: no such database"),
        ("databases/get", {}, 400, "id: missing"),
        ("databases/fields_get", {"db_id": 1}, 400, "db_id: not a parameter of this call"),
        ("databases/list", {"limit": 0}, 400, "limit: 1 or more expected"),
        ("databases/list", {"limit": "1"}, 400, "limit: int expected, string given"),
        ("resources/list", {"limit": 0}, 400, "limit: 1 or more expected"),
        ("resources/list", {"channel": "email"}, 400, "channel: not a parameter of this call"),
        ("resources/get", {}, 400, "id: missing"),
        ("resources/get", {"id": 1}, 404, "id: no such resource"),
        ("resources/get", {"id": "3"}, 400, "id: int expected, string given"),
        (
            "resources/get",
            {"id": 3, "channel": "email"},
            400,
            "channel: not a parameter of this call",
        ),
        ("resources/fields_get", {"channel": "email"}, 400, "id: missing"),
        ("resources/fields_get", {"id": 1, "channel": "email"}, 404, "id: no such resource"),
        ("resources/fields_get", {"id": 3}, 400, "channel: missing"),
        (
            "resources/fields_get",
            {"id": 3, "channel": 1},
            400,
            "channel: string expected, int given",
        ),
        (
            "resources/fields_get",
            {"id": 3, "channel": "notify"},
            400,
            "channel: not one of resource 3",
        ),
        ("profiles/get", {"db_id": 1}, 400, "email: missing, matching email needs it"),
        (
            "profiles/get",
            {"db_id": 1, "email": "a@example.org"},
            404,
            "email: no profile found by email",
        ),
        ("profiles/get", {"db_id": 1, "email": 1}, 400, "email: string expected, int given"),
        ("profiles/get", {"db_id": 9}, 404, "db_id: no such database"),
    ],
)
def test_read_is_refused_by_name(sandbox, call, request_, code, text):
    assert sandbox.post(call, **request_).message == {"error": code, "error_text": text}


def test_fields_are_shown(sandbox):
    fields = sandbox.post("databases/fields_get", id=2).message["data"]
    assert {field["name"] for field in fields} == set(SYSTEM_FIELDS) | {"crm_id"}
    shown = {
        "category": "custom",
        "name": "crm_id",
        "title": "CRM number",
        "type": "int",
        "required": False,
    }
    assert fields[-1] == shown


@pytest.mark.parametrize(
    ("switch", "dictionary", "system"),
    [({}, "plan", "sex"), ({"dictionary": "options"}, ["basic", "pro"], ["male", "female"])],
)
def test_enum_shows_its_dictionary(open_sandbox, switch, dictionary, system):
    fields = {
        field["name"]: field
        for field in open_sandbox(**switch).post("databases/fields_get", id=1).message["data"]
    }
    assert (fields["plan"]["dictionary"], fields["_sex"]["dictionary"]) == (dictionary, system)
    assert (fields["_sex"]["category"], fields["devices"]["type"]) == ("system", "arr_object")
    assert [name for name, field in fields.items() if "dictionary" in field] == ["_sex", "plan"]


def test_shape_of_fields_is_a_switch(open_sandbox):
    sandbox = open_sandbox(fields_get_id="db_id", type_words="short")
    fields = {
        field["name"]: field["type"]
        for field in sandbox.post("databases/fields_get", db_id=1).message["data"]
    }
    assert (fields["source"], fields["vip"], fields["crm_id"]) == ("unicode", "bool", "int")
    [source, _] = sandbox.post("resources/fields_get", id=3, channel="sms").message["data"]
    assert (source["name"], source["type"]) == ("source", "unicode")


def test_resource_is_shown(sandbox):
    assert sandbox.post("resources/get", id=3).message["data"] == {
        "channels": ["email", "push", "sms", "telegram_bot", "viber", "whatsapp"],
        "dbs_ids": [1, 2],
        "id": 3,
        "name": "Messages",
        "trk_domain": "tracking.example.com",
        "url": "https://www.example.com",
    }


def test_resource_may_go_with_some_databases(open_sandbox, tmp_path):
    setup = tmp_path / "setup.yaml"
    setup.write_text(
        "databases: [{id: 1, name: A}, {id: 2, name: B}]\nresources: [{id: 3, name: C, "
        "channels: [sms], databases: [2]}]"
    )
    sandbox = open_sandbox(setup=setup)
    shown = sandbox.post("resources/get", id=3).message["data"]
    assert (shown["channels"], shown["dbs_ids"]) == (["sms"], [2])
    reply = sandbox.post("resources/fields_get", id=3, channel="email")
    assert reply.message == {"error": 400, "error_text": "channel: not one of resource 3"}


def test_subscription_fields_are_shown(sandbox):
    plain = {"category": "custom", "required": False}
    assert sandbox.post("resources/fields_get", id=3, channel="email").message["data"] == [
        {**plain, "name": "source", "title": "Source", "type": "string"},
        {**plain, "name": "subscriber_id", "title": "Subscriber number", "type": "int"},
    ]


PROFILE = {
    "email": "a@example.org",
    "crm_id": 501,
    "source": "501",
    "tags": ["x", "y"],
    "plan": "pro",
}


@pytest.mark.parametrize(
    "request_",
    [
        {"email": "A@example.org"},
        {"matching": "custom", "field_name": "crm_id", "field_value": 501},
        {"matching": "custom", "field_name": "crm_id", "field_value": "501"},
        {"matching": "custom", "field_name": "source", "field_value": "501"},
        {"matching": "custom", "field_name": "tags", "field_value": "y, x"},
    ],
)
def test_profile_is_shown(sandbox, request_):
    [profile_id] = sandbox.create(PROFILE)
    data = sandbox.post("profiles/get", db_id=1, **request_).message["data"]
    assert data == {"id": profile_id, "db_id": 1, "subscriptions": [], **PROFILE}


def test_default_setup_is_as_announced():
    setup = load_setup()
    custom = [name for name in setup.databases[1].fields if name not in SYSTEM_FIELDS]
    assert " ".join(custom) == (
        "Custom_ID crm_id source language plan score points vip last_seen tags "
        "height occupation address devices"
    )
    assert {resource.id: len(resource.channels) for resource in setup.resources.values()} == {
        3: 6,
        28: 6,
    }


DATABASE = "databases: [{id: 1, name: A, fields: [%s]}]"

BAD_SETUPS = [
    ("", "Expected `object`, got `null`"),
    ("databases: [", "while parsing"),
    ("databases: [{id: x, name: A}]", "Expected `int`, got `str` - at `$.databases[0].id`"),
    ("databases: []\ntables: []", "Object contains unknown field `tables`"),
    ("databases: [{id: 1, name: A}, {id: 1, name: B}]", "databases: id 1: declared 2 times"),
    (DATABASE % "{name: a, type: int}, {name: a, type: int}", "field a: declared 2 times"),
    (DATABASE % "{name: email, type: string}", "field email: the name of a system field"),
    (DATABASE % "{name: a, type: text}", "field a: type text is not one of int, "),
    (
        DATABASE % "{name: a, type: enum}",
        "field a: a dictionary goes with type enum, and only with it",
    ),
    (
        DATABASE % "{name: a, type: int, dictionary: [b]}",
        "field a: a dictionary goes with type enum",
    ),
    (
        "databases: []\nresources: [{id: 1, name: A, channels: [notify]}]",
        "Invalid enum value 'notify'",
    ),
    (
        "databases: []\nresources: [{id: 1, name: A, channels: [sms], databases: [7]}]",
        "resource 1: database 7 is not declared",
    ),
]


@pytest.mark.parametrize(("text", "problem"), BAD_SETUPS)
def test_bad_setup_is_refused(tmp_path, text, problem):
    path = tmp_path / "setup.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as refusal:
        load_setup(path)
    assert str(refusal.value).startswith(f"{path}: {problem}")
