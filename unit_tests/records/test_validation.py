"""Which schemas can be used, what they decide, and what the service's profile is: both libraries
and the official suite agree.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from destination_profiles.records.keywords import Uncertain
from destination_profiles.records.proof import Proof
from destination_profiles.records.stream_schema import stream_schema
from destination_profiles.records.validation import RecordValidator
from destination_profiles.rejection import Rejection
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching
from destination_profiles.service.profile_schema import profile_schema

CANARY = "canary-7f3a"
SUITE = Path(__file__).parents[2] / ".venv-suite" / "json" / "tests" / "draft7"
needs_suite = pytest.mark.skipif(
    not SUITE.is_dir(),
    reason="the official JSON Schema test suite is not in .venv-suite: `make test` puts it there",
)


def validator(schema: Any) -> RecordValidator:
    return RecordValidator(stream_schema(schema).schema, "schema")


def decides(schema: Any, instance: Any) -> bool:
    """What is decided where a source publishes the schema."""
    return bool(validator(schema).is_valid(instance))


def first(made: RecordValidator, instance: Any) -> Rejection:
    """What says most of an instance that is not valid."""
    return made.rejected(made.violations(instance)[0])


def rejection(schema: dict[str, Any], instance: Any) -> Rejection:
    deciding = validator(schema)
    assert not deciding.is_valid(instance)
    return first(deciding, instance)


# Schemas


def test_schema_may_refer_to_itself() -> None:
    schema = {"properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}}
    assert rejection(schema, {"child": {"child": {"name": 5}}}).path == "$.child.child.name"


@pytest.mark.parametrize(
    "kind", ["date-time", "date", "email", "uri", "uuid", "ipv4", "time", "regex"]
)
def test_format_is_not_asserted(kind: str) -> None:
    assert decides({"format": kind}, "anything at all")


@pytest.mark.parametrize("number", [2**63, 2**64 + 1, -(2**70), 10**400])
def test_big_integers_are_integers(number: int) -> None:
    assert decides({"type": "integer"}, number)
    assert not decides({"maximum": 2**62, "minimum": -(2**62)}, number)


def test_rejection_carries_reason_rule_and_path() -> None:
    schema = {"properties": {"a": {"type": "string"}}}
    found = first(RecordValidator(schema, "profile"), {"a": 5})
    assert found == Rejection(
        "profile",
        "type",
        "must be string, not integer",
        "$.a",
        "$.a must be string, not integer",
        shape="9",
    )


def test_log_sentence_stars_unnamed_keys() -> None:
    found = rejection({"additionalProperties": {"type": "string"}}, {CANARY: 5})
    assert (found.path, found.loggable) == (
        f"$.{CANARY}",
        "$.* must be string or null, not integer",
    )


DIGIT = r"^\d$"


@pytest.mark.parametrize("digit", ["٣", "߀"])
def test_decider_explains_where_libraries_differ(digit: str) -> None:
    found = rejection({"properties": {"a": {"items": {"pattern": DIGIT}}}}, {"a": [digit]})
    assert found == Rejection(
        "schema",
        "pattern",
        f"does not satisfy pattern: {DIGIT}",
        "$.a[0]",
        f"$.a[*] does not satisfy pattern: {DIGIT}",
        shape="9",
    )


@pytest.mark.parametrize(
    ("schema", "instance", "shape"),
    [
        ({"properties": {"a": {"const": "x"}}}, {"a": "Ann 7"}, "Aa 9"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": [CANARY]}, "array"),
        (
            {"properties": {"a": {"anyOf": [{"type": "integer"}, {"minLength": 9}]}}},
            {"a": "Ann"},
            "Aa",
        ),
        ({"properties": {"a": {"items": False}}}, {"a": ["x-1"]}, "a-9"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": {CANARY: 1}}, None),
        ({"required": ["a"]}, {"b": CANARY}, None),
        ({"properties": {"a": {"required": ["b"]}}}, {"a": {CANARY: 1}}, None),
    ],
)
def test_rejection_has_the_shape_of_the_value(
    schema: dict[str, Any], instance: dict[str, Any], shape: str | None
) -> None:
    assert rejection(schema, instance).shape == shape


@pytest.mark.parametrize(
    "schema",
    [{"properties": {"a": {"items": False}}}, {"properties": {"a": {"items": {"allOf": [False]}}}}],
)
def test_forbidden_value_has_its_path(schema: dict[str, Any]) -> None:
    found = rejection(schema, {"a": [CANARY]})
    assert (found.code, found.message, found.path) == ("false", "is not allowed", "$.a[0]")


# The service's profile

EMAIL = {"email": "a@example.org"}
ADDRESSES = {
    "email": [{"email": "a@example.org"}, {"email_data": {"email": "a@example.org"}}],
    "sms": [{"phone": "+79000000001"}, {"phone": 79000000001}],
    "push": [{"provider": "web", "subscription_id": "s1"}],
    "telegram_bot": [{"cc_data": {"id": 5}}, {"cc_data": {"id": "5"}}],
    "whatsapp": [{"cc_data": {"phone": "+7"}}, {"cc_data": {"phone": 7}}],
    "viber": [{"cc_data": {"phone": "+7"}}],
}
NO_ADDRESS = {
    "email": "email must be there or email_data must be there",
    "sms": "phone must be there",
    "push": "provider and subscription_id must be there",
    "telegram_bot": "cc_data must be there",
    "whatsapp": "cc_data must be there",
    "viber": "cc_data must be there",
}


def profile(mode: str = "email", *, nulls: bool = False) -> RecordValidator:
    matching = Matching(
        service().matching_modes[mode],
        {"field_name": "crm_id"} if mode.startswith("custom") else {},
    )
    return RecordValidator(profile_schema(service(), matching, nulls=nulls), "profile")


def refused(instance: Any, mode: str = "email", *, nulls: bool = False) -> str:
    """What the log says of a profile that is not valid."""
    made = profile(mode, nulls=nulls)
    assert not made.is_valid(instance)
    return first(made, instance).loggable


KEYS = [
    *(
        (mode, {"email": "a"})
        for mode in ("email", "email_profile", "email_sub", "email_phone", "email_phone_sub")
    ),
    *((mode, {"phone": "+7"}) for mode in ("phone", "phone_sub", "email_phone", "email_phone_sub")),
    *((mode, {"phone": 7}) for mode in ("phone", "phone_sub", "email_phone", "email_phone_sub")),
    *(
        (mode, {"phones": ["+7", 7]})
        for mode in ("phone", "phone_sub", "email_phone", "email_phone_sub")
    ),
    *(
        (mode, {"email": "a", "phone": "+7", "phones": ["+7"]})
        for mode in ("email_phone", "email_phone_sub")
    ),
    ("profile_id", {"profile_id": "65f0"}),
    ("push_sub", {"provider": "web", "subscription_id": "s1"}),
    *(
        (mode, {"crm_id": key})
        for mode in ("custom", "custom_sub")
        for key in (5, 0, "tag-1, tag-2", 2**64 + 1)
    ),
]

NO_KEY = [
    *((mode, {}, "$ email must be there") for mode in ("email", "email_profile", "email_sub")),
    *(
        (mode, {}, "$ phone must be there or phones must be there")
        for mode in ("phone", "phone_sub")
    ),
    *(
        (mode, {}, "$ email must be there or phone must be there or phones must be there")
        for mode in ("email_phone", "email_phone_sub")
    ),
    *((mode, {}, "$ crm_id must be there") for mode in ("custom", "custom_sub")),
    ("profile_id", {}, "$ profile_id must be there"),
    ("push_sub", {}, "$ provider and subscription_id must be there"),
    ("push_sub", {"provider": "web"}, "$ subscription_id must be there"),
    ("email", {"email": ""}, "$.email does not satisfy minLength: 1"),
    ("email", {"email": None}, "$.email must be string, not null"),
    ("email", {"email": {"action": "set", "value": "a"}}, "$.email must be string, not object"),
    ("phone", {"phones": []}, "$.phones does not satisfy minItems: 1"),
    ("phone", {"phones": "+7"}, "$.phones must be array, not string"),
    ("phone", {"phone": 7.5}, "$.phone must be string or integer, not number"),
    ("profile_id", {"profile_id": 5}, "$.profile_id must be string, not integer"),
    ("custom", {"crm_id": True}, "$.crm_id must be string or integer, not boolean"),
    ("custom", {"crm_id": ""}, "$.crm_id does not satisfy minLength: 1"),
    ("custom", {"crm_id": ["tag-1"]}, "$.crm_id must be string or integer, not array"),
]

TAKEN = [
    {
        "_fname": "Ann",
        "_bdate": "2001-12-31",
        "_regdate": "2024-05-27T12:00:00+03:00",
        "_status": 0,
    },
    {"_sex": "female"},
    {"_sex": 1},
    {"phones": ["+7", 7]},
    {"phones": []},
    {"crm_id": None, "vip": True, "address": {"city": "Rome"}, "anything": [1, [2]]},
    {"_fname": {"action": "set", "value": "Ann"}},
    {"_fname": {"action": "unset"}},
    {"_status": {"action": "incr", "value": 1}},
    {"phones": {"action": "add", "value": ["+7"]}},
    {"phones": {"action": "delete", "value": ["+7"]}},
    {"address": {"action": "upsert", "submatch": "city", "value": "Rome"}},
    {"tags": {"action": "add", "value": ["vip"]}},
    {"points": {"action": "incr", "value": -1.5}},
    {"address": {"action": "incr", "city": "Rome"}},
    {"address": {"action": "moved"}},
    {"score": {"action": "unset", "value": None}},
    {"subscriptions": []},
]

REFUSED = [
    ([], "$ must be object, not array"),
    ({**EMAIL, "_fname": 5}, "$._fname must be string, not integer"),
    ({**EMAIL, "_fname": None}, "$._fname must be string, not null"),
    ({**EMAIL, "_fname": ["Ann"]}, "$._fname must be string, not array"),
    ({**EMAIL, "_status": "0"}, "$._status must be integer, not string"),
    (
        {**EMAIL, "_bdate": "31.12.2001"},
        "$._bdate does not satisfy pattern: ^[0-9]{4}-[0-9]{2}-[0-9]{2}",
    ),
    ({**EMAIL, "phones": "+7"}, "$.phones must be array, not string"),
    ({**EMAIL, "phones": [None]}, "$.phones[*] must be string or integer, not null"),
    ({**EMAIL, "_fname": {}}, "$._fname action must be there"),
    ({**EMAIL, "_fname": {"action": "set"}}, "$._fname value must be there"),
    ({**EMAIL, "_fname": {"action": CANARY}}, "$._fname.action must be one of set, unset"),
    (
        {**EMAIL, "_fname": {"action": "set", "value": 5}},
        "$._fname.value must be string, not integer",
    ),
    (
        {**EMAIL, "_city": {"action": "upsert", "value": {}, "submatch": "a"}},
        "$._city.action must be one of set, unset",
    ),
    (
        {**EMAIL, "_status": {"action": "incr", "value": "1"}},
        "$._status.value must be number, not string",
    ),
    ({**EMAIL, "points": {"action": "incr"}}, "$.* value must be there"),
    (
        {**EMAIL, "points": {"action": "incr", "value": CANARY}},
        "$.*.value must be number, not string",
    ),
    ({**EMAIL, "tags": {"action": "add", "value": CANARY}}, "$.*.value must be array, not string"),
    ({**EMAIL, "tags": {"action": "delete"}}, "$.* value must be there"),
    ({**EMAIL, "address": {"action": "upsert", "value": "Rome"}}, "$.* submatch must be there"),
    ({**EMAIL, "address": {"action": "set", "submatch": "a"}}, "$.* value must be there"),
    ({**EMAIL, "subscriptions": {}}, "$.subscriptions must be array, not object"),
    ({**EMAIL, "subscriptions": [CANARY]}, "$.subscriptions[*] must be object, not string"),
    ({**EMAIL, "subscriptions": [{}]}, "$.subscriptions[*] channel must be there"),
]

SUBSCRIPTION_FIELDS = [
    *(
        ("status", status)
        for status in (
            -1,
            0,
            6,
            "subscribed",
            "unsubscribed",
            "complained",
            "hardbounced",
            "suspended",
            "invalid",
        )
    ),
    *(("priority", priority) for priority in (-1, 0, 100)),
    ("resource_id", 28),
    ("cats", []),
    ("cats", ["news", "offers"]),
    ("custom_fields", {"source": "warehouse"}),
    ("custom_fields", {"points": {"action": "incr", "value": 1}}),
    ("anything", None),
]

WRONG_SUBSCRIPTION_FIELDS = [
    *(("status", status) for status in (-2, 7, 1.5, CANARY, None, True)),
    *(("priority", priority) for priority in (-2, "1", None)),
    *(("resource_id", resource) for resource in ("28", None)),
    *(("cats", cats) for cats in ("news", [1], None)),
    *(
        ("custom_fields", fields)
        for fields in ([], CANARY, None, {"points": {"action": "incr", "value": CANARY}})
    ),
]


@pytest.mark.parametrize(("mode", "key"), KEYS)
def test_key_of_the_mode_suffices(mode: str, key: dict[str, Any]) -> None:
    assert profile(mode).is_valid(key)


@pytest.mark.parametrize(("mode", "instance", "sentence"), NO_KEY)
def test_profile_without_its_key_is_refused(
    mode: str, instance: dict[str, Any], sentence: str
) -> None:
    assert refused(instance, mode) == sentence


def test_every_mode_is_tried_here() -> None:
    assert (
        set(service().matching_modes) == {mode for mode, _ in KEYS} == {mode for mode, *_ in NO_KEY}
    )


@pytest.mark.parametrize("fields", TAKEN)
def test_fields_of_their_type_are_taken(fields: dict[str, Any]) -> None:
    assert profile().is_valid({**EMAIL, **fields})


@pytest.mark.parametrize(("instance", "sentence"), REFUSED)
def test_field_of_another_type_is_refused(instance: Any, sentence: str) -> None:
    assert refused(instance) == sentence


@pytest.mark.parametrize("field", sorted(service().system_fields))
def test_null_is_taken_only_where_sent(field: str) -> None:
    instance = {"crm_id": 1, field: None}
    assert profile("custom", nulls=True).is_valid(instance)
    assert not profile("custom").is_valid(instance)


@pytest.mark.parametrize("mode", ["email", "email_sub", "email_phone"])
def test_null_is_never_a_key(mode: str) -> None:
    assert (
        refused({"email": None, "phone": "+7"}, mode, nulls=True)
        == "$.email must be string, not null"
    )


@pytest.mark.parametrize("field", sorted(service().system_fields))
def test_function_may_clear_all_but_email(field: str) -> None:
    instance = {"crm_id": 1, field: {"action": "unset"}}
    assert profile("custom").is_valid(instance) is (field != "email")


def test_key_may_be_a_system_field() -> None:
    schema = profile_schema(
        service(),
        Matching(service().matching_modes["custom"], {"field_name": "_status"}),
        nulls=False,
    )
    assert RecordValidator(schema, "profile").is_valid({"_status": "gold"})


@pytest.mark.parametrize(
    ("channel", "address"),
    [(channel, form) for channel, forms in ADDRESSES.items() for form in forms],
)
def test_subscription_with_an_address_is_taken(channel: str, address: dict[str, Any]) -> None:
    assert profile().is_valid({**EMAIL, "subscriptions": [{"channel": channel, **address}]})


@pytest.mark.parametrize("channel", sorted(service().channels))
def test_subscription_needs_its_channels_address(channel: str) -> None:
    subscriptions = [{"channel": "email", "email": "a"}, {"channel": channel, "resource_id": 1}]
    assert (
        refused({**EMAIL, "subscriptions": subscriptions})
        == f"$.subscriptions[*] {NO_ADDRESS[channel]}"
    )


@pytest.mark.parametrize("channel", ["fax", "", None, 5, CANARY])
def test_subscription_needs_a_known_channel(channel: Any) -> None:
    sentence = (
        "$.subscriptions[*].channel must be one of email, sms, push, telegram_bot, whatsapp, viber"
    )
    assert refused({**EMAIL, "subscriptions": [{"channel": channel}]}) == sentence


@pytest.mark.parametrize(("name", "value"), SUBSCRIPTION_FIELDS)
def test_subscription_field_of_type_is_taken(name: str, value: Any) -> None:
    assert profile().is_valid(
        {**EMAIL, "subscriptions": [{"channel": "email", "email": "a", name: value}]}
    )


@pytest.mark.parametrize(("name", "value"), WRONG_SUBSCRIPTION_FIELDS)
def test_subscription_field_of_another_type_is_refused(name: str, value: Any) -> None:
    told = refused({**EMAIL, "subscriptions": [{"channel": "email", "email": "a", name: value}]})
    assert told.startswith(f"$.subscriptions[*].{name}") and CANARY not in told


def test_configured_field_may_be_named() -> None:
    schema = profile_schema(service(), Matching(service().matching_modes["email"]), nulls=False)
    made = RecordValidator(schema, "profile", frozenset({"points", "origin"}))
    told = {
        name: first(made, {**EMAIL, name: {"action": "incr", "value": CANARY}}).loggable
        for name in ("points", "other")
    }
    assert told == {
        "points": "$.points.value must be number, not string",
        "other": "$.*.value must be number, not string",
    }
    custom = {"channel": "email", "email": "a", "custom_fields": {"origin": {"action": "add"}}}
    assert (
        first(made, {**EMAIL, "subscriptions": [custom]}).loggable
        == "$.subscriptions[*].custom_fields.origin value must be there"
    )


# Agreement

UNION = "oneOf is a union: two alternatives that fit are as good as one"
NULL = "null is a value of each member that need not be there"
ANYTHING = (
    "what a reference that is no pointer into the schema itself leads to is taken as anything"
)
NO_SCHEMA = "a stream's schema that is false is none"
AT_ODDS = {  # by file, case and test: the suite's verdict is not ours, for one of Airbyte's rules
    "boolean_schema.json": {"boolean schema 'false'": NO_SCHEMA},
    "definitions.json": {"validate definition against metaschema": ANYTHING},
    "oneOf.json": dict.fromkeys(
        [
            "oneOf",
            "oneOf with base schema",
            "oneOf with boolean schemas, all true",
            "oneOf with boolean schemas, more than one true",
            "oneOf complex types",
            "oneOf with empty schema",
            "oneOf with required",
            "oneOf with missing optional property",
        ],
        UNION,
    ),
    "optional/cross-draft.json": {"refs to future drafts are processed as future drafts": ANYTHING},
    "optional/id.json": {"id inside an enum is not a real identifier": ANYTHING},
    "optional/unknownKeyword.json": {
        "$id inside an unknown keyword is not a real identifier": ANYTHING
    },
    "patternProperties.json": {"regexes are not anchored by default and are case sensitive": NULL},
    "ref.json": dict.fromkeys(
        [
            "$ref prevents a sibling $id from changing the base uri",
            "remote ref, containing refs itself",
            "Recursive references between schemas",
            "Reference an anchor with a non-relative URI",
            "Location-independent identifier with base URI change in subschema",
            "refs with relative uris and defs",
            "relative refs with absolute uris and defs",
            "$id must be resolved against nearest parent, not just immediate parent",
            "simple URN base URI with $ref via the URN",
            "URN base URI with URN and JSON pointer ref",
            "URN base URI with URN and anchor ref",
            "ref to if",
            "ref to then",
            "ref to else",
            "ref with absolute-path-reference",
        ],
        ANYTHING,
    ),
    "refRemote.json": dict.fromkeys(
        [
            "remote ref",
            "fragment within remote ref",
            "ref within remote ref",
            "base URI change",
            "base URI change - change folder",
            "base URI change - change folder in subschema",
            "root ref in remote ref",
            "remote ref with ref to definitions",
            "Location-independent identifier in remote ref",
            "retrieved nested refs resolve relative to their URI not $id",
            "$ref to $ref finds location-independent $id",
        ],
        ANYTHING,
    ),
}
# `format` is not asserted on purpose, so the suite's expectation is not ours
ANNOTATIONS = "optional/format/"


def suite_files() -> list[str]:
    return sorted(str(path.relative_to(SUITE).as_posix()) for path in SUITE.rglob("*.json"))


def cases(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SUITE / file).read_text(encoding="utf-8"))
    return found


def at_odds(file: str) -> dict[str, set[bool]]:
    """Cases of a file in which the suite says something else than we do, with what we say."""
    found: dict[str, set[bool]] = {}
    for case in cases(file):
        for test in case["tests"]:
            ours = decides(case["schema"], test["data"])
            if ours is not test["valid"]:
                found.setdefault(case["description"], set()).add(ours)
    return found


@needs_suite
@pytest.mark.parametrize("file", [each for each in suite_files() if ANNOTATIONS not in each])
def test_official_suite_decides_alike_but_for_airbytes_rules(file: str) -> None:
    assert at_odds(file) == {name: {True} for name in AT_ODDS.get(file, {})}


@needs_suite
def test_suite_is_the_whole_of_draft_07() -> None:
    names = {Path(each).stem for each in suite_files()}
    wanted = {"type", "ref", "if-then-else", "uniqueItems", "bignum", "infinite-loop-detection"}
    assert wanted <= names
    assert sum(len(case["tests"]) for file in suite_files() for case in cases(file)) > 1400


@needs_suite
@pytest.mark.parametrize("file", suite_files())
def test_what_decodes_as_its_type_is_valid(file: str) -> None:
    for case in cases(file):
        schema = stream_schema(case["schema"]).schema
        try:
            kind = Proof(schema.get("definitions")).type_of(schema)
        except Uncertain:
            continue
        for data in (test["data"] for test in case["tests"]):
            if decodes(kind, data):
                assert decides(case["schema"], data), (case["description"], data)


def decodes(kind: Any, data: Any) -> bool:
    try:
        msgspec.json.decode(json.dumps(data, ensure_ascii=False), type=kind)
    except (ValueError, RecursionError):
        return False
    return True


@needs_suite
@pytest.mark.parametrize("file", suite_files())
def test_every_invalid_case_can_be_explained(file: str) -> None:
    for case in cases(file):
        deciding = validator(case["schema"])
        for data in (test["data"] for test in case["tests"]):
            if not deciding.is_valid(data):
                found = first(deciding, data)
                assert (found.reason, bool(found.code), found.path[0]) == ("schema", True, "$")


NAMES = st.sampled_from(["a", "b", "é"])
NUMBERS = (
    st.integers(-5, 5)
    | st.floats(-1000, 1000)
    | st.sampled_from([0.1, -0.0, 1.0, 2**53 + 1, 2**64 + 1, -(2**70), 10**30])
)
TEXTS = st.sampled_from(["", "a", "ab", "é", "e\u0301", "😀", "\n", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
RULES = st.one_of(
    st.builds(
        lambda kinds: {"type": kinds}, KINDS | st.lists(KINDS, min_size=1, max_size=3, unique=True)
    ),
    st.builds(lambda value: {"const": value}, VALUES),
    st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=3)),
    st.builds(lambda names: {"required": names}, st.lists(NAMES, max_size=2, unique=True)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(COUNTS, st.integers(0, 3))),
    st.fixed_dictionaries({}, optional=dict.fromkeys(BOUNDS, NUMBERS)),
    st.sampled_from(
        [{"uniqueItems": True}, {"pattern": "^a"}, {"pattern": "b$"}, {"pattern": "[0-9]"}]
    ),
)


def with_parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = {
        **dict.fromkeys(
            (
                "items",
                "contains",
                "not",
                "propertyNames",
                "if",
                "then",
                "else",
                "additionalProperties",
            ),
            inner,
        ),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=1),
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), st.lists(inner, min_size=1, max_size=3)),
    }
    return st.fixed_dictionaries({}, optional=parts) | st.builds(
        lambda one, other: {**one, **other}, inner, inner
    )


SCHEMAS = st.recursive(RULES, with_parts, max_leaves=6)


@given(SCHEMAS, VALUES)
@settings(max_examples=200)
def test_libraries_agree_on_random_schemas(schema: dict[str, Any], instance: Any) -> None:
    meant = stream_schema(schema)
    assert meant.faults == ()
    assert Draft7Validator(meant.schema).is_valid(instance) is decides(schema, instance)


@given(SCHEMAS, VALUES)
@settings(max_examples=400)
def test_what_decodes_as_a_random_type_is_valid(schema: dict[str, Any], instance: Any) -> None:
    try:
        kind = Proof().type_of(stream_schema(schema).schema)
    except Uncertain:
        return
    assert decides(schema, instance) or not decodes(kind, instance)


@given(SCHEMAS, SCHEMAS, VALUES)
@settings(max_examples=400)
def test_what_decodes_satisfies_both_schemas(one: Any, other: Any, instance: Any) -> None:
    try:
        kind = Proof().type_of(one, other)
    except Uncertain:
        return
    if decodes(kind, instance):
        assert all(Draft7Validator(each).is_valid(instance) for each in (one, other))


@given(
    SCHEMAS,
    st.lists(st.just(CANARY), min_size=1, max_size=2)
    | st.just({CANARY: CANARY, "a": {CANARY: [CANARY]}}),
)
@settings(max_examples=80)
def test_log_sentence_never_holds_a_value(schema: dict[str, Any], instance: Any) -> None:
    if not decides(schema, instance):
        found = rejection(schema, instance)
        assert CANARY not in found.loggable + found.message + found.code


def test_costly_pattern_is_explained_at_once() -> None:
    found = rejection(
        {"properties": {"a": {"pattern": r"^([\w.-]+)+@[a-z]+$"}}}, {"a": "a" * 60 + "!"}
    )
    assert (found.code, found.path) == ("pattern", "$.a")


def test_explaining_never_costs_the_sync() -> None:
    found = rejection({"type": "integer", "multipleOf": 0.01, "maximum": 10}, 10**400)
    assert found.reason == "schema"
