"""`check` and `discover` over a service that is a function."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from destination_profiles.api.transport import HttpRequest, HttpResponse, NoAnswer
from destination_profiles.commands.check import check, look
from destination_profiles.commands.discover import discover
from destination_profiles.errors import Refused

SEE = "See docs/errors.md#findings-of-check"
CONFIG: dict[str, Any] = {
    "api_url": "https://example.com",
    "token": "token",
    "db_id": 1,
    "matching": {"mode": "custom", "field_name": "crm_id"},
}
FIELDS = [{"name": "crm_id", "type": "string"}, {"name": "plan", "type": "string"}]


class Service:
    """Answers calls by the ends of their paths; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Mapping[str, Any]] = {
            "databases/get/": {"error": 0, "data": {}},
            "databases/fields_get/": {"error": 0, "data": FIELDS},
            "resources/list": {"error": 0, "data": [{"id": 28, "name": "News", "groups": []}]},
            "resources/get": {"error": 0, "data": {"channels": ["email", "push", "pigeon"]}},
        }
        self.asked: list[str] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.url.removeprefix("https://example.com/api/v1.1/"))
        return HttpResponse(200, json.dumps(self.answers[self.asked[-1]]).encode(), {})


def storing(folder: Path) -> dict[str, Any]:
    return CONFIG | {"object_storage_config": {"storage_type": "Local", "path": str(folder)}}


def test_check_succeeds_without_a_word(tmp_path: Path) -> None:
    service = Service()
    assert check(storing(tmp_path), service) == {"status": "SUCCEEDED"}
    assert service.asked == ["databases/get/", "databases/fields_get/"]


def test_what_was_found_right_is_told(tmp_path: Path) -> None:
    assert look(storing(tmp_path), Service()).right == [
        "The configuration has the form of the specification.",
        "The service has database 1, and accepts the token.",
        "Database 1 has the field crm_id, which profiles are found by.",
        "The store of rejected records can be written to.",
    ]


def test_what_is_wrong_is_not_found_right() -> None:
    fields = [{"to": "crm_id", "from": "id"}, {"to": "plam", "from": "plan"}]
    config = CONFIG | {"streams": [{"name": "users", "fields": fields}], "odd": 1}
    assert look(config, Service()).right == [
        "The service has database 1, and accepts the token.",
        "Database 1 has the field crm_id, which profiles are found by.",
    ]
    fields[1]["to"] = "plan"
    assert "Stream users: database 1 has the fields of the mapping." in (
        look(config, Service()).right
    )


def test_check_warns_where_rejected_rows_are_kept_nowhere() -> None:
    status = check(CONFIG, Service())
    assert status["status"] == "SUCCEEDED"
    assert status["message"].startswith("Warning: Rejected records are counted and kept nowhere")


