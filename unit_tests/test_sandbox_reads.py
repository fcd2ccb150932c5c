"""The calls that change nothing, and the setup that they show."""

import pytest

from profiles_sandbox.catalog import SetupError, load_catalog
from profiles_sandbox.fields import SYSTEM_FIELDS

ONE, TWO = {"id": 1, "name": "Customers"}, {"id": 2, "name": "Partners"}


@pytest.mark.parametrize(
    ("request_", "page", "following"),
    [
        ({}, [ONE, TWO], 0),
        ({"limit": 1}, [ONE], 2),
        ({"limit": 1, "from_id": 2}, [TWO], 0),
        ({"from_id": 3}, [], 0),
    ],
)
def test_databases_are_listed_by_page(sandbox, request_, page, following):
    message = sandbox.post("databases/list", **request_).message
    assert (message["data"], message["next_from_id"], message["total_count"]) == (page, following, 2)
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
        ("profiles/get", {"db_id": 1}, 400, "email: missing, matching email needs it"),
        ("profiles/get", {"db_id": 1, "email": "a@example.org"}, 404, "email: no profile found by email"),
        ("profiles/get", {"db_id": 1, "email": 1}, 400, "email: string expected, int given"),
        ("profiles/get", {"db_id": 9}, 404, "db_id: no such database"),
    ],
)
def test_read_is_refused_by_name(sandbox, call, request_, code, text):
    assert sandbox.post(call, **request_).message == {"error": code, "error_text": text}


def test_fields_are_shown(sandbox):
    fields = sandbox.post("databases/fields_get", id=2).message["data"]
    assert {field["name"] for field in fields} == set(SYSTEM_FIELDS) | {"crm_id"}
    shown = {"category": "custom", "name": "crm_id", "title": "CRM number", "type": "int", "required": False}
    assert fields[-1] == shown


def test_enum_shows_its_dictionary(sandbox):
    fields = {field["name"]: field for field in sandbox.post("databases/fields_get", id=1).message["data"]}
    assert fields["plan"]["dictionary"] == ["basic", "pro"]
    assert (fields["_sex"]["category"], fields["devices"]["type"]) == ("system", "arr_object")


def test_shape_of_fields_is_a_switch(open_sandbox):
    sandbox = open_sandbox(fields_get_id="db_id", type_words="short")
    fields = {field["name"]: field["type"] for field in sandbox.post("databases/fields_get", db_id=1).message["data"]}
    assert (fields["source"], fields["vip"], fields["crm_id"]) == ("unicode", "bool", "int")


PROFILE = {"email": "a@example.org", "crm_id": 501, "source": "501", "tags": ["x", "y"], "plan": "pro"}


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
    catalog = load_catalog()
    custom = [name for name in catalog.databases[1].fields if name not in SYSTEM_FIELDS]
    assert " ".join(custom) == ("Custom_ID crm_id source language plan score points vip last_seen tags height occupation address devices")
    assert {resource.id: len(resource.channels) for resource in catalog.resources.values()} == {3: 6, 28: 6}


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
    (DATABASE % "{name: a, type: enum}", "field a: a dictionary goes with type enum, and only with it"),
    (DATABASE % "{name: a, type: int, dictionary: [b]}", "field a: a dictionary goes with type enum"),
    ("databases: []\nresources: [{id: 1, name: A, channels: [fax]}]", "Invalid enum value 'fax'"),
]


@pytest.mark.parametrize(("text", "problem"), BAD_SETUPS)
def test_bad_setup_is_refused(tmp_path, text, problem):
    path = tmp_path / "setup.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as refusal:
        load_catalog(path)
    assert str(refusal.value).startswith(f"{path}: {problem}")
