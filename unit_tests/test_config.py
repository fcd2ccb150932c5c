"""What a configuration becomes, and the sentence for each way in which it is wrong."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.address import WANTED
from destination_profiles.cells import Cell
from destination_profiles.config import (
    PLAIN,
    Config,
    FieldConfig,
    StreamConfig,
    SubscriptionConfig,
    parse,
    read,
)
from destination_profiles.conversion import Form
from destination_profiles.errors import ConfigError
from destination_profiles.secret import Secret
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching, Target
from destination_profiles.spec import spec
from destination_profiles.statuses import StatusRule
from destination_profiles.storage.settings import (
    LocalStorage,
    MemorySetting,
    NoStorage,
    Outcomes,
    Retried,
    S3Storage,
)

CANARY, TOKEN = "canary-7f3a", "token-91bc"
SCHEMA: dict[str, Any] = spec()["connectionSpecification"]
LEAST: dict[str, Any] = {"api_url": "https://example.com", "token": TOKEN, "db_id": 7}
CUSTOM = {"mode": "custom", "field_name": "crm_id"}
PLAIN_HTTP = (
    "The API URL must begin with https, because the token and personal "
    "data travel in each request. "
    "Plain http is allowed for an address of this machine only."
)
MODES = ", ".join(service().matching_modes)


def config(**changed: Any) -> Config:
    return parse({**LEAST, **changed}, SCHEMA, service())


def refusal(raw: dict[str, Any]) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        parse(raw, SCHEMA, service())
    return raised.value


def wrong(**changed: Any) -> str:
    return refusal({**LEAST, **changed}).message


def said(**changed: Any) -> str:
    """The sentence, or nothing where the configuration is taken: any other exception is a
    defect.
    """
    try:
        config(**changed)
    except ConfigError as error:
        return error.message
    return ""


def users(*fields: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The setting `streams` with one stream."""
    return [{"name": "users", **({"fields": list(fields)} if fields else {}), **more}]


def matching(mode: str, **parameters: Any) -> Matching:
    return Matching(service().matching_modes[mode], parameters)


# What is wrong

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"api_url": 5}, "The setting api_url is wrong: must be string, not integer."),
    ({"token": 731946250817}, "The setting token is wrong: must be string, not integer."),
    ({"token": None}, "The configuration is wrong: token must be there."),
    ({"token": ""}, "The setting token is wrong: must not be empty."),
    ({"db_id": CANARY}, "The setting db_id is wrong: must be integer, not string."),
    ({"db_id": True}, "The setting db_id is wrong: must be integer, not boolean."),
    ({"db_id": 1.5}, "The setting db_id is wrong: must be integer, not number."),
    ({"db_id": 0}, "The setting db_id is wrong: must be 1 or more."),
    ({"matching": CANARY}, "The setting matching is wrong: must be object, not string."),
    (
        {"matching": {"mode": CANARY}},
        f"The setting matching is wrong: mode must be one of {MODES}.",
    ),
    ({"matching": {"mode": None}}, "The setting matching is wrong: mode must be there."),
    ({"matching": {"field_name": CANARY}}, "The setting matching is wrong: mode must be there."),
    (
        {"matching": {"mode": "email", "resource_id": CANARY}},
        "The setting matching.resource_id is wrong: must be integer, not string.",
    ),
    (
        {"matching": {"mode": "email", "resource_id": 0}},
        "The setting matching.resource_id is wrong: must be 1 or more.",
    ),
    (
        {"matching": {"mode": "email", "field_name": CANARY}},
        "There is no setting matching.field_name where email is chosen. Remove it.",
    ),
    (
        {"matching": {"mode": "profile_id", "resource_id": 1}},
        "There is no setting matching.resource_id where profile_id is chosen. Remove it.",
    ),
    (
        {"matching": {**CUSTOM, CANARY: 1}},
        "There is no setting matching.*. Remove it, or correct its name.",
    ),
    (
        {"null_values": CANARY},
        "The setting null_values is wrong: must be one of omit, send, unset.",
    ),
    ({"skip_triggers": CANARY}, "The setting skip_triggers is wrong: must be boolean, not string."),
    (
        {"skip_invalid_subscriptions": 1},
        "The setting skip_invalid_subscriptions is wrong: must be boolean, not integer.",
    ),
    ({"batching": []}, "The setting batching is wrong: must be object, not array."),
    (
        {"batching": {"max_profiles": 0}},
        "The setting batching.max_profiles is wrong: must be from 1 to 10000.",
    ),
    (
        {"batching": {"max_profiles": 10_001}},
        "The setting batching.max_profiles is wrong: must be from 1 to 10000.",
    ),
    (
        {"batching": {"max_bytes": 999}},
        "The setting batching.max_bytes is wrong: must be from 1000 to 10000000.",
    ),
    (
        {"batching": {"max_bytes": 10_000_001}},
        "The setting batching.max_bytes is wrong: must be from 1000 to 10000000.",
    ),
    (
        {"batching": {"max_age_seconds": 0}},
        "The setting batching.max_age_seconds is wrong: must be more than 0 and at most 600.",
    ),
    (
        {"batching": {"max_age_seconds": 601}},
        "The setting batching.max_age_seconds is wrong: must be more than 0 and at most 600.",
    ),
    ({"batching": {CANARY: 1}}, "There is no setting batching.*. Remove it, or correct its name."),
    (
        {"delivery": {"max_in_flight": 0}},
        "The setting delivery.max_in_flight is wrong: must be from 1 to 64.",
    ),
    (
        {"delivery": {"max_in_flight": 65}},
        "The setting delivery.max_in_flight is wrong: must be from 1 to 64.",
    ),
    (
        {"delivery": {"retry_seconds": -1}},
        "The setting delivery.retry_seconds is wrong: must be from 0 to 86400.",
    ),
    (
        {"delivery": {"retry_seconds": 86_401}},
        "The setting delivery.retry_seconds is wrong: must be from 0 to 86400.",
    ),
    ({"delivery": {CANARY: 1}}, "There is no setting delivery.*. Remove it, or correct its name."),
    (
        {"delivery": {"max_profiles": 1}},
        "There is no setting delivery.max_profiles: did you mean batching.max_profiles?",
    ),
    (
        {"matching": {"mode": "custm", "field_name": CANARY}},
        f"The setting matching is wrong: mode must be one of {MODES} (did you mean custom?).",
    ),
    (
        {"object_storage_config": CANARY},
        "The setting object_storage_config is wrong: must be object, not string.",
    ),
    (
        {"object_storage_config": {"storage_type": CANARY}},
        "The setting object_storage_config is wrong: storage_type must be one of None, Local, S3.",
    ),
    (
        {"object_storage_config": {"storage_type": "Local"}},
        "The setting object_storage_config is wrong: path must be there.",
    ),
    (
        {"object_storage_config": {"storage_type": "Local", "path": ""}},
        "The setting object_storage_config.path is wrong: must not be empty.",
    ),
    (
        {"object_storage_config": {"storage_type": "None", "path": CANARY}},
        "There is no setting object_storage_config.path where None is chosen. Remove it.",
    ),
    ({"skp_triggers": CANARY}, "There is no setting skp_triggers: did you mean skip_triggers?"),
    (
        {"memory": {"name": f"-{CANARY}"}},
        "The setting memory.name is wrong: must be at most 64 letters (A to Z, a to z), digits, _, "
        ". and -, and begin with a letter or a digit.",
    ),
    (
        {"memory": {"name": "crm"}},
        "The setting memory needs a place to keep it: set object_storage_config to a local folder "
        "or to S3.",
    ),
    (
        {"outcomes": {}},
        "The setting outcomes needs a place to keep them: set object_storage_config to a local "
        "folder or to S3.",
    ),
    (
        {"outcomes": {"keep_days": 0}},
        "The setting outcomes.keep_days is wrong: must be from 1 to 3650.",
    ),
    ({"wire": CANARY}, "There is no setting wire. Remove it, or correct its name."),
    ({CANARY: 1}, "There is no setting *. Remove it, or correct its name."),
    (
        {"stream": 1, "max_profiles": 5},
        "(1) There is no setting stream: did you mean streams? "
        "(2) There is no setting max_profiles: did you mean batching.max_profiles?",
    ),
]