UNSUBSCRIBING = {"on_delete": "unsubscribe"}
NONE_TO_END = (
    "For the stream users on_delete is unsubscribe, but its mapping makes no subscriptions"
)
MAPPED = {"fields": [{"to": "crm_id", "from": "id"}]}
SUBSCRIBED = {"channel": "email", "resource_id": 28, "address_from": "mail", "status": 0}
NEWS = {"name": "news", "subscriptions": [SUBSCRIBED], **MAPPED}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**UNSUBSCRIBING, "streams": [{"name": "users", **MAPPED}]}, NONE_TO_END),
    ({"streams": [{"name": "users", **MAPPED, **UNSUBSCRIBING}, NEWS]}, NONE_TO_END),
    (
        {"token": "a" * 1000, "batching": {"max_bytes": 1000}},
        "The setting batching.max_bytes leaves no room for a profile beside the token and",
    ),
    (
        {"token": "a\u0001b", "delivery": {"wire_format": "xml"}},
        "The setting token holds a character that XML cannot carry. Use delivery.wire_format: json",
    ),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_check_finds_what_a_sync_refuses(
    settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    (problem,) = look(storing(tmp_path) | settings, Service()).problems
    assert problem.startswith(sentence)


@pytest.mark.parametrize(
    "streams",
    [
        [{"name": "users"}],  # a form may map subscriptions
        [{"name": "users", **MAPPED, "on_delete": "skip"}],
        [NEWS],
    ],
)
def test_check_lets_pass_what_a_sync_takes(streams: list[Any], tmp_path: Path) -> None:
    found = look(storing(tmp_path) | UNSUBSCRIBING | {"streams": streams}, Service())
    assert (found.problems, found.warnings) == ([], [])


def test_check_warns_of_what_a_sync_refuses_with_deletions(tmp_path: Path) -> None:
    streams = [NEWS, {"name": "users", **MAPPED}]
    found = look(storing(tmp_path) | UNSUBSCRIBING | {"streams": streams}, Service())
    assert found.problems == []
    assert found.warnings == [
        f"{NONE_TO_END}: a sync is refused where its source tells of deleted rows. Set an "
        "on_delete of its own."
    ]


def test_check_says_all_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = {"storage_type": "Local", "path": str(tmp_path / "file")}
    config = CONFIG | {
        "matching": {"mode": "custom", "field_name": "crm"},
        "object_storage_config": store,
    }
    status = check(config, Service())
    assert status["status"] == "FAILED"
    assert status["message"].startswith("(1) Database 1 has no field crm,")
    assert " (2) The folder of the object storage cannot be" in status["message"]


def test_check_warns_of_what_was_not_told(tmp_path: Path) -> None:
    service = Service()
    service.answers["databases/fields_get/"] = {"error": 0, "data": 5}
    status = check(storing(tmp_path), service)
    assert status["status"] == "SUCCEEDED"
    assert status["message"].startswith("Warning: The fields of database 1 could not be read")


def test_service_is_not_asked_without_its_address() -> None:
    service = Service()
    status = check(CONFIG | {"db_id": "1"}, service)
    assert (status["status"], service.asked) == ("FAILED", [])
    assert status["message"] == f"The setting db_id is wrong: must be integer, not string. {SEE}"


def test_findings_stand_beside_slips() -> None:
    config = CONFIG | {"matching": {"mode": "custom", "field_name": "crm"}, "null_value": "omit"}
    status = check(config, Service())
    assert status["message"] == (
        "(1) There is no setting null_value: did you mean null_values? (2) Database 1 has no field "
        f"crm, which profiles are found by. Is it crm_id? {SEE}"
    )


def test_check_without_a_network_says_why() -> None:
    def nobody(_: HttpRequest) -> HttpResponse:
        raise NoAnswer("the host name is not known", left=False)

    status = check(CONFIG, nobody)
    assert status["status"] == "FAILED"
    assert "cannot be reached: the host name is not known" in status["message"]


def offered(service: Service) -> dict[str, Any]:
    """The schema of the one operation."""
    (operation,) = discover(CONFIG, service)["operations"]
    assert (operation["object_name"], operation["sync_mode"]) == ("profiles", "update")
    assert operation["matching_keys"]
    schema: dict[str, Any] = operation["json_schema"]
    return schema


def test_discover_offers_what_the_database_has() -> None:
    schema = offered(Service())
    assert {"crm_id", "plan", "email", "_ab_cdc_deleted_at"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


def test_discover_offers_the_parts_of_subscriptions() -> None:
    parts = {
        name: schema for name, schema in offered(Service())["properties"].items() if "@" in name
    }
    assert list(parts) == [
        *(f"email@28.{part}" for part in ("status", "priority", "cats", "address")),
        *(f"push@28.{part}" for part in ("status", "priority", "cats", "address", "provider")),
    ]
    status = parts["email@28.status"]
    assert status["title"] == "News, email: status"
    assert status["description"].startswith("One of subscribed, unsubscribed, complained, ")
    assert [parts[f"email@28.{part}"]["type"] for part in ("priority", "cats")] == [
        "integer",
        "array",
    ]


def test_resources_are_read_page_by_page() -> None:
    pages = [
        {"error": 0, "data": [{"id": 3, "name": "A"}], "next_from_id": 28},
        {"error": 0, "data": [{"id": 28, "name": "B"}], "next_from_id": 0},
    ]

    class Paged(Service):
        def __call__(self, request: HttpRequest) -> HttpResponse:
            if request.url.endswith("resources/list"):
                self.answers["resources/list"] = pages.pop(0)
            return super().__call__(request)

    names = offered(Paged())["properties"]
    assert pages == []
    assert "email@3.status" in names and "email@28.status" in names


@pytest.mark.parametrize("next_from_id", [1, -5, None])
def test_pages_of_resources_come_to_an_end(next_from_id: int | None) -> None:
    service = Service()
    page = {"error": 0, "data": [{"id": 1, "name": "A"}], "next_from_id": next_from_id}
    service.answers["resources/list"] = page
    assert "email@1.status" in offered(service)["properties"]
    assert service.asked.count("resources/list") == 1


def test_discover_does_without_resources(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    service.answers["resources/list"] = {"error": 403}
    schema = offered(service)
    assert not [name for name in schema["properties"] if "@" in name]
    assert schema["additionalProperties"] is True
    (line,) = caplog.messages
    assert line.startswith("The resources could not be read, so no parts of subscriptions are ")


def test_discover_needs_the_token() -> None:
    service = Service()
    service.answers["databases/get/"] = {"error": 401}
    with pytest.raises(Refused):
        discover(CONFIG, service)
