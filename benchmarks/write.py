"""Speed of `write` against a sink that does no work, beside the floor: one thread that only loads, validates and dumps each record."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
CONNECTOR = Path(sys.executable).with_name("destination-profiles")
FIELDS = 12
FLOOR = """
import sys, json, msgspec, jsonschema_rs
catalog, path = sys.argv[1:]
valid = jsonschema_rs.Draft7Validator(json.load(open(catalog))["streams"][0]["stream"]["json_schema"], validate_formats=False).is_valid
loads, dumps = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
for line in open(path, "rb"):
    message = loads(line)
    if message["type"] == "RECORD":
        record = message["record"]["data"]
        if valid(record):
            dumps(record)
"""


def make_input(path: Path, records: int, state_every: int) -> int:
    """Write records of about 400 bytes of data with a state after each `state_every`; gives the bytes of one record's data."""
    data: dict[str, object] = {}
    with path.open("w", encoding="utf-8") as file:
        for number in range(records):
            data = {"email": f"person.number.{number}@example.com", "_fname": "Ann", "Custom_ID": number}
            data |= {f"field_{index}": f"some text of a customer {number}" for index in range(FIELDS - 3)}
            file.write(
                json.dumps({"type": "RECORD", "record": {"stream": "users", "data": data, "emitted_at": 1}}, separators=(",", ":")) + "\n"
            )
            if (number + 1) % state_every == 0:
                descriptor = {"stream_descriptor": {"name": "users"}, "stream_state": {"id": number}}
                file.write(json.dumps({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor}}) + "\n")
    return len(json.dumps(data, separators=(",", ":")))


def catalog() -> dict[str, object]:
    """The catalog of that input."""
    kinds = {"email": "string", "_fname": "string", "Custom_ID": "integer"} | {f"field_{index}": "string" for index in range(FIELDS - 3)}
    schema = {"type": "object", "properties": {name: {"type": [kind, "null"]} for name, kind in kinds.items()}}
    stream = {"name": "users", "json_schema": schema, "supported_sync_modes": ["full_refresh", "incremental"]}
    return {"streams": [{"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append"}]}


@contextmanager
def sink(latency_ms: float) -> Iterator[str]:
    """The address of a running sink."""
    process = subprocess.Popen([sys.executable, HERE / "sink.py", "--latency-ms", str(latency_ms)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"  # ignore-https-check
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def seconds(command: list[str], source: Path) -> tuple[float, bytes]:
    """Wall time of a command that reads `source`, and what it printed. Raises where it fails."""
    started = time.perf_counter()
    with source.open("rb") as file:
        output = subprocess.run(command, stdin=file, stdout=subprocess.PIPE, check=True).stdout
    return time.perf_counter() - started, output


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--state-every", type=int, default=1_000)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sink(options.latency_ms) as address:
        source, empty = Path(folder, "in.jsonl"), Path(folder, "empty.jsonl")
        config, streams = Path(folder, "config.json"), Path(folder, "catalog.json")
        size = make_input(source, options.records, options.state_every)
        empty.touch()
        config.write_text(json.dumps({"api_url": address, "token": "benchmark-token", "db_id": 1}))
        streams.write_text(json.dumps(catalog()))
        write = [str(CONNECTOR), "write", "--config", str(config), "--catalog", str(streams)]
        floor = [sys.executable, "-c", FLOOR, str(streams), str(source)]
        rounds = []
        for _ in range(options.rounds):
            wall, output = seconds(write, source)
            assert output.count(b'"type":"STATE"') == options.records // options.state_every
            rounds.append((wall, seconds(write, empty)[0], seconds(floor, source)[0], seconds([*floor[:-1], str(empty)], empty)[0]))
    wall, start, floor_wall, floor_start = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{options.records:,} records of {size} bytes, a state every {options.state_every:,}, medians of {options.rounds} rounds")
    rates = (options.records / (wall - start), options.records / (floor_wall - floor_start))
    print(f"write  {wall:6.2f} s, of which start-up {start:.2f} s: {rates[0]:10,.0f} records/s after it")
    print(f"floor  {floor_wall:6.2f} s, of which start-up {floor_start:.2f} s: {rates[1]:10,.0f} records/s")
    print(f"ratio  {(wall - start) / (floor_wall - floor_start):6.2f} after start-up")


if __name__ == "__main__":
    main()