CELLS = [
    (
        {"type": "date", "formats": ["%Y"]},
        "has a format that is not one of a whole date, such as %d.%m.%Y",
    ),
    (
        {"type": "date", "formats": [f"%Y {CANARY}"]},
        "has a format that is not one of a whole date, such as %d.%m.%Y",
    ),
    *(
        (
            {"type": "date", "formats": [form]},
            "has a format that is not one of a whole date, such as %d.%m.%Y",
        )
        for form in ("%m/%Y", "%d.%m.", "%Y%Y-%m-%d", "%d.%m.%Q", "d.m.Y", "%H:%M", "%S", "%ms%s")
    ),
    ({"formats": ["%d.%m.%Y"]}, "has formats, which needs the type date or datetime"),
    ({"decimal": ",", "type": "string"}, "has decimal, which needs the type float or int"),
    ({"separator": ";"}, "has separator, which needs the type tags"),
    ({"region": "DE", "type": "string"}, "has region, which needs the type phone"),
    ({"region": CANARY, "type": "phone"}, "has a region that is not known; it is one such as DE"),
    ({"code_without_plus": True}, "has code_without_plus, which needs the type phone"),
    (
        {"code_without_plus": True, "type": "phone"},
        "has code_without_plus, which needs a region",
    ),
]
UNREADABLE = [
    ({"type": "int", "default": CANARY}, "the default of the field to cannot be read as int"),
    (
        {"type": "date", "values": [{"from": "a", "to": CANARY}]},
        "the value of the field to cannot be read as date",
    ),
    (
        {"value": 5, "default": "x", "from": None},
        "the field to is a constant, which default has no part in",
    ),
    (
        {"value": "x", "clean": ["trim"], "from": None},
        "the field to is a constant, which clean has no part in",
    ),
]


def of_a_field(settings: dict[str, Any]) -> list[dict[str, Any]]:
    field = {"to": "to", "from": "from", **settings}
    return users({name: value for name, value in field.items() if value is not None})


