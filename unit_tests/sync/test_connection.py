"""What streams of data activation are mapped to, asked of a service that is a function."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from destination_profiles.api.transport import HttpRequest, HttpResponse, NoAnswer
from destination_profiles.errors import ConfigError, Refused
from destination_profiles.sync.connection import read_connection

CONFIG: dict[str, Any] = {
    "api_url": "https://example.com",
    "token": "token",
    "db_id": 1,
    "matching": {"mode": "custom", "field_name": "crm_id"},
}
ANSWERS: Mapping[str, Any] = {
    "databases/get/": {"id": 1},
    "databases/fields_get/": [{"name": name, "type": "int"} for name in ("crm_id", "points")],
    "resources/get": {"channels": ["email"]},
}


class Service:
    """Answers calls by the ends of their paths; remembers what was asked."""

    def __init__(self, **codes: int) -> None:
        self.asked: list[str] = []
        self._codes = codes

    def __call__(self, request: HttpRequest) -> HttpResponse:
        call = request.url.removeprefix("https://example.com/api/v1.1/")
        self.asked.append(call)
        answer = {"error": self._codes.get(call.split("/")[1], 0), "data": ANSWERS[call]}
        return HttpResponse(200, json.dumps(answer).encode(), {})


def stream(*columns: str, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in columns}}
    return {
        "stream": {"name": more.pop("name", "users"), "json_schema": schema},
        "destination_sync_mode": "update",
        "destination_object_name": "profiles",
        "primary_key": [["crm_id"]],
        **more,
    }


def problems(service: Service, *streams: Any, **settings: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        read_connection(CONFIG | settings, {"streams": streams}, asks=True, transport=service)
    return raised.value.message


def test_all_problems_are_told_at_once() -> None:
    service = Service()
    told = problems(
        service,
        stream("crm_id", "pionts"),
        stream("crm_id", name="a", destination_object_name="orders"),
        stream("crm_id", name="b", primary_key=[["x"], ["y"]]),
        stream("crm_id", "email", "sms@28.status", "sms@28.address", name="c"),
        stream("crm_id", "email@28.cats", name="d"),
        stream("points", name="e"),
    )
    assert told == (
        "(1) The stream d is mapped to parts of subscriptions that cannot be sent so: "
        "email@28.address must be mapped too; email@28.status must be mapped too, as who is sent "
        "without a status may be subscribed by it. "
        "(2) The stream a is mapped to orders, which this destination does not have. Choose "
        "profiles. "
        "(3) Profiles cannot be found by x and y together. Choose one of the keys that are "
        "offered. "
        "(4) Stream users: database 1 has no field pionts. Is it points? "
        "(5) Stream c: resource 28 has no channel sms. It has: email. "
        "(6) The fields of the stream e hold nothing that profiles are found by. Add crm_id, or "
        "choose another matching."
    )
    assert service.asked.count("databases/fields_get/") == 1


def test_mapping_that_the_service_has_is_taken() -> None:
    catalog = {"streams": [stream("crm_id", "points", "email", "email@28.status")]}
    config, (info,) = read_connection(CONFIG, catalog, asks=True, transport=Service())
    assert [each.to for each in config.stream("users", None).fields or ()] == [
        "crm_id",
        "points",
        "email",
    ]
    assert info.key == ("crm_id",)


def test_chosen_field_that_is_not_there_is_told() -> None:
    told = problems(Service(), stream("crm_di", primary_key=[["crm_di"]]))
    assert told == "Database 1 has no field crm_di, which profiles are found by. Is it crm_id?"


def test_settings_that_nothing_is_sent_by_are_not_looked_at() -> None:
    config = CONFIG | {"matching": {"mode": "custom", "field_name": "gone"}}
    catalog = {"streams": [stream("crm_id")]}
    read_connection(config, catalog, asks=True, transport=Service())


def test_others_are_not_asked_about() -> None:
    service = Service()
    read_connection(
        CONFIG,
        {"streams": [stream("any", destination_object_name=None)]},
        asks=True,
        transport=service,
    )
    read_connection(CONFIG, {"streams": [stream("crm_id", "any")]}, transport=service)
    assert service.asked == []


def test_token_that_only_writes_says_nothing() -> None:
    catalog = {"streams": [stream("crm_id", "any")]}
    read_connection(CONFIG, catalog, asks=True, transport=Service(get=403, fields_get=403))


def test_token_that_is_refused_ends_the_sync() -> None:
    with pytest.raises(Refused):
        read_connection(
            CONFIG, {"streams": [stream("crm_id")]}, asks=True, transport=Service(get=401)
        )


def test_service_that_does_not_answer_is_sent_to_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def nobody(_: HttpRequest) -> HttpResponse:
        raise NoAnswer("the host name is not known", left=False)

    read_connection(CONFIG, {"streams": [stream("crm_id", "any")]}, asks=True, transport=nobody)
    (line,) = caplog.messages
    assert line.startswith("What the streams are mapped to could not be looked at beforehand: ")
