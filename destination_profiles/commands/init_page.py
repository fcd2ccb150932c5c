"""What `init` says to a person when its files are written."""

from collections.abc import Iterator, Sequence
from shlex import join
from typing import TextIO

from ..suggestion.keys import ABOUT_KEY
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
            sum(entry.is_open for entry in (*each.fields, *each.subscriptions))
            + (each.key.chosen is None),
            len(each.left),
        )
        for each in streams
    ]
    written = f"Written: {path}, which only you can read"
    sentences = [f"{written}, and {catalog}." if catalog else f"{written}."]
    if not any(each.rows for each in streams):
        sentences.append("No rows were looked at: with some, in --messages, it knows more.")
    questions = {each.place: each for stream in streams for each in stream.questions}
    told = [each.text for each in questions.values() if each.topic != UNREADABLE]
    told += [each for stream in streams for each in _waiting(stream)]
    if told:
        sentences += [f"Open, and marked with {OPEN} in it:"]
        sentences += [f"- {each}" for each in told]
    sentences.append("Look through it, then:")
    command = join(["destination-profiles", "check", "--config", path])
    show_tables([(head, rows)], sentences, file, command)


def _waiting(stream: StreamSuggestion) -> Iterator[str]:
    """What waits for a look into the file, as no answer of `init` settles it."""
    if stream.key.chosen is None:
        yield f"{stream.name}: {ABOUT_KEY}"
    for each in (*stream.fields, *stream.subscriptions):
        if each.is_open and not each.is_asked:
            name = each.settings.get("to") or f"subscriptions by {each.settings['channel']}"
            asked = next((note for note in each.notes if note.endswith("?")), each.notes[-1])
            yield f"{name} of {stream.name}: {asked}"
    for about in stream.about_left():
        yield f"{stream.name}: {about}."
