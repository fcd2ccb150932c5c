"""A sync by PyAirbyte, run by the Python of .venv-pipelines: `pyairbyte.py MODE FOLDER SOURCE
DESTINATION`.

MODE is none, cache or state; FOLDER holds source.json, destination.json and the names of streams in
streams.json, and keeps the caches from run to run. Prints what PyAirbyte counted. Ends with 1 where PyAirbyte raises.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ |= {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"}
warnings.simplefilter("ignore")

import airbyte as ab  # noqa: E402 - it reads the environment at import
from airbyte.caches import DuckDBCache  # noqa: E402


def main(mode: str, folder: Path, source_executable: Path, destination_executable: Path) -> None:
    """Read streams of a source into the destination."""
    source = ab.get_source(
        source_executable.name,
        config=settings(folder, "source"),
        local_executable=source_executable,
    )
    source.select_streams(settings(folder, "streams"))
    destination = ab.get_destination(
        "destination-profiles",
        config=settings(folder, "destination"),
        local_executable=destination_executable,
    )
    cache = DuckDBCache(db_path=folder / f"{mode}.duckdb")
    kept = {
        "none": {"cache": False, "state_cache": False},
        "cache": {"cache": cache},
        "state": {"cache": False, "state_cache": cache},
    }
    result = destination.write(source, **kept[mode])
    print(json.dumps({"written": result.processed_records}))


def settings(folder: Path, name: str) -> Any:
    """A configuration, or what else a file holds."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
