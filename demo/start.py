"""A spreadsheet of dirty customers to try with, and a service that knows most of them:
docs/start.md goes on from here.
"""

import argparse
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import requests
from dirt.table import COLUMNS, WEBSHOP, Row, rows
from dirt.truth import seed_of
from requests.adapters import HTTPAdapter
from service import say, seed
from urllib3 import Retry

TRIES = 8  # to reach a service that has just been started
HEADS = [each.name for each in COLUMNS]


def main() -> None:
    """Write the table, and create its customers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument(
        "--service", required=True, metavar="URL", help="the address of the service"
    )
    options = parser.parse_args()
    table = [each for each in rows(1, 2 * options.rows) if _is_told(each)][: options.rows]
    write(options.out, table)
    reach(options.service)
    known = {each.customer: seed_of(each.customer) for each in table if each.is_known}
    seed(options.service, "crm_id", known.values())
    say(f"{options.out} has {len(table):,} rows. The service knows {len(known):,} customers.")


def _is_told(row: Row) -> bool:
    """Whether a file would have it: nobody tells there of what was deleted, or lost."""
    return row.stream == WEBSHOP and not row.is_deleted and not row.changes


def write(path: Path, table: Iterable[Row]) -> None:
    """A file as a spreadsheet exports it: whole numbers without decimals, what is no text or number
    as JSON.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows([_cell(each.data.get(name)) for name in HEADS] for each in table)


def _cell(value: Any) -> Any:
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def reach(url: str) -> None:
    """Wait until the service listens. Raises what requests does where it never does."""
    with requests.Session() as session:
        session.mount(url, HTTPAdapter(max_retries=Retry(connect=TRIES, backoff_factor=0.1)))
        session.get(url, timeout=60)


if __name__ == "__main__":
    main()
