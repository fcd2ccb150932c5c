"""The journey of data activation: what the form offers, what a user maps in it, and what the
platform then sends, over the wire to the service.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from integration_tests.connector import Connector, Said, by, line, record, updates
from profiles_sandbox.testing import ServedSandbox

DELETED = "_ab_cdc_deleted_at"
COLUMNS = {  # of a table as a database source publishes it
    "id": {"type": "number", "airbyte_type": "integer"},
    "mail": {"type": "string"},
    "mobile": {"type": "string"},
    "town": {"type": "string"},
    "news": {"type": "string"},
    "topics": {"type": "string"},
    "texts": {"type": "string"},
    "password": {"type": "string"},
    DELETED: {"type": "string"},
    "_ab_cdc_lsn": {"type": "number"},
}
MAPPED = {
    "id": "Custom_ID",
    "mail": "email",
    "mobile": "phones",
    "town": "_city",
    "news": "email@28.status",
    "topics": "email@28.cats",
    "texts": "sms@3.status",
    DELETED: DELETED,
}


class Form:
    """What the platform does between the source and the destination: it renames the columns that
    are mapped, and removes the others.
    """

    def __init__(self, mapped: Mapping[str, str], key: list[str], mode: str = "update") -> None:
        self.mapped, self.key, self.mode = mapped, key, mode
        self.hashed: list[str] = []

    def stream(self) -> dict[str, Any]:
        """A stream of the configured catalog."""
        properties = {
            to: COLUMNS[name] for name, to in self.mapped.items() if name not in self.hashed
        }
        return {
            "stream": {
                "name": "customers",
                "namespace": "public",
                "json_schema": {"type": "object", "properties": properties},
                "supported_sync_modes": ["full_refresh", "incremental"],
                "source_defined_cursor": True,
                "default_cursor_field": ["_ab_cdc_lsn"],
                "source_defined_primary_key": [["id"]],
                "is_resumable": True,
                "is_file_based": False,
            },
            "sync_mode": "incremental",
            "cursor_field": ["_ab_cdc_lsn"],
            "destination_sync_mode": self.mode,
            "destination_object_name": "profiles",
            "primary_key": [[name] for name in self.key],
            "generation_id": 0,
            "minimum_generation_id": 0,
            "sync_id": 41,
            "include_files": False,
        }

    def row(self, **row: Any) -> bytes:
        """A record. A column that is hashed is removed, as its hash has another name that nothing
        is mapped to.
        """
        data = {
            self.mapped[name]: value
            for name, value in row.items()
            if name in self.mapped and name not in self.hashed
        }
        meta = {"changes": []}
        return record(data, "customers", namespace="public", meta=meta)


def state() -> bytes:
    stream = {
        "stream_descriptor": {"name": "customers", "namespace": "public"},
        "stream_state": {"lsn": 1},
    }
    return line({"type": "STATE", "state": {"type": "STREAM", "stream": stream, "id": 1}})


@pytest.fixture
def customers(sandbox: ServedSandbox) -> list[str]:
    """Their ids in the service, that of Custom_ID 1 first."""
    return sandbox.create(
        *({"Custom_ID": number, "_city": "Rome"} for number in range(1, 8)),
        matching="custom",
        field_name="Custom_ID",
    )


def write(connector: Connector, form: Form, *rows: bytes) -> Said:
    connector.catalog["streams"] = [form.stream()]
    return connector.write(*rows, state())


def operation(connector: Connector) -> dict[str, Any]:
    """What the form offers."""
    (message,) = connector.run("discover").messages
    (found,) = message["destination_catalog"]["operations"]
    return dict(found)


def test_what_is_mapped_in_the_form_arrives(
    connector: Connector, sandbox: ServedSandbox, customers: list[str]
) -> None:
    connector.config["matching"] = {"mode": "email"}  # the form's choice goes first
    offered, form = operation(connector), Form(MAPPED, ["Custom_ID"])
    assert offered["sync_mode"] == form.mode
    assert {*MAPPED.values()} <= offered["json_schema"]["properties"].keys()
    assert form.key in offered["matching_keys"]
    whole = {"mobile": "79000000001", "town": "Oslo", "password": "x", DELETED: None}
    said = write(
        connector,
        form,
        form.row(
            id=1, mail="a@b.c", news="subscribed", topics="x,y", texts="unsubscribed", **whole
        ),
        form.row(id=2, mail="d@e.f", news=None, topics="x", texts="", mobile=None, town=None),
        form.row(id=3, mail=None, news="subscribed", texts="subscribed", town="Bern"),
        form.row(id=4, mail="g@h.i", news="1", town="Kiev"),
        form.row(id=5, mail="j@k.l", news="subscribed", **{**whole, DELETED: "2026-01-01"}),
    )
    assert (said.code, said.stats) == (0, [(4.0, 1.0)])
    first, second, third, fourth, fifth = map(sandbox.profile, customers[:5])
    assert (first["email"], first["phones"], first["_city"]) == ("a@b.c", ["79000000001"], "Oslo")
    assert [
        (each["channel"], each["resource_id"], each["status"], each["cats"])
        for each in first["subscriptions"]
    ] == [("email", 28, 0, ["x", "y"]), ("sms", 3, 1, [])]
    assert (second["email"], second["_city"], second["subscriptions"]) == ("d@e.f", "Rome", [])
    assert (third["_city"], third["subscriptions"]) == ("Bern", [])
    assert (fourth["_city"], fourth["subscriptions"]) == ("Rome", [])  # nobody guesses what 1 means
    assert (fifth["_city"], fifth["subscriptions"]) == ("Rome", [])


def test_deleted_row_unsubscribes_where_that_is_set(
    connector: Connector, sandbox: ServedSandbox, customers: list[str]
) -> None:
    connector.config["on_delete"] = "unsubscribe"
    form = Form(MAPPED, ["Custom_ID"])
    mail = {"mail": "a@b.c", "news": "subscribed"}
    assert write(connector, form, form.row(id=1, **mail)).code == 0
    said = write(connector, form, form.row(id=1, mail="a@b.c", **{DELETED: "2026-01-01"}))
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])
    (subscription,) = sandbox.profile(customers[0])["subscriptions"]
    assert subscription["status"] == 1  # unsubscribed


def test_hash_of_the_form_sends_nothing_of_the_field(
    connector: Connector, sandbox: ServedSandbox, customers: list[str]
) -> None:
    form = Form(MAPPED, ["Custom_ID"])
    form.hashed = ["town"]
    said = write(connector, form, form.row(id=1, mail="a@b.c", town="Oslo"))
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])
    assert sandbox.profile(customers[0])["_city"] == "Rome"


@pytest.mark.parametrize("mode", ["append", "append_dedup", "update"])
def test_connections_made_before_go_on_working(
    connector: Connector, sandbox: ServedSandbox, customers: list[str], mode: str
) -> None:
    connector.config["matching"] = by("Custom_ID")
    form = Form({name: MAPPED[name] for name in ("id", "mail", "town")}, ["Custom_ID"], mode)
    rows = (form.row(id=1, mail="a@b.c", town=town) for town in ("Oslo", "Bern"))
    said = write(connector, form, *rows)
    assert (said.code, said.stats) == (0, [(2.0, 0.0)])
    assert sandbox.profile(customers[0])["_city"] == "Bern"
    assert sum(row["profiles"] for row in updates(sandbox)) == (2 if mode == "append" else 1)


def test_all_that_is_mapped_wrongly_is_told_before_anything_is_sent(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    wrong = {**MAPPED, "town": "_citty", "news": "email@29.status", "topics": "email@29.cats"}
    form = Form(wrong, ["crm"])
    said = write(connector, form, form.row(id=1, mail="a@b.c", town="Oslo"))
    assert (said.code, said.error["failure_type"]) == (1, "config_error")
    assert said.error["message"] == (
        "(1) Database 1 has no field crm, which profiles are found by. Is it crm_id? "
        "(2) The fields of the stream customers hold nothing that profiles are found by. Add crm, "
        "or choose another matching. "
        "(3) Stream customers: database 1 has no field _citty. Is it _city? "
        "(4) Resource 29 is not known to the service (code 404: id: no such resource)."
    )
    assert updates(sandbox) == []


def test_part_without_its_status_is_told(connector: Connector, sandbox: ServedSandbox) -> None:
    form = Form({"id": "Custom_ID", "topics": "telegram_bot@3.cats"}, ["Custom_ID"])
    said = write(connector, form, form.row(id=1, topics="x"))
    assert (said.code, said.error["stream_descriptor"]) == (
        1,
        {"name": "customers", "namespace": "public"},
    )
    assert said.error["message"].endswith(
        "telegram_bot@3.address must be mapped too; telegram_bot@3.status must be mapped too, as "
        "who is sent without a status may be subscribed by it."
    )
    assert updates(sandbox) == []
