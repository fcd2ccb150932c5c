from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo, streams_of
from destination_profiles.errors import ConfigError


def test_place_is_that_of_the_platform() -> None:
    users = StreamInfo("users", None, {}, "append")
    assert users.place() == ("0", "", "users")
    named = StreamInfo("a/b", "public", {}, "append", sync_id=7)
    assert named.place() == ("7", "public", "a/b")


STREAM = {"stream": {"name": "users"}, "destination_sync_mode": "append"}
END = "It needs streams, each a stream with a name and a destination_sync_mode."


@pytest.mark.parametrize(
    ("catalog", "slips"),
    [
        ({}, "$ streams must be there"),
        ({"streams": {}}, "$.streams must be array, not object"),
        (
            {"streams": [STREAM, {"stream": {"name": "a"}}]},
            "$.streams[1] destination_sync_mode must be there",
        ),
        (
            {"streams": [{**STREAM, "stream": "a"}, STREAM, {}]},
            "$.streams[0].stream must be object, not string; $.streams[2] stream and destination_sync_mode must be there",
        ),
        ({"operations": []}, "$ streams must be there"),
    ],
)
def test_slips_of_a_catalog_are_told_with_their_places(catalog: Any, slips: str) -> None:
    with pytest.raises(ConfigError) as raised:
        streams_of(catalog)
    assert raised.value.message == (
        f"The configured catalog does not have the expected form: {slips}. {END}"
    )


def test_null_of_a_catalog_counts_as_left_out() -> None:
    nothing = dict.fromkeys(["destination_object_name", "primary_key", "sync_id"])
    described = {"name": "users", "namespace": None, "json_schema": None}
    assert streams_of({"streams": [{**STREAM, **nothing, "stream": described}]}) == streams_of(
        {"streams": [STREAM]}
    )


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"properties": {"loyalty_tier": {}, "first name": {}, "a.b": {}}},
            "loyalty_tier first name a b",
        ),
        ({"properties": [1]}, ""),
        ({}, ""),
        (5, ""),
    ],
)
def test_words_are_those_of_column_names(schema, words: str) -> None:
    assert StreamInfo("users", None, schema, "append").words() == frozenset(words.split())
