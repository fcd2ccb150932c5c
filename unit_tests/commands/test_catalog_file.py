"""What is a configured catalog, and what is what a source prints."""

import json
from pathlib import Path
from typing import Any

import pytest

from destination_profiles.commands.catalog_file import configured, discovered, read_catalog
from destination_profiles.errors import ConfigError

USERS = {"name": "users", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
CONFIGURED = {"streams": [{"stream": USERS, "destination_sync_mode": "append"}]}
PRINTED = {"type": "CATALOG", "catalog": {"streams": [USERS]}}


def written(folder: Path, text: str) -> str:
    path = folder / "catalog.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PRINTED),
        json.dumps(PRINTED, indent=1),
        f'starting\n{{"type": "LOG"}}\n{{"CATALOG": 1}}\n{{"CATALOG"\n{json.dumps(PRINTED)}\nend\n',
        json.dumps({"streams": [USERS]}),
        "streams:\n- {name: users, json_schema: {}, supported_sync_modes: [full_refresh]}\n",
    ],
)
def test_streams_of_a_source_are_no_configured_catalog(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    assert [dict(each) for each in discovered(path)] == [USERS]
    with pytest.raises(ConfigError, match="is what a source's discover prints") as raised:
        read_catalog(path)
    assert raised.value.path == path


def test_configured_catalog_is_read_by_both(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(CONFIGURED))
    assert read_catalog(path) == CONFIGURED
    assert [dict(each) for each in discovered(path)] == [USERS]


@pytest.mark.parametrize("streams", [5, "users", None, [], [5], {"name": "users"}, [{"name": 5}]])
def test_other_objects_are_left_to_the_form(tmp_path: Path, streams: Any) -> None:
    path = written(tmp_path, json.dumps({"streams": streams}))
    with pytest.raises(ConfigError, match="holds no streams"):
        discovered(path)
    if streams != [{"name": 5}]:
        assert read_catalog(path) == {"streams": streams}


@pytest.mark.parametrize("text", ["", "[]", "{", "chatter", '{"streams"'])
def test_broken_files_are_told_as_before(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    for read in (discovered, read_catalog):
        with pytest.raises(ConfigError, match=r"catalog\.json"):
            read(path)


def test_configured_streams_keep_what_they_are() -> None:
    assert configured([USERS])["streams"] == [
        {"stream": USERS, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    ]