WRONG_STREAMS: list[tuple[Any, str]] = [
    *(
        (of_a_field(settings), f"The stream users is configured wrongly: the field to {slip}.")
        for settings, slip in CELLS
    ),
    *(
        (of_a_field(settings), f"The stream users is configured wrongly: {slip}.")
        for settings, slip in UNREADABLE
    ),
    (CANARY, "The setting streams is wrong: must be array, not string."),
    ([CANARY], "The setting streams[0] is wrong: must be object, not string."),
    ([{}], "The setting streams[0] is wrong: name must be there."),
    ([{"name": ""}], "The setting streams[0].name is wrong: must not be empty."),
    (users(nam=CANARY), "There is no setting streams[0].nam: did you mean name?"),
    (users(namespace=5), "The setting streams[0].namespace is wrong: must be string, not integer."),
    (users(db_id=0), "The setting streams[0].db_id is wrong: must be 1 or more."),
    (users(fields=[]), "The setting streams[0].fields is wrong: must not be empty."),
    (users({"from": "id"}), "The setting streams[0].fields[0] is wrong: to must be there."),
    (
        users({"to": "", "from": "id"}),
        "The setting streams[0].fields[0].to is wrong: must not be empty.",
    ),
    (
        users({"to": "a", "from": ""}),
        "The setting streams[0].fields[0].from is wrong: must not be empty.",
    ),
    (
        users({"to": "a", "form": CANARY}),
        "There is no setting streams[0].fields[0].form: did you mean from?",
    ),
    (
        users({"to": "a", "from": "id"}, {"to": "b", "value": None}),
        (
            "The stream users is configured wrongly: the field b needs one of a column "
            "(from), several (columns) and a constant (value)."
        ),
    ),
    (
        users({"to": "a", "from": "id", "type": CANARY}),
        (
            "The setting streams[0].fields[0].type is wrong: must be one of string, int, "
            "float, boolean, date, datetime, tags, phone, email, sha256."
        ),
    ),
    (
        users({"to": "a"}),
        (
            "The stream users is configured wrongly: the field a needs one of a column "
            "(from), several (columns) and a constant (value)."
        ),
    ),
    (
        users({"to": "a", "value": CANARY, "type": "int"}),
        (
            "The stream users is configured wrongly: the constant of the "
            "field a cannot be read as int."
        ),
    ),
    (
        users({"to": "a", "from": "id", "value": CANARY}),
        (
            "The stream users is configured wrongly: the field a needs one of a column "
            "(from), several (columns) and a constant (value)."
        ),
    ),
    (
        users({"to": "a", "from": "b"}, {"to": "a", "value": CANARY}),
        "The stream users is configured wrongly: two fields are sent to a.",
    ),
    (
        users(*({"to": to, "from": "c"} for to in ("b", "a", "c", "a", "b"))),
        "The stream users is configured wrongly: two fields are sent to a, b.",
    ),
    ([*users(), *users()], "The setting streams has two entries for users."),
    (
        [*users(namespace="b"), *users(), *users(namespace="b")],
        "The setting streams has two entries for users.",
    ),
    (
        users(matching={"mode": CANARY}),
        f"The setting streams[0].matching is wrong: mode must be one of {MODES}.",
    ),
]

ODD_VALUES = st.recursive(
    st.just(CANARY), lambda each: st.lists(each) | st.dictionaries(st.just(CANARY), each)
)
NO_URL = [
    "",
    "example.com",
    "ftp://example.com",
    f"https://{CANARY}@example.com",
    "https://example.com/path?x=1",
    "https://example.com/../path",
    "https://example.com/a//b",
    "https://example.com\\@127.0.0.1",
    "http://example.com\\@127.0.0.1",
    "https://example.com#x",
    "https://example.com:",
    "https://-a.example",
    "https://a..b",
    "https://",
    "https:// a",
]
NOT_LOOPBACK = [
    "example.com",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "0.0.0.0",
    "10.0.0.1",
    "[::2]",
    "128.0.0.1",
    "127",
]
LOOPBACK = [
    "localhost",
    "LOCALHOST:8080",
    "127.0.0.1",
    "127.0.0.1:8000",
    "127.8.9.1",
    "[::1]",
    "[::1]:8000",
    "localhost/",
]
NO_HOST = ["https://[::1", "https://[example]", "https://exam\u2100ple.com"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [*WRONG, *(({"streams": streams}, sentence) for streams, sentence in WRONG_STREAMS)],
)
def test_wrong_setting_has_its_sentence(changed: dict[str, Any], sentence: str) -> None:
    assert wrong(**changed) == sentence


@pytest.mark.parametrize(
    "changed", [each for each, _ in WRONG] + [{"streams": each} for each, _ in WRONG_STREAMS]
)
def test_sentence_holds_no_token_or_value(changed: dict[str, Any]) -> None:
    message = wrong(**changed)
    assert not any(secret in message for secret in (TOKEN, CANARY, "731946250817"))


@pytest.mark.parametrize(
    ("given_names", "sentence"),
    [
        ((), "The configuration is wrong: api_url and token and db_id must be there."),
        (("api_url", "db_id"), "The configuration is wrong: token must be there."),
        (("token", "db_id"), "The configuration is wrong: api_url must be there."),
        (("api_url", "token"), "The configuration is wrong: db_id must be there."),
    ],
)
def test_missing_settings_are_named(given_names: tuple[str, ...], sentence: str) -> None:
    assert refusal({name: LEAST[name] for name in given_names}).message == sentence


@pytest.mark.parametrize(
    "mode", [name for name, mode in service().matching_modes.items() if mode.required]
)
@pytest.mark.parametrize("place", ["matching", "streams[0].matching"])
def test_mode_without_its_field_names_it(mode: str, place: str) -> None:
    changed: dict[str, Any] = (
        {"matching": {"mode": mode}}
        if place == "matching"
        else {"streams": users(matching={"mode": mode})}
    )
    assert wrong(**changed) == f"The setting {place} is wrong: field_name must be there."


@pytest.mark.parametrize(
    "mode", [name for name, mode in service().matching_modes.items() if mode.required]
)
def test_mode_with_empty_field_names_it(mode: str) -> None:
    assert wrong(matching={"mode": mode, "field_name": ""}).startswith(
        "The setting matching.field_name is wrong: "
    )


@pytest.mark.parametrize("host", NOT_LOOPBACK)
def test_plain_http_stays_on_this_machine(host: str) -> None:
    assert wrong(api_url=f"http://{host}") == PLAIN_HTTP


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_address_may_be_plain_http(host: str) -> None:
    assert config(api_url=f"http://{host}").api_url == f"http://{host}".rstrip("/").lower()


@pytest.mark.parametrize("url", NO_URL)
def test_url_is_a_scheme_and_host(url: str) -> None:
    message = wrong(api_url=url)
    assert message == f"The setting api_url is wrong: must be {WANTED}."


