"""What `init` says to a person when its files are written."""

from collections.abc import Sequence
from shlex import join
from typing import TextIO

from ..suggestion.mapping import StreamSuggestion
from ..suggestion.questions import UNREADABLE
from ..suggestion.settings_file import OPEN
from .tables import show_tables


def show(streams: Sequence[StreamSuggestion], path: str, catalog: str | None, file: TextIO) -> None:
    """Print what was suggested, what is open, and what to do next."""
    head = ["stream", "rows looked at", "fields", "subscriptions", "open", "columns left"]
    rows = [
        (
            each.name,
            each.rows,
            sum(not entry.is_open for entry in each.fields),
            sum(not entry.is_open for entry in each.subscriptions),
            sum(entry.is_open for entry in (*each.fields, *each.subscriptions)),
            len(each.left),
        )
        for each in streams
    ]
    written = f"Written: {path}, which only you can read"
    sentences = [f"{written}, and {catalog}." if catalog else f"{written}."]
    if not any(each.rows for each in streams):
        sentences.append("No rows were looked at: with some, in --messages, it knows more.")
    questions = {each.place: each for stream in streams for each in stream.questions}
    asked = [each for each in questions.values() if each.topic != UNREADABLE]
    if asked:
        sentences += [f"Open, and marked with {OPEN} in it:"]
        sentences += [f"- {each.text}" for each in asked]
    sentences.append("Look through it, then:")
    command = join(["destination-profiles", "check", "--config", path])
    show_tables([(head, rows)], sentences, file, command)
