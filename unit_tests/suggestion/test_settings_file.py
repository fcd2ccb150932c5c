"""What is written is what the connector reads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_profiles.commands.yaml_settings import load
from destination_profiles.suggestion.keys import Choice
from destination_profiles.suggestion.mapping import Entry, StreamSuggestion
from destination_profiles.suggestion.questions import KEY, ZONE, Question
from destination_profiles.suggestion.settings_file import flow, settings_file

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=10
)
NOTHING = Choice(None, ("No column fits a key of this database.",))
GIVEN = {"api_url": "https://example.com", "token": "${TOKEN}", "db_id": 1}


@given(VALUES)
def test_value_is_read_as_it_was(value: Any) -> None:
    assert load(f"x: {flow(value)}") == {"x": value}


@pytest.mark.parametrize(
    "text", ["yes", "No", "on", "null", "~", "1e3", "007", "2001-12-31", "- a"]
)
def test_texts_that_are_more_elsewhere_are_quoted(text: str) -> None:
    assert flow(text) == f'"{text}"'


def made(*entries: Entry, **more: Any) -> str:
    stream = StreamSuggestion("users", None, NOTHING, fields=list(entries), **more)
    return settings_file(GIVEN, None, [stream], {})


def test_open_entry_is_a_comment() -> None:
    entry = {"to": "email", "from": "mail"}
    text = made(Entry(entry), Entry({"to": "_tz", "from": "zone"}, ("is it?",), is_open=True))
    assert load(text)["streams"] == [{"name": "users", "fields": [entry]}]
    assert "      # QUESTION: is it?\n      # - {to: _tz, from: zone}\n" in text
    assert load(text.replace("# - {", "- {"))["streams"][0]["fields"][1]["to"] == "_tz"


def test_long_entry_stands_on_lines() -> None:
    values = [{"from": f"value {number}", "to": "subscribed"} for number in range(9)]
    entry = {"to": "plan", "from": "plan", "values": values}
    assert load(made(Entry(entry)))["streams"][0]["fields"] == [entry]
    opened = made(Entry({"to": "a", "from": "a"}), Entry(entry, is_open=True))
    uncommented = opened.replace("      # ", "      ")
    assert load(uncommented)["streams"][0]["fields"][1] == entry


def test_open_subscriptions_are_a_comment_as_a_whole() -> None:
    entry = {"channel": "email", "resource_id": "...", "address_from": "email"}
    text = made(Entry({"to": "email", "from": "email"}), subscriptions=[Entry(entry, is_open=True)])
    assert "subscriptions" not in load(text)["streams"][0]
    shown = text.replace("    # subscriptions:", "    subscriptions:").replace("# - {", "- {")
    assert load(shown)["streams"][0]["subscriptions"] == [entry]


@pytest.mark.parametrize("entries", [[], [Entry({"to": "a", "from": "b"}, is_open=True)]])
def test_stream_without_a_field_is_none_that_goes_as_it_comes(entries: list[Entry]) -> None:
    assert load(made(*entries))["streams"] == [{"name": "users", "fields": []}]


def test_names_of_columns_end_no_comment() -> None:
    text = made(Entry({"to": "a", "from": "b"}), left=["x\ny: 1", "\u2028z"])
    assert load(text)["streams"] == [{"name": "users", "fields": [{"to": "a", "from": "b"}]}]


def test_questions_for_all_stand_at_the_top() -> None:
    zone = Question(ZONE, "", "Which zone?")
    stream = StreamSuggestion("users", None, NOTHING, questions=[zone])
    text = settings_file(GIVEN, None, [stream], {})
    assert "# QUESTION: Which zone? It is a name such as Europe/Berlin, or UTC.\n" in text
    told = settings_file(GIVEN, None, [stream], {(ZONE, ""): "UTC"})
    assert load(told)["time_zone"] == "UTC" and "Which zone" not in told


def test_stream_with_another_key_has_its_own_matching() -> None:
    own, crm = {"mode": "email"}, {"mode": "custom", "field_name": "crm_id"}
    streams = [
        StreamSuggestion("users", "shop", NOTHING, crm),
        StreamSuggestion("users", "web", Choice(None, ("Why it is so.",)), own),
    ]
    text = settings_file(GIVEN, crm, streams, {})
    first, second = load(text)["streams"]
    assert (load(text)["matching"], first.get("matching"), second["matching"]) == (crm, None, own)
    assert (first["namespace"], second["namespace"]) == ("shop", "web")
    assert "    # Why it is so.\n" in text


def test_key_is_asked_for_where_the_reader_looks() -> None:
    question = Question(KEY, "", "Which field?", ("a", "b"))
    stream = StreamSuggestion("users", None, Choice(None, (), question))
    assert "# QUESTION: Which field?\n" in settings_file(GIVEN, None, [stream], {})