@pytest.mark.parametrize("url", NO_HOST)
def test_url_without_a_host_is_refused(url: str) -> None:
    assert wrong(api_url=url).startswith(("The setting api_url is wrong", "The API URL "))


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://example.com/", "https://example.com"),
        ("https://example.com//", "https://example.com"),
        ("HTTPS://Example.com", "https://example.com"),
        ("https://example.com:8443/A/b.c/", "https://example.com:8443/A/b.c"),
        ("https://[2001:DB8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("http://127.0.0.1:80/altcraft/", "http://127.0.0.1:80/altcraft"),
    ],
)
def test_path_of_the_url_is_a_prefix(url: str, taken: str) -> None:
    assert config(api_url=url).api_url == taken


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_port_of_the_url_is_one(port: str) -> None:
    assert wrong(api_url=f"https://example.com:{port}") == (
        "The setting api_url is wrong: its port must be from 1 to 65535."
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\t", " "])
def test_url_ends_with_its_host(end: str) -> None:
    assert wrong(api_url=f"https://example.com{end}").startswith("The setting api_url is wrong: ")


@pytest.mark.parametrize(
    "streams",
    [
        users({"to": "a"}),
        users({"to": "a", "from": "b", "value": 1}),
        users({"to": "a", "from": "b"}, {"to": "a", "from": "c"}),
    ],
)
def test_error_of_a_stream_carries_it(streams: list[dict[str, Any]]) -> None:
    assert refusal({**LEAST, "streams": streams}).stream == "users"


@given(st.sampled_from(sorted(SCHEMA["properties"])), ODD_VALUES)
@settings(max_examples=100)
def test_no_value_is_ever_told(name: str, value: Any) -> None:
    assert CANARY not in said(**{name: value})


def test_all_is_told_at_once() -> None:
    assert wrong(
        db_id="1",
        api_url="http://example.com",
        time_zone=CANARY,
        delivery={"wire_format": "xml", "max_in_fligth": 1},
        null_values="send",
        streams=[
            *users({"to": "a"}, {"to": "b"}),
            {"name": "orders", "subscriptions": [{"channel": "push"}]},
        ],
        object_storage_config={"storage_type": "S3", "s3_endpoint": "x"},
    ) == (
        "(1) The setting db_id is wrong: must be integer, not string. "
        "(2) The setting streams[1].subscriptions[0] is wrong: resource_id and address_from must "
        "be there. "
        "(3) There is no setting delivery.max_in_fligth: did you mean max_in_flight? "
        "(4) The setting object_storage_config is wrong: s3_bucket_name and s3_bucket_region and "
        "bucket_path must be there. "
        f"(5) {PLAIN_HTTP} "
        "(6) The setting time_zone is not a known time zone. Give a name such as Europe/Berlin, or "
        "UTC. "
        "(7) The stream users is configured wrongly: the field a needs one of a column (from), "
        "several (columns) and a constant (value); the field b needs one of a column (from), "
        "several (columns) and a constant (value)."
    )


def test_of_very_many_faults_the_first_are_told() -> None:
    streams = [{"name": f"s{number}", "fields": [{"to": "a"}]} for number in range(103)]
    told = wrong(streams=streams)
    assert [f"({number}) " in told for number in (1, 100, 101)] == [True, True, False]
    assert told.endswith(" There are 3 more of them.")


@pytest.mark.parametrize("endpoint", ["x", "https://", "https://a\\@b"])
def test_endpoint_is_an_address(endpoint: str) -> None:
    assert wrong(object_storage_config={**S3, "s3_endpoint": endpoint}) == (
        f"The setting object_storage_config.s3_endpoint is wrong: must be {WANTED}."
    )


def test_endpoint_is_not_plain_http() -> None:
    assert wrong(object_storage_config={**S3, "s3_endpoint": "http://minio:9000"}).startswith(
        "The S3 endpoint must begin with https, because personal data travels to it."
    )


# What is right


def test_whole_numbers_have_no_decimals_at_any_depth() -> None:
    field = {"to": "points", "value": 1.0}
    entry = {"channel": "sms", "resource_id": 28.0, "address_from": "p", "fields": [field]}
    made = config(
        db_id=1.0,
        matching={"mode": "email", "resource_id": 3.0},
        streams=[
            {
                "name": "users",
                "db_id": 2.0,
                "fields": [{"to": "email", "from": "e"}, field],
                "subscriptions": [{**entry, "status": 1.0, "priority": -1.0}],
            }
        ],
        batching={"max_profiles": 500.0},
        delivery={"retry_seconds": 60.0, "max_in_flight": 2.0},
        max_rejected=9.0,
    )
    (stream,) = made.streams
    (subscription,) = stream.subscriptions
    target, constant = stream.target, (stream.fields or ())[1].value
    assert target is not None and isinstance(made.retry_seconds, int)
    numbers = [
        made.target.db_id,
        made.target.matching.given["resource_id"],
        target.db_id,
        constant,
        subscription.resource_id,
        *(each.value for each in (*subscription.parts, *subscription.custom_fields)),
        made.max_profiles,
        made.max_in_flight,
        made.max_rejected,
    ]
    assert repr(numbers) == "[1, 3, 2, 1, 28, 1, -1, 1, 500, 2, 9]"


@pytest.mark.parametrize("value", [1.5, -0.25, 1e300, 2.0**54])
def test_other_numbers_stay_as_they_are(value: float) -> None:
    (stream,) = config(
        streams=users({"to": "email", "from": "e"}, {"to": "a", "value": value})
    ).streams
    found = (stream.fields or ())[1].value
    assert (type(found), found) == (float, value)


@pytest.mark.parametrize(
    ("given", "setting", "wanted"),
    [
        ({"db_id": 1.5}, "db_id", "must be integer, not number"),
        ({"max_rejected": 9.5}, "max_rejected", "must be integer, not number"),
        (
            {
                "streams": [
                    {
                        "name": "users",
                        "subscriptions": [
                            {"channel": "sms", "resource_id": 28.5, "address_from": "p"}
                        ],
                    }
                ]
            },
            "streams[0].subscriptions[0].resource_id",
            "must be integer, not number",
        ),
    ],
)
def test_number_that_must_be_whole_is_refused(given: Any, setting: str, wanted: str) -> None:
    assert wrong(**given) == f"The setting {setting} is wrong: {wanted}."


@pytest.mark.parametrize("status", [1.5, 9.0])
def test_status_that_is_no_number_of_the_service_is_refused(status: float) -> None:
    entry = {"channel": "sms", "resource_id": 3, "address_from": "p", "status": status}
    assert "status" in wrong(streams=[{"name": "users", "subscriptions": [entry]}])


def test_null_counts_as_left_out() -> None:
    nothing = dict.fromkeys([*SCHEMA["properties"], "matching"])
    assert repr(config(**{**nothing, **LEAST})) == repr(config())
    matched = {"mode": "custom", "field_name": "crm_id", "resource_id": None}
    streams = users({"to": "crm_id", "from": "id", "type": None}, namespace=None, matching=None)
    assert repr(config(matching=matched, streams=streams)) == repr(
        config(matching=CUSTOM, streams=users({"to": "crm_id", "from": "id"}))
    )


@pytest.mark.parametrize(
    ("changed", "reachable"),
    [
        ({}, True),
        ({"time_zone": CANARY}, True),
        ({"streams": users(nam=CANARY)}, True),
        ({"matching": CANARY}, True),
        ({"token": None}, False),
        ({"db_id": CANARY}, False),
        ({"api_url": "http://example.com"}, False),
        ({"api_url": CANARY}, False),
    ],
)
def test_service_can_be_asked_in_spite_of_slips(changed: dict[str, Any], reachable: bool) -> None:
    assert read({**LEAST, **changed}, SCHEMA, service()).reachable is reachable


def test_streams_are_looked_at_where_matching_is_wrong() -> None:
    reading = read({**LEAST, "matching": 5, "streams": users({"to": "a"})}, SCHEMA, service())
    assert [each.stream for each in reading.errors] == [None, "users"]
    assert reading.config.streams == ()


def test_right_streams_outlive_wrong_ones() -> None:
    streams = [*users(nam=1), {"name": "orders"}, {"name": "a", "fields": [{"to": "b"}]}]
    made = read({**LEAST, "streams": streams}, SCHEMA, service()).config
    assert [each.name for each in made.streams] == ["orders"]


def test_defaults_are_those_of_the_service() -> None:
    made = config()
    assert (
        (made.max_profiles, made.max_bytes)
        == (service().max_profiles, service().max_bytes)
        == (10_000, 10_000_000)
    )
    assert (made.max_age_seconds, made.max_in_flight, made.retry_seconds) == (60.0, 8, 900.0)
    assert (made.null_values, made.options, made.streams) == ("omit", {}, ())
    assert (made.target, made.storage) == (Target(7, matching("email")), NoStorage())


S3 = {
    "storage_type": "S3",
    "s3_bucket_name": "bucket",
    "s3_bucket_region": "us-east-1",
    "bucket_path": "/set/aside/",
    "access_key_id": f"id-{CANARY}",
    "secret_access_key": f"secret-{CANARY}",
}


def test_bucket_is_typed_and_shows_no_secret() -> None:
    made = config(object_storage_config=S3)
    assert isinstance(made.storage, S3Storage) and CANARY not in repr(made)
    assert (made.storage.bucket, made.storage.region) == ("bucket", "us-east-1")
    keys = (made.storage.access_key_id, made.storage.secret_access_key)
    assert [each and each.reveal() for each in keys] == [f"id-{CANARY}", f"secret-{CANARY}"]


@pytest.mark.parametrize("empty", ["access_key_id", "secret_access_key"])
def test_one_key_alone_is_wrong(empty: str) -> None:
    needed = "needs both the access key id and its secret, or neither"
    assert needed in wrong(object_storage_config={**S3, empty: ""})


def test_bucket_without_keys_is_that_of_the_machine() -> None:
    made = config(object_storage_config={**S3, "access_key_id": "", "secret_access_key": ""})
    assert made.storage == S3Storage("bucket", "us-east-1", "/set/aside/")


def test_service_with_lower_limits_is_obeyed() -> None:
    smaller = dataclasses.replace(service(), max_profiles=5, max_bytes=5000)
    made = parse(LEAST, SCHEMA, smaller)
    assert (made.max_profiles, made.max_bytes) == (5, 5000)


def test_all_that_is_set_is_kept() -> None:
    made = config(
        null_values="unset",
        batching={"max_profiles": 5, "max_bytes": 2000, "max_age_seconds": 0.5},
        delivery={"max_in_flight": 3, "retry_seconds": 0},
        object_storage_config={"storage_type": "Local", "path": "rejected"},
    )
    assert (made.null_values, made.storage) == ("unset", LocalStorage("rejected"))
    assert (made.max_profiles, made.max_bytes, made.max_age_seconds) == (5, 2000, 0.5)
    assert (made.max_in_flight, made.retry_seconds) == (3, 0)


@pytest.mark.parametrize("empty", [{"streams": []}, {"batching": {}}, {"delivery": {}}])
def test_empty_group_is_as_none(empty: dict[str, Any]) -> None:
    assert repr(config(**empty)) == repr(config())


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({"skip_triggers": True}, {"skip_triggers": True}),
        ({"skip_triggers": False}, {}),
        (
            {"skip_triggers": True, "skip_invalid_subscriptions": True},
            {"skip_triggers": True, "skip_invalid_subscriptions": True},
        ),
    ],
)
def test_options_are_those_switched_on(changed: dict[str, bool], options: dict[str, bool]) -> None:
    assert config(**changed).options == options


