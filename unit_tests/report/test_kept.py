import json
from pathlib import Path
from typing import Any

from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import Origin, line
from destination_profiles.rejects.store import utc_now
from destination_profiles.report import kept as module
from destination_profiles.report.kept import KeptRows, kept_rows
from destination_profiles.storage.local import LocalFolder
from unit_tests.outcomes.kept import keep

SYNC, OTHER = "2026-11-29T21:00:00.000Z", "2026-11-28T21:00:00.000Z"
REFUSED = Rejection("service", "404", "no profile", "$", "no profile")


def store(folder: Path, *rows: Any, sync: str = SYNC, place: str = "7/crm/users") -> LocalFolder:
    opened = LocalFolder(str(folder))
    lines = [
        line(json.dumps(row).encode(), REFUSED, utc_now(), Origin(sync, number))
        for number, row in enumerate(rows, 1)
    ]
    opened.write(f"{place}/2026_11_29_1795986000000_0.jsonl", b"".join(lines))
    return opened


def test_keys_are_those_of_the_run(tmp_path: Path) -> None:
    store(tmp_path, {"id": 99}, sync=OTHER, place="6/crm/users")
    (rows,) = kept_rows(store(tmp_path, {"id": 1}, {"id": "o'n"}, {"id": 1}), SYNC, "id")
    assert (rows.stream, rows.count, rows.without, rows.untold) == ("crm.users", 3, 0, 0)
    assert rows.query("id") == "SELECT * FROM crm.users WHERE id IN (1, 'o''n');"


def test_rows_that_have_arrived_since_are_not_told(tmp_path: Path) -> None:
    folder = store(tmp_path, {"id": 1}, {"id": 2})
    keep(folder, 4, ("1",), stream="crm.users", start=SYNC)  # type: ignore[arg-type]
    assert [list(rows.keys) for rows in kept_rows(folder, SYNC, "id")] == [["2"]]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    folder = store(tmp_path, {"id": 123456789012345678901234567890}, {"id": 1.50})
    (rows,) = kept_rows(folder, SYNC, "id")
    assert list(rows.keys) == ["123456789012345678901234567890", "1.5"]


def test_what_is_no_key_is_counted(tmp_path: Path) -> None:
    odd = [{}, {"id": None}, {"id": True}, {"id": [1]}, {"id": " "}, [1], {"id": 2}]
    (rows,) = kept_rows(store(tmp_path, *odd), SYNC, "id")
    assert (rows.count, rows.without, list(rows.keys)) == (7, 6, ["2"])


def test_keys_have_an_end(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_KEYS", 2)
    (rows,) = kept_rows(store(tmp_path, *({"id": each} for each in range(5))), SYNC, "id")
    assert (list(rows.keys), rows.untold) == (["0", "1"], 3)


def test_names_are_quoted_where_sql_asks_for_it() -> None:
    rows = KeptRows(("my crm", 'a"b'), keys={"1": None})
    assert rows.query("c d") == 'SELECT * FROM "my crm"."a""b" WHERE "c d" IN (1);'


def test_without_a_column_rows_are_only_counted(tmp_path: Path) -> None:
    (rows,) = kept_rows(store(tmp_path, {"id": 1}, {"id": 2}), SYNC, None)
    assert (rows.count, rows.keys) == (2, {})
