"""What the package declares of the service, and that no slip in it goes unseen."""

import copy
import dataclasses
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml

from destination_profiles import config
from destination_profiles.errors import Refused, SystemFault
from destination_profiles.records.validation import RecordValidator
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import (
    PACKAGE,
    Call,
    MatchingMode,
    Service,
    parse,
    service,
)
from destination_profiles.service.matching import Matching
from destination_profiles.service.outcome import Stop
from destination_profiles.service.profile_schema import profile_schema
from destination_profiles.spec import spec_of

TEXT = files(PACKAGE).joinpath("manifest.yaml").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
LOYALTY = """
  loyalty:
    title: Loyalty card
    description: Finds a profile by the field that holds its loyalty card.
    keys: [['{field_name}'], [email]]
    required: [field_name]
"""
TEAPOT = """
    - {type: HttpResponseFilter, http_codes: [418], action: FAIL, failure_type: config_error, error_message: It is a teapot.}
"""


def edited(path: str, edit: Callable[[Any, Any], object]) -> str:
    """The manifest's text after `edit(parent, key)` at a path such as `calls.update_batch.path` or
    `matching_modes.email.keys.0`.
    """
    manifest = copy.deepcopy(MANIFEST)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    parent = manifest
    for step in steps:
        parent = parent[step]
    edit(parent, last)
    return json.dumps(manifest)


def misspelt(path: str) -> str:
    return edited(path, lambda parent, key: parent.update({f"{key}x": parent.pop(key)}))


def without(path: str) -> str:
    return edited(path, lambda parent, key: parent.pop(key))


def changed(path: str, value: Any) -> str:
    return edited(path, lambda parent, key: parent.__setitem__(key, value))


def complaint(text: str) -> str:
    with pytest.raises(SystemFault) as raised:
        parse(text)
    assert raised.value.message.startswith("manifest.yaml is wrong: $")
    return raised.value.message


def inserted(text: str, *, after: str) -> Service:
    """The service of the manifest with lines put behind the first line that reads `after`."""
    head, found, tail = TEXT.partition(f"\n{after}\n")
    assert found
    return parse(f"{head}{found}{text.strip(chr(10))}\n{tail}")


# The package's own


def test_package_manifest_loads_once() -> None:
    assert service() is service()
    assert vars(parse(TEXT)) == vars(service())


def test_limits_are_those_the_page_states() -> None:
    assert (service().max_profiles, service().max_bytes) == (10_000, 10_000_000)


def test_calls_are_typed_values() -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    paths = {name: call.path for name, call in service().calls.items()}
    assert paths.pop("update_batch") == "/api/v1.1/profiles/update_batch"
    assert paths == {
        "databases_get": "/api/v1.1/databases/get/",
        "databases_fields_get": "/api/v1.1/databases/fields_get/",
        "resources_list": "/api/v1.1/resources/list",
        "resources_get": "/api/v1.1/resources/get",
        "resources_fields_get": "/api/v1.1/resources/fields_get",
        "profiles_get": "/api/v1.1/profiles/get/",
    }
    assert service().calls["update_batch"] == Call("/api/v1.1/profiles/update_batch", {}, (10, 300))
    assert service().calls["resources_get"] == Call("/api/v1.1/resources/get", headers, (10, 30))
    assert service().wire_formats["json"] == headers
    assert service().wire_formats["xml"] == {
        "Content-Type": "application/xml",
        "Accept": "application/xml",
    }


def test_matching_modes_are_the_pages_eleven() -> None:
    email, phone = {"email", "email_profile", "email_sub"}, {"phone", "phone_sub"}
    assert set(service().matching_modes) == email | phone | {
        *("profile_id", "push_sub", "custom", "custom_sub", "email_phone", "email_phone_sub"),
    }


def test_matching_mode_is_a_typed_value() -> None:
    mode = service().matching_modes["phone"]
    assert dataclasses.replace(mode, description="") == MatchingMode(
        "phone", "Phone", "", (("phone",), ("phones",)), (), ("resource_id",)
    )


def test_channels_and_functions_are_the_pages() -> None:
    assert list(service().channels) == ["email", "sms", "push", "telegram_bot", "whatsapp", "viber"]
    assert list(service().functions) == ["set", "unset", "incr", "add", "delete", "upsert"]


def test_email_is_never_cleared() -> None:
    assert service().unset_forbidden == {"email"}


def test_success_of_a_profile_is_zero() -> None:
    assert [code for code, action in service().item_actions.items() if action == "SUCCESS"] == [0]
    assert service().item_default_action == "REJECT"


def test_words_for_the_log_are_single_words() -> None:
    assert {"field", "token", "not", "found"} <= service().loggable_words
    assert all(word == word.lower().strip(".,:;") for word in service().loggable_words)


@pytest.mark.parametrize("part", ["loggable_words", "system_fields", "matching_modes"])
def test_no_part_is_empty(part: str) -> None:
    assert len(getattr(service(), part)) > 10


# Slips

