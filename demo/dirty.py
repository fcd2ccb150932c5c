"""A table of dirty customers as users really have them: what a source sends, the configuration that
reads it, and what must become of each row; with --sync also what became of it.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from dirt.sync import sync
from dirt.table import BRANCHES, COLUMNS, DELETED_AT, WEBSHOP, Row, rows
from dirt.truth import Truth, seed_of

CONFIG = Path(__file__).with_name("dirt") / "config.yaml"
EVERY = 1000  # rows between states
EMITTED_AT = 1_795_487_209_611


def main() -> int:
    """Write the table; 1 where a sync leaves a row that is neither right nor explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1, help="another one, another table")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--xml", action="store_true", help="for wire_format: xml")
    parser.add_argument("--update", action="store_true", help="in mode append_dedup, not append")
    parser.add_argument("--sync", action="store_true", help="start the service, write, compare")
    parser.add_argument("--config", type=Path, help="another configuration than the one written")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_table(options.out, options.seed, options.rows, xml=options.xml, dedup=options.update)
    return sync(options.out, options.config or options.out / "config.json") if options.sync else 0


def write_table(out: Path, seed: int, count: int, *, xml: bool, dedup: bool) -> None:
    """The files of a sync, and `seed.json` and `truth.json`."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["delivery"] = {"wire_format": "xml" if xml else "json"}
    config["object_storage_config"]["path"] = str(out / "rejected")
    _write(out / "config.json", config)
    _write(out / "catalog.json", catalog("append_dedup" if dedup else "append"))
    truth, seeds = Truth(), {}
    with (out / "messages.jsonl").open("w", encoding="utf-8") as file:
        for message in messages(_entered(rows(seed, count, xml=xml), truth, seeds)):
            file.write(json.dumps(message, ensure_ascii=False) + "\n")
    _write(out / "seed.json", list(seeds.values()))
    _write(out / "truth.json", truth.as_dict())


def _entered(table: Iterable[Row], truth: Truth, seeds: dict[int, Any]) -> Iterator[Row]:
    for row in table:
        if row.is_known:
            seeds.setdefault(row.customer, seed_of(row.customer))
            truth.seeded(row)
        truth.enter(row)
        yield row


def catalog(mode: str) -> dict[str, Any]:
    """Both streams, with what the database says of their columns."""
    columns = {each.name: each.schema for each in COLUMNS}
    columns |= {"row_no": {"type": "integer"}, DELETED_AT: {"type": ["null", "string"]}}
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {"type": "object", "properties": columns},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": "incremental",
                "destination_sync_mode": mode,
            }
            for name in (WEBSHOP, BRANCHES)
        ]
    }


def messages(table: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Records with a state behind each thousand, and behind the last of a stream."""
    last: Row | None = None
    for row in table:
        if last and (last.stream != row.stream or last.number % EVERY == 0):
            yield _state(last)
        record = {"stream": row.stream, "data": row.data, "emitted_at": EMITTED_AT}
        if row.changes:
            record["meta"] = {"changes": row.changes}
        yield {"type": "RECORD", "record": record}
        last = row
    if last:
        yield _state(last)


def _state(row: Row) -> dict[str, Any]:
    stream = {"stream_descriptor": {"name": row.stream}, "stream_state": {"row_no": row.number}}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": stream}}


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