@pytest.mark.parametrize("mode", list(service().matching_modes))
def test_every_mode_can_be_chosen(mode: str) -> None:
    chosen = service().matching_modes[mode]
    made = config(matching={"mode": mode, **({"field_name": "crm_id"} if chosen.required else {})})
    assert made.target == Target(
        7, Matching(chosen, {"field_name": "crm_id"} if chosen.required else {})
    )


def test_stream_may_have_its_own_target() -> None:
    made = config(
        streams=[
            *users(db_id=8, matching=CUSTOM),
            {"name": "orders", "db_id": 9},
            {"name": "plain"},
        ]
    )
    assert [each.target for each in made.streams] == [
        Target(8, matching("custom", field_name="crm_id")),
        Target(9, matching("email")),
        Target(7, matching("email")),
    ]


def test_fields_are_columns_or_constants() -> None:
    made = config(
        streams=users(
            {"to": "id", "from": "a.b", "type": "int"},
            {"to": "zero", "value": 0},
            {"to": "no", "value": False},
        )
    )
    assert made.streams[0].fields == (
        FieldConfig("id", "a.b", None, "int"),
        FieldConfig("zero", None, 0),
        FieldConfig("no", None, False),
    )


@pytest.mark.parametrize(("namespace", "db_id"), [("crm", 9), ("other", 8), (None, 8)])
def test_entry_of_the_namespace_comes_first(namespace: str | None, db_id: int) -> None:
    made = config(streams=[*users(db_id=8), *users(namespace="crm", db_id=9)])
    assert made.stream("users", namespace).target == Target(db_id, matching("email"))


