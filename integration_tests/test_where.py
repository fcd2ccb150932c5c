"""`where`: what became of a customer's rows, told from what is kept and by the service."""

import json
import re
import subprocess
from typing import Any

import pytest

from integration_tests.connector import Connector, record, state, stream
from integration_tests.s3 import MotoServer
from profiles_sandbox.testing import ServedSandbox

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
ID = "65f0c0ffee0000000000000"


def where(connector: Connector, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    command = [*connector.command("where"), *options]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def events(connector: Connector, *options: str) -> list[dict[str, Any]]:
    code, out, err = where(connector, *options, "--json")
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["events"]
    return found


@pytest.fixture
def telling(storing: Connector) -> Connector:
    storing.config["outcomes"] = {}
    return storing


def test_store_that_is_not_there_is_told_and_not_made(telling: Connector) -> None:
    code, out, err = where(telling, "--key", "crm_id=4")
    assert (code, out) == (1, "") and "The folder of the object storage is not there" in err
    assert not (telling.folder / "rejected").exists()


def test_history_is_told_newest_first(telling: Connector) -> None:
    assert telling.write(record({"crm_id": 4, "_city": "Rome"}), state(1)).code == 0
    assert telling.write(record({"crm_id": 4, "nofield": 1}), state(2)).code == 0
    code, out, err = where(telling, "--key", "crm_id=4")
    assert (code, err) == (0, "")
    first, second, since, has, *profile = out.splitlines()
    place = rf"stream users, row 1 of the sync of {TIME}, request [0-9a-f]{{32}}"
    assert re.fullmatch(
        rf"{TIME} refused by the service \(code 400\): nofield: unknown field of database 1 "
        rf"\(attempt 1\), {place}; kept, and waiting to be sent again",
        first,
    )
    assert re.fullmatch(rf"{TIME} accepted, {place}, profile {ID}4", second)
    assert re.fullmatch(rf"Outcomes are complete from the sync of {TIME} on \(UTC\)\.", since)
    assert has == "The service has now (database 1, by crm_id):"
    assert profile == [
        f'  id: "{ID}4"',
        "  db_id: 1",
        "  subscriptions: []",
        "  crm_id: 4",
        '  _city: "Rome"',
    ]


def test_each_kind_of_outcome_has_its_words(telling: Connector) -> None:
    telling.catalog["streams"] = [stream(sync_mode="append_dedup")]
    telling.write(
        record({"crm_id": 1, "_city": "Rome"}),
        record({"crm_id": 1, "_city": "Oslo"}),
        record({"crm_id": 1, "_ab_cdc_deleted_at": "2026-11-26"}),
        record({"crm_id": 1, "_city": 5}),
        state(1),
    )
    _, out, _ = where(telling, "--key", "crm_id=1")
    for words in (
        "accepted, stream users, row 2 of",
        "left out, as a later row of the same request took its place, stream users, row 1 of",
        "left out, as its source has deleted it, stream users, row 3 of",
        "refused in the step profile (code type): must be string, not integer (attempt 1), "
        "stream users, row 4 of",
    ):
        assert words in out


def test_row_that_a_memory_leaves_out_has_its_words(telling: Connector) -> None:
    telling.config["memory"] = {"name": "crm"}
    for number in (1, 2):
        assert telling.write(record({"crm_id": 4, "_city": "Rome"}), state(number)).code == 0
    _, out, _ = where(telling, "--key", "crm_id=4")
    newest, oldest, *_ = out.splitlines()
    words = r"left out, as the memory knows that the service has it"
    assert re.fullmatch(rf"{TIME} {words}, stream users, row 1 of the sync of {TIME}", newest)
    assert re.match(rf"{TIME} accepted, stream users, row 1 of", oldest)


def test_nothing_known_is_said_and_ends_with_one(telling: Connector) -> None:
    telling.write(record({"crm_id": 1}), state(1))
    code, out, err = where(telling, "--key", "crm_id=7312904658")
    assert code == 1
    assert out.splitlines()[0] == "No row of this customer is known."
    assert out.splitlines()[-1] == "The service has no such profile now (database 1, by crm_id)."
    assert err.startswith("ERROR Nothing is known about this key")
    assert "7312904658" not in err


def test_store_and_service_tell_without_outcomes(storing: Connector) -> None:
    storing.write(record({"crm_id": 1}), record({"crm_id": 1, "_city": 5}), state(1))
    code, out, _ = where(storing, "--key", "crm_id=1")
    assert code == 0
    refused, none, has, *_ = out.splitlines()
    assert "refused in the step profile" in refused
    assert none.startswith("No outcomes are kept, so rows that were accepted are not told.")
    assert has.startswith("The service has now")


def test_service_alone_tells_without_a_store(connector: Connector) -> None:
    code, out, _ = where(connector, "--key", "crm_id=1")
    assert code == 0
    assert "Rejected rows are kept nowhere" in out
    assert f'id: "{ID}1"' in out


def test_service_that_does_not_answer_is_no_end(telling: Connector) -> None:
    telling.write(record({"crm_id": 1}), state(1))
    telling.config["api_url"] = "http://127.0.0.1:1"
    code, out, _ = where(telling, "--key", "crm_id=1")
    assert code == 0
    assert "accepted, stream users" in out
    assert "The service could not be asked (database 1, by crm_id): The service cannot be" in out


def test_row_of_an_earlier_version_is_found(storing: Connector) -> None:
    folder = storing.folder / "rejected"
    folder.mkdir()
    (folder / "users.jsonl").write_text(
        '{"crm_id":44,"rejected_reason":"service","rejected_code":"404",'
        '"rejected_message":"none","rejected_path":"$","rejected_at":"2026-01-02T03:04:05.678Z"}\n'
    )
    code, out, _ = where(storing, "--key", "crm_id=44")
    assert code == 0
    assert out.splitlines()[0] == (
        "2026-01-02 03:04:05 refused by the service (code 404): none (attempt 1), stream users; "
        "kept, and waiting to be sent again"
    )


def test_part_that_was_written_anew_hides_the_old_one(storing: Connector) -> None:
    storing.write(record({"crm_id": 44}), record({"crm_id": 55}), state(1))
    (part,) = (storing.folder / "rejected").rglob("*.jsonl")
    kept = [each for each in part.read_text().splitlines() if '"crm_id":55' in each]
    part.with_name(part.name.replace(".jsonl", ".1.jsonl")).write_text("\n".join(kept) + "\n")
    assert where(storing, "--key", "crm_id=44")[0] == 1
    assert where(storing, "--key", "crm_id=55")[0] == 0


def test_one_stream_alone_is_told(telling: Connector) -> None:
    telling.catalog["streams"] = [stream(), stream("people", namespace="crm")]
    telling.write(
        record({"crm_id": 1}), record({"crm_id": 1, "_city": 5}, "people", namespace="crm")
    )
    found = events(telling, "--key", "crm_id=1", "--stream", "crm.people")
    assert [(each["stream"], each["outcome"]) for each in found] == [("crm.people", "rejected")]
    assert len(events(telling, "--key", "crm_id=1")) == 2


def test_stream_whose_name_has_dots_is_found_by_it(telling: Connector) -> None:
    telling.catalog["streams"] = [stream("orders.v2", namespace="shop")]
    telling.write(record({"crm_id": 1}, "orders.v2", namespace="shop"))
    for name in ("orders.v2", "shop.orders.v2"):
        found = events(telling, "--key", "crm_id=1", "--stream", name)
        assert [each["stream"] for each in found] == ["shop.orders.v2"]
    assert events(telling, "--key", "crm_id=1", "--stream", "rders.v2") == []


@pytest.mark.parametrize("name", ["users", "public.users"])
@pytest.mark.parametrize("namespace", [None, "public"])
def test_stream_with_a_namespace_is_found_by_either_name(
    telling: Connector, name: str, namespace: str | None
) -> None:
    entry = {"name": "users", "fields": [{"to": "crm_id", "from": "id"}]}
    telling.config["streams"] = [entry if namespace is None else {**entry, "namespace": namespace}]
    telling.catalog = {"streams": [stream(namespace="public")]}
    telling.write(record({"id": 4}, namespace="public"), record({"id": 77}, namespace="public"))
    for key, outcome in (("4", "accepted"), ("77", "rejected")):
        found = events(telling, "--key", f"crm_id={key}", "--stream", name)
        assert [(each["stream"], each["outcome"]) for each in found] == [("public.users", outcome)]


def test_mapped_key_is_found_by_its_field(telling: Connector) -> None:
    telling.config["streams"] = [
        {
            "name": "users",
            "fields": [
                {"to": "email", "from": "mail", "clean": ["trim"]},
                {"to": "_city", "from": "city"},
            ],
            "matching": {"mode": "email"},
        }
    ]
    telling.write(record({"mail": " Ann@Example.org ", "city": 5}), state(1))
    (event,) = events(telling, "--key", "email=ann@example.org")
    assert (event["outcome"], event["code"], event["waits"]) == ("rejected", "type", True)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--key", "email=a@example.org"), "No profile is found by email."),
        (("--key", "crm_id=1", "--key", "crm_id=2"), "The same field appears twice in --key."),
        (("--key", "a@example.org"), "must be a field, = and a value"),
    ],
)
def test_key_that_is_none_is_refused(
    connector: Connector, asked: tuple[str, ...], words: str
) -> None:
    code, out, err = where(connector, *asked)
    assert code in (1, 2)
    assert out == ""
    assert words in err
    assert "a@example.org" not in err


def test_bucket_tells_the_same(connector: Connector, s3: MotoServer) -> None:
    connector.config |= {"object_storage_config": s3.setting(), "outcomes": {}}
    connector.write(record({"crm_id": 1}), record({"crm_id": 1, "_city": 5}), state(1))
    found = events(connector, "--key", "crm_id=1")
    assert [(each["outcome"], each["waits"]) for each in found] == [
        ("accepted", False),
        ("rejected", True),
    ]


def test_service_is_asked_as_its_mode_wants(sandbox: ServedSandbox, connector: Connector) -> None:
    connector.config["matching"] = {"mode": "profile_id"}
    code, out, _ = where(connector, "--key", f"profile_id={ID}5")
    assert code == 0
    assert "crm_id: 5" in out
    assert [row["call"] for row in sandbox.journal()][-1] == "profiles/get"
