"""What people are shown, by width."""

import io
from collections.abc import Callable
from typing import TextIO

import pytest

from destination_profiles.api.inspection import Findings
from destination_profiles.commands import check_page, discover_page, write_page
from destination_profiles.commands.spec_page import settings
from destination_profiles.commands.tables import show_tables
from destination_profiles.commands.write_page import States
from destination_profiles.commands.written import Counted, Written
from destination_profiles.delivery.tally import Kind
from destination_profiles.spec import spec
from destination_profiles.storage.settings import LocalStorage, NoStorage, S3Storage, Storage

NOWHERE = NoStorage()
FILES = ("config.json", "my catalog.json")
REASON = Kind("users", "service", "404", "crm_id: no profile found by custom", 25, {}, 0)
WHOLE = Written([Counted("users", 10_000, 9_970, 3, 2, 25, 0)], [REASON], [], 2, 1, "", 2.5)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The text that something prints, without blanks at the ends of lines."""

    def shown(show: Callable[[TextIO], None], columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        file = io.StringIO()
        show(file)
        return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())

    return shown


def of_write(
    told: Written = WHOLE, storage: Storage = NOWHERE, *, kept: bool = True
) -> Callable[[TextIO], None]:
    return lambda file: write_page.show(told, States(3, kept), storage, FILES, file)


def test_summary_of_a_sync(shown: Callable[..., str]) -> None:
    assert shown(of_write(storage=LocalStorage("kept"))) == (
        "stream    read  accepted  superseded  deleted  rejected\n"
        "users   10,000     9,970           3        2        25\n"
        "\n"
        "stream  step     code  rejected  reason\n"
        "users   service  404         25  crm_id: no profile found by custom\n"
        "\n"
        "Read 10,000 records in 2.5 s (4,000/s). Chunks: 2. Retries: 1.\n"
        "States that are safe: 3.\n"
        "The rejected records are in kept.\n"
        "Remove the causes, and send them again:\n"
        "  destination-profiles resend --config config.json --catalog 'my catalog.json'\n"
    )


def test_summary_of_a_sync_on_a_narrow_terminal(shown: Callable[..., str]) -> None:
    text = shown(of_write(), 40)
    assert text.startswith("stream      users\nread        10,000\naccepted    9,970\n")
    assert max(map(len, text.splitlines())) <= 40


def test_rows_stand_by_themselves_where_a_table_is_too_wide(shown: Callable[..., str]) -> None:
    table = ["stream", "records", "sent"], [("users", 1, 0), ("orders", 1_000_000, 7)]
    assert shown(lambda file: show_tables([table], [], file), 23) == (
        "stream    records  sent\nusers           1     0\norders  1,000,000     7\n\n"
    )
    assert shown(lambda file: show_tables([table], [], file), 22) == (
        "stream   users\nrecords  1\nsent     0\n\n"
        "stream   orders\nrecords  1,000,000\nsent     7\n\n"
    )


@pytest.mark.parametrize(
    ("storage", "place"),
    [
        (LocalStorage("/local/kept"), "/local/kept"),
        (S3Storage("bucket", "us-east-1", "a/b"), "s3://bucket/a/b"),
        (S3Storage("bucket", "us-east-1", ""), "s3://bucket"),
    ],
)
def test_place_of_rejected_records_is_told(
    shown: Callable[..., str], storage: Storage, place: str
) -> None:
    assert f"The rejected records are in {place}.\n" in shown(of_write(storage=storage))


def test_command_is_never_broken(shown: Callable[..., str]) -> None:
    text = shown(of_write(storage=LocalStorage("kept")), 40)
    assert text.endswith(
        "\n  destination-profiles resend --config config.json --catalog 'my catalog.json'\n"
    )


def test_no_store_is_no_place(shown: Callable[..., str]) -> None:
    assert "resend" not in shown(of_write())


def test_states_that_nobody_keeps_are_told(shown: Callable[..., str]) -> None:
    assert "safe: 3. To keep them, redirect stdout to a file.\n" in shown(of_write(kept=False))


def test_unfinished_records_have_a_column(shown: Callable[..., str]) -> None:
    told = Written([Counted("users", 10, 3, 0, 0, 0, 7)], [], [], 1, 4, "a timeout", 1.0)
    text = shown(of_write(told))
    assert text.splitlines()[0].endswith("  unfinished")
    assert text.splitlines()[1].split() == ["users", "10", "3", "0", "0", "0", "7"]
    assert "Retries: 4 (the last: a timeout)." in text


def test_seldom_reasons_are_added_up(shown: Callable[..., str]) -> None:
    kinds = [
        Kind("users", "schema", f"rule{number}", "text", number, {}, 0) for number in range(1, 24)
    ]
    told = Written([], kinds, kinds[:1], 1, 0, "", 1.0)
    lines = shown(of_write(told)).splitlines()
    assert "users   schema  rule23        23  text" in lines
    assert sum(" rule" in line for line in lines) == 20 + 1  # and that of what was left out
    assert ["6", "3", "further", "kinds", "of", "reason"] in map(str.split, lines)
    assert ["stream", "step", "code", "left", "out", "reason"] in map(str.split, lines)


def test_shapes_of_values_are_told(shown: Callable[..., str]) -> None:
    dates = Kind("users", "conversion", "date", "no date", 1_239, {"9.9.9": 1_200, "empty": 32}, 7)
    told = Written([], [REASON, dates], [], 1, 0, "", 1.0)
    lines = shown(of_write(told), 100).splitlines()
    assert lines[3:5] == [
        'users   conversion  date     1,239  no date: "9.9.9" 1,200, empty 32, others 7',
        "users   service     404         25  crm_id: no profile found by custom",
    ]


def test_marks_of_a_check(shown: Callable[..., str]) -> None:
    found = Findings(["It is wrong."], ["It may be."], ["It is right, and told at length."])
    assert shown(lambda file: check_page.show(found, file), 20) == (
        "✓ It is right, and\n"
        "  told at length.\n"
        "! It may be.\n"
        "✗ It is wrong.\n"
        "\n"
        "A sync would not\n"
        "work: correct what\n"
        "is marked with ✗.\n"
        "See docs/errors.md#findings-of-check\n"
    )


def test_check_without_a_problem_would_work(shown: Callable[..., str]) -> None:
    found = Findings([], ["It may be."])
    assert shown(lambda file: check_page.show(found, file)).endswith("\nA sync would work.\n")


def test_commands_to_a_terminal_are_not_passed_on(shown: Callable[..., str]) -> None:
    found = Findings(["a\x1b[2Jb"])
    assert "✗ a\ufffd[2Jb\n" in shown(lambda file: check_page.show(found, file))
    table = ["stream"], [("a\x1b[2Jb",)]
    assert "a\ufffd[2Jb\n" in shown(lambda file: show_tables([table], [], file))


def test_types_of_fields_are_the_service_s(shown: Callable[..., str]) -> None:
    properties = {
        "email": {"type": "string", "minLength": 1},
        "sex": {"type": ["string", "integer"]},
        "score": {"type": "number"},
        "odd": {"type": ["null", "object"]},
        "new": {},
    }
    operation = {
        "sync_mode": "append",
        "json_schema": {"properties": properties},
        "matching_keys": [["email"], ["provider", "subscription_id"]],
    }
    catalog = {"operations": [operation]}
    assert shown(lambda file: discover_page.show(catalog, file)) == (
        "field  type\n"
        "email  string\n"
        "sex    string or integer\n"
        "score  float\n"
        "odd    null or object\n"
        "new    any\n"
        "\n"
        "profiles are found by\n"
        "email\n"
        "provider and subscription_id\n"
        "\n"
        "Sync modes: append.\n"
    )


def test_every_setting_is_told() -> None:
    found = {each.path: each for each in settings(spec()["connectionSpecification"])}
    assert found["token"].kind == "string, secret, required"
    assert found["time_zone"].kind == 'string, default "UTC"'
    assert found["matching"].kind.startswith("object with mode: email, email_profile, ")
    assert found["matching.field_name"].meaning.endswith(" Only for custom, custom_sub.")
    assert found["streams[].matching"].kind.endswith(", as matching")
    fixed = "object_storage_config.format.format_type"
    assert not {"matching.mode", "streams[].matching.field_name", fixed} & set(found)
    assert all(each.kind and each.meaning for each in found.values())