@pytest.mark.parametrize("namespace", [None, "other"])
def test_stream_without_an_entry_is_plain(namespace: str | None) -> None:
    made = config(streams=users(namespace="crm", db_id=9))
    assert made.stream("users", namespace) == StreamConfig("users")
    assert made.stream("orders", "crm") == StreamConfig("orders")


def test_databases_are_each_named_once() -> None:
    made = config(
        streams=[
            *users(db_id=8),
            {"name": "a", "db_id": 7},
            {"name": "b", "db_id": 8},
            {"name": "c", "db_id": 9},
        ]
    )
    assert [each.db_id for each in made.targets()] == [7, 8, 9]


def test_field_names_are_those_given() -> None:
    fields = [{"to": "_fname", "from": "secret_column"}, {"to": "source", "value": CANARY}]
    made = config(matching={"mode": "phone"}, streams=users(*fields, matching=CUSTOM))
    assert made.field_names() == {"_fname", "source", "phone", "phones", "crm_id"}


@pytest.mark.parametrize("name", ["_airbyte_meta", "__injected_declarative_manifest"])
def test_platforms_own_settings_are_ignored(name: str) -> None:
    assert repr(config(**{name: CANARY})) == repr(config())


def test_config_cannot_be_changed_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().max_profiles = 1  # type: ignore[misc]


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__])
def test_token_shows_as_stars(show: Any) -> None:
    assert TOKEN not in show(config()) and "****" in show(config())
    assert show(Secret(TOKEN)) == "****"


def test_token_is_revealed_on_request() -> None:
    assert config().token.reveal() == TOKEN


def test_configuration_itself_is_left_alone() -> None:
    raw = {**LEAST, "streams": users({"to": "a", "from": "b"}), "batching": {"max_profiles": 5}}
    parse(raw, SCHEMA, service())
    assert raw == {
        **LEAST,
        "streams": users({"to": "a", "from": "b"}),
        "batching": {"max_profiles": 5},
    }


# Subscriptions

KEPT = StatusRule(keeps_null=True)
KEEP = {"status_if_null": "keep"}
SMS = {"channel": "sms", "resource_id": 3, "address_from": "tel", **KEEP}
PUSH = {"channel": "push", "resource_id": 3, "address_from": "device", **KEEP}


def subscribed(**subscription: Any) -> list[dict[str, Any]]:
    return [{"name": "users", "subscriptions": [subscription]}]


SUBSCRIPTIONS = [
    (SMS, SubscriptionConfig("sms", 3, (FieldConfig("phone", "tel", type="string"),), status=KEPT)),
    (
        {
            "channel": "email",
            "resource_id": 3,
            "address_from": "mail",
            "address_to": "email_data.email",
            "status": "subscribed",
        },
        SubscriptionConfig(
            "email",
            3,
            (FieldConfig("email_data.email", "mail", type="email"),),
            (FieldConfig("status", value="subscribed"),),
        ),
    ),
    (
        {"channel": "telegram_bot", "resource_id": 3, "address_from": "c", **KEEP},
        SubscriptionConfig("telegram_bot", 3, (FieldConfig("cc_data.id", "c"),), status=KEPT),
    ),
    (
        {**PUSH, "provider": "Firefox", "priority": 0, "cats_from": "c"},
        SubscriptionConfig(
            "push",
            3,
            (
                FieldConfig("subscription_id", "device", type="string"),
                FieldConfig("provider", value="Firefox"),
            ),
            (FieldConfig("priority", value=0), FieldConfig("cats", "c", type="tags")),
            status=KEPT,
        ),
    ),
    (
        {
            **PUSH,
            "provider_from": "p",
            "status_from": "s",
            "fields": [{"to": "source", "value": "w"}, {"to": "n", "from": "m", "type": "int"}],
        },
        SubscriptionConfig(
            "push",
            3,
            (
                FieldConfig("subscription_id", "device", type="string"),
                FieldConfig("provider", "p", type="string"),
            ),
            (FieldConfig("status", "s", type="status"),),
            (FieldConfig("source", value="w"), FieldConfig("n", "m", type="int")),
            KEPT,
        ),
    ),
]

