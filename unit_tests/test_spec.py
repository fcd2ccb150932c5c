"""What the user is asked: a form that Airbyte can show, and that takes what the user may want."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from destination_profiles import spec as module
from destination_profiles.service.manifest import service
from destination_profiles.spec import MATCHING_MODES, spec, spec_of, with_secrets

FORM: dict[str, Any] = spec()["connectionSpecification"]
MODES = list(service().matching_modes)
LEAST: dict[str, Any] = {"api_url": "https://example.com", "token": "t", "db_id": 1}
FULL = yaml.safe_load(
    """
    api_url: https://example.com/
    token: t
    db_id: 1
    matching: {mode: custom, field_name: Custom_ID}
    skip_triggers: true
    skip_invalid_subscriptions: true
    null_values: unset
    streams:
      - name: users
        namespace: public
        db_id: 2
        matching: {mode: email, resource_id: 28}
        fields:
          - {to: Custom_ID, from: id}
          - {to: _bdate, from: birth_date, type: date}
          - {to: _city, from: address.city}
          - {to: source, value: warehouse}
    batching: {max_profiles: 10000, max_bytes: 10000000, max_age_seconds: 60}
    delivery: {max_in_flight: 8, retry_seconds: 900}
    object_storage_config: {storage_type: Local, path: /local/rejected}
    """
)


def nodes(node: Any = None, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the form with its path."""
    node = FORM if node is None else node
    if isinstance(node, dict):
        yield path, node
    members = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for name, member in members:
        if isinstance(member, dict | list):
            yield from nodes(member, f"{path}.{name}")


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a user is asked for, with its path."""
    for path, node in nodes():
        if isinstance(node.get("properties"), dict) and "type" in node:
            yield from ((f"{path}.{name}", asked) for name, asked in node["properties"].items())


def faults(config: dict[str, Any]) -> list[str]:
    return [error.json_path for error in Draft7Validator(FORM).iter_errors(config)]


PROPERTIES = dict(properties())
OBJECTS = {
    path: node
    for path, node in nodes()
    if isinstance(node.get("properties"), dict) and "type" in node
}
CHOICES = {path: node["oneOf"] for path, node in nodes() if "oneOf" in node}


def test_form_is_a_draft_07_schema() -> None:
    Draft7Validator.check_schema(FORM)
    assert FORM["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_walk_meets_the_whole_form() -> None:
    assert len(CHOICES) == 3
    assert {path.rpartition(".")[2] for path in PROPERTIES} >= {
        "token",
        "mode",
        "field_name",
        "path",
        "to",
        "max_in_flight",
    }


def test_documentation_has_an_address() -> None:
    assert spec()["documentationUrl"].startswith("https://")


def test_form_is_made_once() -> None:
    assert spec() is spec()
    assert spec_of(service()) == spec()


def test_nothing_is_left_to_fill_in() -> None:
    assert MATCHING_MODES not in yaml.safe_dump(spec())
    assert MATCHING_MODES in Path(module.__file__).with_name("spec.yaml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("path", PROPERTIES)
def test_property_has_title_and_description(path: str) -> None:
    asked = PROPERTIES[path]
    assert "const" in asked or (asked["title"] and asked["description"])


@pytest.mark.parametrize("path", PROPERTIES)
def test_property_says_its_type(path: str) -> None:
    assert PROPERTIES[path]["type"]


@pytest.mark.parametrize("path", OBJECTS)
def test_order_is_unique_in_each_object(path: str) -> None:
    orders = [asked["order"] for asked in OBJECTS[path]["properties"].values()]
    assert len(orders) == len(set(orders))


@pytest.mark.parametrize("path", OBJECTS)
def test_required_properties_are_declared(path: str) -> None:
    node = OBJECTS[path]
    assert set(node.get("required", ())) <= set(node["properties"])


@pytest.mark.parametrize("path", [path for path in OBJECTS if path != "$"])
def test_objects_below_the_root_are_closed(path: str) -> None:
    assert OBJECTS[path]["additionalProperties"] is False


def test_token_and_keys_are_secret() -> None:
    store = "properties.object_storage_config.oneOf.2"
    assert [path for path, asked in PROPERTIES.items() if asked.get("airbyte_secret")] == [
        "$.token",
        f"$.{store}.access_key_id",
        f"$.{store}.secret_access_key",
    ]
    assert len([path for path, node in nodes() if "airbyte_secret" in node]) == 3


def test_group_of_each_setting_is_declared() -> None:
    groups = [group["id"] for group in FORM["groups"]]
    assert {asked["group"] for asked in FORM["properties"].values()} == set(groups)
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("keyword", ["anyOf", "allOf", "not", "$ref", "if", "patternProperties"])
def test_form_keeps_to_airbytes_keywords(keyword: str) -> None:
    assert [path for path, node in nodes() if keyword in node] == []


@pytest.mark.parametrize("path", CHOICES)
def test_choice_is_told_by_its_constant(path: str) -> None:
    constants = [
        {name for name, asked in option["properties"].items() if "const" in asked}
        for option in CHOICES[path]
    ]
    assert set.union(*constants) == set.intersection(*constants)
    assert len(set.union(*constants)) == 1


@pytest.mark.parametrize("path", CHOICES)
def test_option_is_a_titled_object(path: str) -> None:
    for option in CHOICES[path]:
        (name,) = (name for name, asked in option["properties"].items() if "const" in asked)
        assert option["type"] == "object" and option["title"] and name in option["required"]
        assert option["properties"][name]["default"] == option["properties"][name]["const"]


@pytest.mark.parametrize("path", [path for path in CHOICES if path.endswith("matching")])
def test_all_eleven_modes_are_offered(path: str) -> None:
    offered = [option["properties"]["mode"]["const"] for option in CHOICES[path]]
    assert offered == MODES and len(offered) == 11


@pytest.mark.parametrize("mode", MODES)
def test_mode_asks_for_its_parameters(mode: str) -> None:
    form = next(
        each
        for each in CHOICES["$.properties.matching"]
        if each["properties"]["mode"]["const"] == mode
    )
    declared = service().matching_modes[mode]
    assert form["required"] == ["mode", *declared.required]
    assert set(form["properties"]) == {"mode", *declared.required, *declared.optional}


@pytest.mark.parametrize("path", [path for path, asked in PROPERTIES.items() if "default" in asked])
def test_default_is_valid_itself(path: str) -> None:
    assert Draft7Validator(PROPERTIES[path]).is_valid(PROPERTIES[path]["default"])


@pytest.mark.parametrize(
    "path", [path for path, asked in PROPERTIES.items() if "examples" in asked]
)
def test_examples_are_valid_themselves(path: str) -> None:
    asked = PROPERTIES[path]
    assert asked["examples"] and all(
        Draft7Validator(asked).is_valid(example) for example in asked["examples"]
    )


@pytest.mark.parametrize("config", [LEAST, FULL])
def test_example_configuration_is_valid(config: dict[str, Any]) -> None:
    assert faults(config) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("resource", [{}, {"resource_id": 28}])
def test_every_mode_is_valid(mode: str, resource: dict[str, int]) -> None:
    declared = service().matching_modes[mode]
    field = {"field_name": "Custom_ID"} if declared.required else {}
    takes = not resource or "resource_id" in declared.optional
    assert faults({**LEAST, "matching": {"mode": mode, **field, **resource}}) == (
        [] if takes else ["$.matching"]
    )


@pytest.mark.parametrize("name", ["api_url", "token", "db_id"])
def test_three_settings_are_required(name: str) -> None:
    assert faults({key: value for key, value in LEAST.items() if key != name}) == ["$"]


@pytest.mark.parametrize("limit", ["max_profiles", "max_bytes"])
def test_service_limits_are_never_raised(limit: str) -> None:
    most = getattr(service(), limit)
    assert faults({**LEAST, "batching": {limit: most}}) == []
    assert faults({**LEAST, "batching": {limit: most + 1}}) == [f"$.batching.{limit}"]


def test_platform_finds_the_store_by_name() -> None:
    kinds = [
        option["properties"]["storage_type"]["const"]
        for option in FORM["properties"]["object_storage_config"]["oneOf"]
    ]
    assert kinds[0] == "None" and FORM["properties"]["object_storage_config"]["default"] == {
        "storage_type": "None"
    }


def test_functions_of_a_field_are_those_with_a_value() -> None:
    fields = FORM["properties"]["streams"]["items"]["properties"]["fields"]["items"]["properties"]
    assert fields["action"]["enum"] == ["set", "incr", "add", "delete"]


def test_secrets_alone_are_changed() -> None:
    store = {
        "storage_type": "S3",
        "access_key_id": "k",
        "secret_access_key": "s",
        "bucket_path": "p",
    }
    config = {
        **LEAST,
        "object_storage_config": store,
        "streams": [{"token": "t"}],
        "odd": {"token": 1},
    }
    changed = {**store, "access_key_id": "K", "secret_access_key": "S"}
    expected = {**config, "token": "T", "object_storage_config": changed}
    assert with_secrets(config, str.upper) == expected
    assert with_secrets({"token": None, "streams": 5}, str.upper) == {"token": None, "streams": 5}