CLOSED = [
    *MANIFEST,
    *("limits.max_bytes", "calls.update_batch", "calls.databases_get"),
    *(
        f"calls.update_batch.{key}"
        for key in ("type", "path", "http_method", "request_headers", "timeout")
    ),
    *("calls.databases_get.timeout.connect_seconds", "calls.update_batch.timeout.read_seconds"),
    *("error_handler.type", "error_handler.response_filters", "error_handler.backoff_strategies"),
    *(
        f"error_handler.response_filters.2.{key}"
        for key in ("type", "http_codes", "action", "failure_type", "error_message")
    ),
    *("error_handler.backoff_strategies.0.type", "error_handler.backoff_strategies.0.factor"),
    *("undeclared_code.action", "undeclared_code.failure_type", "undeclared_code.error_message"),
    *("item_error_handler.item_filters", "item_error_handler.default_action"),
    *("item_error_handler.item_filters.0.codes", "item_error_handler.item_filters.1.action"),
    "functions.unset.parts",
    "field_types.string.schema",
    "channels.sms.0.address",
    "channels.sms.0.keys",
    "wire_formats",
    "read_codes.unknown",
    "read_codes.one_only",
    *(f"matching_modes.custom.{key}" for key in ("title", "description", "keys", "required")),
    "matching_modes.email.optional",
    *("matching_keys.email.schema", "matching_keys.email.identity"),
]

WRONG_VALUES = [
    ("limits.max_profiles", 0),
    ("limits.max_bytes", "10 MB"),
    ("calls.update_batch.type", "HttpRequestor"),
    ("calls.update_batch.path", "api/v1.1"),
    ("calls.update_batch.http_method", "GET"),
    ("calls.update_batch.timeout.read_seconds", 0),
    ("calls.databases_get.request_headers.Accept", 5),
    ("request_id_header", "Request ID"),
    ("error_handler.type", "DefaultErrorHandle"),
    ("error_handler.response_filters.0.action", "SUCESS"),
    ("error_handler.response_filters.0.http_codes", [0, 204]),
    ("error_handler.response_filters.2.failure_type", "config_eror"),
    ("error_handler.response_filters.1.http_codes", ["400"]),
    ("error_handler.response_filters.1.http_codes", []),
    ("error_handler.backoff_strategies.0.factor", 0),
    ("max_backoff_seconds", -1),
    ("undeclared_code.action", "RETRY"),
    ("item_error_handler.item_filters.1.action", "SPLIT_REQUEST_WINDOW"),
    ("item_error_handler.default_action", "SUCCESS"),
    ("loggable_words", ["a", "b"]),
    ("field_types.string", "string"),
    ("field_types.string.schema.type", "strin"),
    ("functions.unset.parts", "no"),
    ("unset_forbidden", "email"),
    ("system_fields.phones", ["string"]),
    ("subscription_fields.priority.minimum", "-1"),
    ("channels.email", {}),
    ("channels.sms.0.keys.phone.type", "text"),
    ("matching_parameters.field_name.type", "text"),
    ("matching_modes.email.keys", []),
    ("matching_modes.email.keys.0", []),
    ("matching_modes.email.title", ""),
    ("matching_keys.email.identity", "mail"),
    ("matching_keys.phone.schema.type", ["string", "int"]),
]

DANGLING = [
    ("field_types.string.fits", ["text"], "$.field_types.string.fits: no type text"),
    ("functions.incr.field_types", ["number"], "$.functions.incr: no field type number"),
    ("channels.sms.0.address", "phone.number", "$.channels.sms: no key phone.number"),
    ("channels.email.1.address", "email", "$.channels.email: no key email"),
    ("channels.sms.0.type", "text", "$.channels.sms: no type text"),
    ("system_fields._fname", "text", "$.system_fields._fname: no field type text"),
    (
        "matching_modes.email.keys",
        [["emial"]],
        "$.matching_modes.email.keys: no matching key emial",
    ),
    (
        "matching_modes.push_sub.keys",
        [["provider", "id"]],
        "$.matching_modes.push_sub.keys: no matching key id",
    ),
    (
        "matching_modes.custom.required",
        ["field"],
        "$.matching_modes.custom: no matching parameter field",
    ),
    (
        "matching_modes.email.optional",
        ["resource"],
        "$.matching_modes.email: no matching parameter resource",
    ),
    (
        "error_handler.response_filters.2.http_codes",
        [401, 403],
        "$.error_handler.response_filters: code 403 stands twice",
    ),
    (
        "item_error_handler.item_filters.1.codes",
        [0, 401],
        "$.item_error_handler.item_filters: code 0 stands twice",
    ),
    ("item_error_handler.item_filters.1.codes", [401, 499], "$.item_error_handler.item_filters"),
    ("unset_forbidden", ["emial"], "$.unset_forbidden"),
    ("statuses.paused", 3, "$.statuses.paused: $.subscription_fields.status does not take it"),
    ("statuses.invalid", 7, "$.statuses.invalid: $.subscription_fields.status does not take it"),
    ("opt_outs", ["unsubscribed", "unsubscribde"], "$.opt_outs: no status unsubscribde"),
]