WRONG_SUBSCRIPTIONS = [
    (
        {**SMS, "address_to": "phones"},
        "address_to of a subscription to sms of resource 3 must be one of phone",
    ),
    (
        {"channel": "email", "resource_id": 3, "address_from": "m", "address_to": CANARY},
        "address_to of a subscription to email of resource 3 must be one of email, "
        "email_data.email",
    ),
    (PUSH, "a subscription to push of resource 3 needs provider or provider_from"),
    ({**SMS, "provider": CANARY}, "a subscription to sms of resource 3 has no provider"),
    (
        {**PUSH, "provider": CANARY, "provider_from": "p"},
        "a subscription to push of resource 3 has both provider and provider_from",
    ),
    (
        {**SMS, "status": 0, "status_from": "s"},
        "a subscription to sms of resource 3 has both status and status_from",
    ),
    (
        {**SMS, "status": 7},
        (
            "a subscription to sms of resource 3 has a status that is wrong: does not satisfy "
            "maximum: 6 or must be one of subscribed, unsubscribed,"
        ),
    ),
    (
        {**SMS, "status": CANARY},
        (
            "a subscription to sms of resource 3 has a status that is wrong: must be integer or "
            "one of subscribed, unsubscribed,"
        ),
    ),
    (
        {**SMS, "fields": [{"to": "a"}]},
        "the field a needs one of a column (from), several (columns) and a constant (value)",
    ),
    (
        {**SMS, "fields": [{"to": "a", "value": 1}, {"to": "a", "value": 2}]},
        "two fields are sent to a",
    ),
]


BARE = {name: value for name, value in SMS.items() if name not in KEEP}
TOLD = {**BARE, "status_from": "news"}
YES = {"from": "1", "to": "subscribed"}
RULES = [
    (TOLD, StatusRule()),
    ({**TOLD, "status_if_null": "leave_out", "status_codes": False}, StatusRule()),
    ({**TOLD, "status_codes": True}, StatusRule(codes=True)),
    ({**TOLD, "status_values": [YES]}, StatusRule((("1", "subscribed"),))),
    ({**TOLD, "only_opt_out": True}, StatusRule(only_opt_out=True)),
    ({**BARE, "status": 1, "only_opt_out": True}, StatusRule(only_opt_out=True)),
    ({**SMS, "status": -1}, KEPT),
]
GUESSES = [
    ({**TOLD, "status_values": [YES], "status_codes": True}, "has both status_values and"),
    ({**SMS, "status_values": [YES]}, "has status_values or status_codes without status_from"),
    ({**BARE, "status": 0, "status_codes": True}, "has status_values or status_codes without"),
    (BARE, "has no status, and the service may subscribe who is sent without one: set status or"),
    ({**BARE, "status": -1}, "has no status, and the service may subscribe who is sent without"),
    ({**TOLD, **KEEP, "only_opt_out": True}, "has only_opt_out, with which none is sent without"),
    ({**BARE, "status": "subscribed", "only_opt_out": True}, "has only_opt_out and a status that"),
    (
        {**BARE, "status": 4, "only_opt_out": True},
        "has only_opt_out and a status that is not an opt-out",
    ),
]


@pytest.mark.parametrize(("raw", "rule"), RULES)
def test_status_is_told_by_a_rule(raw: dict[str, Any], rule: StatusRule) -> None:
    assert config(streams=subscribed(**raw)).streams[0].subscriptions[0].status == rule


@pytest.mark.parametrize(("raw", "sentence"), GUESSES)
def test_consent_is_no_guess(raw: dict[str, Any], sentence: str) -> None:
    told = wrong(streams=subscribed(**raw))
    assert told.startswith(
        f"The stream users is configured wrongly: a subscription to sms of resource 3 {sentence}"
    )


@pytest.mark.parametrize("again", ["1", " 1.0", "1.00"])
def test_value_of_a_status_is_named_once(again: str) -> None:
    pairs = [YES, {"from": again, "to": "unsubscribed"}]
    assert "sms of resource 3 has status_values that name a value twice" in wrong(
        streams=subscribed(**{**TOLD, "status_values": pairs})
    )


@pytest.mark.parametrize(("raw", "expected"), SUBSCRIPTIONS)
def test_subscription_is_a_typed_value(raw: dict[str, Any], expected: SubscriptionConfig) -> None:
    assert config(streams=subscribed(**raw)).streams[0].subscriptions == (expected,)


@pytest.mark.parametrize(("raw", "sentence"), WRONG_SUBSCRIPTIONS)
def test_wrong_subscription_has_its_sentence(raw: dict[str, Any], sentence: str) -> None:
    told = wrong(streams=subscribed(**raw))
    assert (
        told.startswith(f"The stream users is configured wrongly: {sentence}")
        and CANARY not in told
    )


@pytest.mark.parametrize("name", ["channel", "resource_id", "address_from"])
def test_subscription_needs_its_parts(name: str) -> None:
    raw = {key: value for key, value in SMS.items() if key != name}
    assert (
        wrong(streams=subscribed(**raw))
        == f"The setting streams[0].subscriptions[0] is wrong: {name} must be there."
    )


def test_custom_fields_of_subscriptions_may_be_logged() -> None:
    made = config(streams=subscribed(**SMS, fields=[{"to": "origin", "value": CANARY}]))
    assert made.field_names() == {"origin", "email"}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_time_zone_is_one_that_is_known(zone: str) -> None:
    assert str(config(time_zone=zone).zone()) == zone


@pytest.mark.parametrize(
    "zone",
    [
        "",
        "Berlin",
        "Europe/Nowhere",
        "+03:00",
        "../../etc/passwd",
        "/etc/localtime",
        "America",
        "Etc",
        CANARY,
        "x" * 300,
    ],
)
def test_unknown_time_zone_is_told(zone: str) -> None:
    assert wrong(time_zone=zone) == (
        "The setting time_zone is not a known time zone. Give a name such as Europe/Berlin, or UTC."
    )


def test_xml_cannot_send_nulls() -> None:
    assert wrong(delivery={"wire_format": "xml"}, null_values="send").startswith("XML has no null")
    assert config(delivery={"wire_format": "xml"}).wire_format == "xml"


def test_constant_may_be_converted() -> None:
    fields = [
        {"to": "tags", "value": "vip, beta", "type": "tags", "action": "add"},
        {"to": "last_seen", "value": "2024-05-27T12:00:00", "type": "datetime"},
    ]
    made = config(streams=users(*fields), time_zone="Europe/Berlin").streams[0].fields
    assert made == (
        FieldConfig("tags", value=["vip", "beta"], action="add"),
        FieldConfig("last_seen", value="2024-05-27T12:00:00+02:00"),
    )


def test_all_slips_of_streams_are_told_at_once() -> None:
    streams = [
        {"name": "a", "fields": [{"to": "x"}]},
        {"name": "b"},
        {"name": "c", "subscriptions": [PUSH]},
    ]
    told = refusal({**LEAST, "streams": streams})
    assert (told.message.count("is configured wrongly"), told.stream) == (2, "a")


def test_settings_of_a_cell_are_read_once() -> None:
    settings = {
        "type": "date",
        "clean": ["trim"],
        "values": [{"from": "never", "to": "31.12.9999"}],
        "default": "1984-05-27",
        "formats": ["%d.%m.%Y"],
        "on_error": "omit",
    }
    (stream,) = config(streams=of_a_field(settings)).streams
    (field,) = stream.fields or ()
    assert field.cell == Cell(
        ("trim",),
        (("never", "9999-12-31"),),
        "1984-05-27",
        Form(formats=("%d.%m.%Y",)),
        omits=True,
    )


def test_field_without_settings_of_a_cell_is_plain() -> None:
    (stream,) = config(streams=of_a_field({"type": "date"})).streams
    assert [each.cell for each in stream.fields or ()] == [PLAIN]


def of_a_subscription(**settings: Any) -> list[dict[str, Any]]:
    entry = {"channel": "sms", "resource_id": 3, "address_from": "mobile", "status": "subscribed"}
    return [{"name": "users", "subscriptions": [{**entry, **settings}]}]


@pytest.mark.parametrize(
    ("channel", "key"),
    [("sms", "phone"), ("whatsapp", "cc_data.phone"), ("viber", "cc_data.phone")],
)
def test_region_makes_an_address_a_phone_number(channel: str, key: str) -> None:
    (stream,) = config(streams=of_a_subscription(channel=channel, region="DE")).streams
    assert stream.subscriptions[0].address == (
        FieldConfig(key, "mobile", type="phone", cell=Cell(form=Form(region="DE"))),
    )


def test_address_says_how_its_numbers_are_read() -> None:
    settings = {"region": "DE", "code_without_plus": True, "on_error": "omit"}
    (stream,) = config(streams=of_a_subscription(**settings)).streams
    assert [each.cell for each in stream.subscriptions[0].address] == [
        Cell(form=Form(region="DE", code_without_plus=True), omits=True)
    ]


def test_address_without_a_region_goes_as_it_comes() -> None:
    (stream,) = config(streams=of_a_subscription(region=None)).streams
    assert stream.subscriptions[0].address == (FieldConfig("phone", "mobile", type="string"),)


@pytest.mark.parametrize(
    ("settings", "slip"),
    [
        (
            {"region": CANARY},
            "sms of resource 3 has a region that is not known; it is one such as DE",
        ),
        (
            {"region": "DE", "channel": "email"},
            "email of resource 3 has a region, but no phone number for an address",
        ),
        (
            {"region": "DE", "channel": "telegram_bot"},
            "telegram_bot of resource 3 has a region, but no phone number for an address",
        ),
        ({"on_error": "omit"}, "sms of resource 3 has on_error, which needs a region"),
        (
            {"code_without_plus": True},
            "sms of resource 3 has code_without_plus, which needs a region",
        ),
    ],
)
def test_region_that_is_wrong_is_named(settings: dict[str, Any], slip: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config(streams=of_a_subscription(**settings))
    assert raised.value.message == (
        f"The stream users is configured wrongly: a subscription to {slip}."
    )


def test_separator_is_that_of_the_categories() -> None:
    entry = {"channel": "sms", "resource_id": 3, "address_from": "phone", "status": "subscribed"}
    streams = [
        {"name": "users", "subscriptions": [{**entry, "cats_from": "c", "cats_separator": ";"}]}
    ]
    (stream,) = config(streams=streams).streams
    cells = {each.to: each.cell for each in stream.subscriptions[0].parts}
    assert cells["cats"] == Cell(form=Form(separator=";"))


def test_memory_is_kept_where_it_is_asked_for() -> None:
    store = {"object_storage_config": {"storage_type": "Local", "path": "/kept"}}
    assert config(**store).memory is None
    assert config(**store, memory={"name": "crm"}).memory == MemorySetting("crm", True, 30, False)
    retried = {"codes": [404, 404, 409], "max_age_days": 3}
    more = {"name": "c.r-m_1", "skip_unchanged": False, "retry_rejected": retried}
    assert config(**store, memory=more).memory == MemorySetting(
        "c.r-m_1", skip_unchanged=False, retry_rejected=Retried(("404", "409"), 5, 3)
    )


def test_outcomes_are_kept_where_it_is_asked_for() -> None:
    store = {"object_storage_config": {"storage_type": "Local", "path": "/tmp/x"}}
    assert config(**store).outcomes is None
    assert config(**store, outcomes={}).outcomes == Outcomes(False, 90)
    more = {"outcomes": {"values": True, "keep_days": 7}}
    assert config(**store, **more).outcomes == Outcomes(True, 7)