KEYWORDS = [
    "field_types.string.schema.type",
    "subscription_fields.priority.minimum",
    "channels.push.0.keys.provider.minLength",
    "functions.incr.parts.value.type",
    "matching_parameters.resource_id.minimum",
    "matching_keys.email.schema.minLength",
]


def json_path(path: str) -> str:
    return "$" + "".join(
        f"[{step}]" if step.isdigit() else f".{step}" for step in path.split(".") if step
    )


@pytest.mark.parametrize("path", CLOSED)
def test_misspelt_key_names_its_path(path: str) -> None:
    parent, _, key = path.rpartition(".")
    message = complaint(misspelt(path))
    assert f"{json_path(parent)}: " in message and f"'{key}x'" in message


@pytest.mark.parametrize(
    "path",
    [
        "limits",
        "calls.update_batch.timeout",
        "matching_modes.custom.keys",
        "matching_keys.email.identity",
    ],
)
def test_missing_key_names_its_path(path: str) -> None:
    parent, _, key = path.rpartition(".")
    assert f"{json_path(parent)}: '{key}' is a required property" in complaint(without(path))


@pytest.mark.parametrize(("path", "value"), WRONG_VALUES)
def test_wrong_value_names_its_path(path: str, value: Any) -> None:
    assert json_path(path) in complaint(changed(path, value))


@pytest.mark.parametrize(("path", "value", "sentence"), DANGLING)
def test_name_declared_nowhere_is_told(path: str, value: Any, sentence: str) -> None:
    assert sentence in complaint(changed(path, value))


@pytest.mark.parametrize("path", KEYWORDS)
def test_misspelt_schema_keyword_is_told(path: str) -> None:
    parent, _, key = path.rpartition(".")
    message = complaint(misspelt(path))
    assert json_path(parent) in message and f"{key}x" in message


@pytest.mark.parametrize("position", range(1, len(MANIFEST["error_handler"]["response_filters"])))
def test_code_that_ends_a_sync_needs_its_sentence(position: int) -> None:
    path = f"error_handler.response_filters.{position}.error_message"
    place = f"$.error_handler.response_filters[{position}]"
    assert f"{place}: 'error_message' is a required property" in complaint(without(path))


@pytest.mark.parametrize("text", ["", "[]", "text", "5"])
def test_what_is_no_mapping_is_told(text: str) -> None:
    assert "is not of type 'object'" in complaint(text)


def test_all_slips_are_told_at_once() -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["limits"]["max_profiles"], manifest["request_id_header"] = 0, ""
    message = complaint(json.dumps(manifest))
    assert "$.limits.max_profiles: " in message and "$.request_id_header: " in message


# Edits of this file alone


def test_twelfth_mode_is_a_mode() -> None:
    declared = inserted(LOYALTY, after="matching_modes:")
    mode = declared.matching_modes["loyalty"]
    assert (len(declared.matching_modes), mode.keys) == (12, (("{field_name}",), ("email",)))


@pytest.mark.parametrize("place", ["matching", "streams"])
def test_twelfth_mode_is_asked_for(place: str) -> None:
    properties = spec_of(inserted(LOYALTY, after="matching_modes:"))["connectionSpecification"][
        "properties"
    ]
    forms = (
        properties["matching"]["oneOf"]
        if place == "matching"
        else properties["streams"]["items"]["properties"]["matching"]["oneOf"]
    )
    form = next(each for each in forms if each["properties"]["mode"]["const"] == "loyalty")
    assert (len(forms), form["title"], form["required"]) == (
        12,
        "Loyalty card",
        ["mode", "field_name"],
    )


def test_twelfth_mode_can_be_configured() -> None:
    declared = inserted(LOYALTY, after="matching_modes:")
    raw = {
        "api_url": "https://example.com",
        "token": "t",
        "db_id": 1,
        "matching": {"mode": "loyalty", "field_name": "card"},
    }
    made = config.parse(raw, spec_of(declared)["connectionSpecification"], declared).target.matching
    assert made.parameters() == {"matching": "loyalty", "field_name": "card"}
    assert made.alternatives() == (("card",), ("email",))


@pytest.mark.parametrize(
    ("profile", "valid"),
    [({"card": 5}, True), ({"email": "a"}, True), ({"phone": "7"}, False), ({"card": 1.5}, False)],
)
def test_twelfth_mode_checks_its_profiles(profile: dict[str, Any], valid: bool) -> None:
    declared = inserted(LOYALTY, after="matching_modes:")
    schema = profile_schema(
        declared, Matching(declared.matching_modes["loyalty"], {"field_name": "card"}), nulls=False
    )
    assert RecordValidator(schema, "profile", "users").is_valid(profile) is valid


def test_new_answer_code_has_its_sentence() -> None:
    answers = Answers(inserted(TEAPOT, after="  response_filters:"))
    made = answers.interpret(418, b'{"error":418}', 1)
    assert isinstance(made, Stop) and isinstance(made.error, Refused)
    assert made.error.message == "It is a teapot. (code 418)"
