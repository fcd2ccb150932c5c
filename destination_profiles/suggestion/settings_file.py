"""A configuration with its comments, in YAML that the connector reads."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from ..service.manifest import service
from .keys import ABOUT_KEY, Choice
from .mapping import Entry, StreamSuggestion
from .questions import KEY, ZONE, Answers, Question, wanted

PLAIN = re.compile(r"[^\W\d][\w./+-]*(?: [\w./+-]+)*")  # a text that needs no quotes
NOT_PLAIN = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})  # of some
WIDTH = 100
OPEN = "QUESTION"
SIGN = "# "  # before a setting that waits
HEAD = f"""\
# A suggested configuration of destination-profiles. Nothing but what stands here is sent.
# Look through it. Where it says {OPEN}, an answer is missing, and what follows waits for it behind
# the sign of a comment: correct it, and take the sign away. Then run destination-profiles check.
"""


def settings_file(
    given: Mapping[str, Any],
    matching: Mapping[str, Any] | None,
    streams: Sequence[StreamSuggestion],
    answers: Answers,
) -> str:
    """The text of a configuration: settings that were `given`, how profiles are found, and what is
    suggested for each stream.
    """
    questions = [each for stream in streams for each in stream.questions]
    kept = {name: value for name, value in given.items() if name not in ("matching", "streams")}
    if zone := answers.get((ZONE, "")):
        kept["time_zone"] = zone
    lines = [HEAD, *(f"{name}: {flow(value)}" for name, value in kept.items())]
    if "time_zone" not in kept and any(each.topic == ZONE for each in questions):
        lines += ["", *_question(next(each for each in questions if each.topic == ZONE))]
        lines.append("# It is UTC where nothing is set.")
        lines.append("# time_zone: Europe/Berlin")
    lines += ["", *_matching(matching, streams[0].key if streams else None)]
    lines += ["", "streams:"]
    lines += [f"  - {flow(each)}" for each in given.get("streams") or ()]
    for stream in streams:
        lines += _stream(stream, matching)
    return "\n".join(lines) + "\n"


def _matching(matching: Mapping[str, Any] | None, key: Choice | None) -> Iterator[str]:
    for sentence in ("How profiles are found.", *(key.why if key else ())):
        yield from _comment(sentence, "")
    if key is not None and key.question is not None:
        yield from _question(key.question)
    if matching is not None:
        yield f"matching: {flow(matching)}"
    else:
        yield f"# {OPEN}: {ABOUT_KEY} By default it is email."


def _stream(stream: StreamSuggestion, matching: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"  - name: {flow(stream.name)}"
    if stream.namespace is not None:
        yield f"    namespace: {flow(stream.namespace)}"
    if stream.rows:
        yield f"    # {stream.rows:,} rows were looked at."
    if stream.matching is not None and stream.matching != matching:
        for sentence in stream.key.why:
            yield from _comment(sentence, "    ")
        yield f"    matching: {flow(stream.matching)}"
    if stream.key.chosen is None and matching is not None:
        yield from _comment(f"{OPEN}: {ABOUT_KEY}", "    ")
    if all(each.is_open for each in stream.fields):
        yield from _comment(
            f"{OPEN}: no column fits a field. Nothing is sent until one does.", "    "
        )
        yield "    fields: []"
    else:
        yield "    fields:"
    for entry in stream.fields:
        yield from _entry(entry)
    if stream.subscriptions:
        is_open = all(each.is_open for each in stream.subscriptions)
        yield f"    {SIGN if is_open else ''}subscriptions:"
        yield from _comment(f"A status is one of {', '.join(service().statuses)}.", "      ")
        for entry in stream.subscriptions:
            yield from _entry(entry)
    for about in stream.about_left():
        yield from _comment(f"{OPEN}: {about}.", "    ")
    if stream.left:
        yield from _comment(f"Nothing is taken from: {', '.join(stream.left)}.", "    ")


def _entry(entry: Entry) -> Iterator[str]:
    """What is to be said of an entry, and the entry."""
    if entry.notes:
        sign = f"{OPEN}: " if entry.is_open else ""
        told = "; ".join(entry.notes)
        yield from _comment(f"{sign}{told}", "      ")
    for line in _listed(entry.settings):
        yield f"      {SIGN if entry.is_open else ''}{line}"


def _listed(settings: Mapping[str, Any]) -> Iterator[str]:
    """A member of a list, on one line where it is short."""
    if len(whole := f"- {flow(settings)}") <= WIDTH:
        yield whole
        return
    for place, (name, value) in enumerate(settings.items()):
        begin = "  " if place else "- "
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f"{begin}{name}:"
            yield from (f"    - {flow(each)}" for each in value)
        else:
            yield f"{begin}{name}: {flow(value)}"


def _question(question: Question) -> Iterator[str]:
    kind = "" if question.topic == KEY else f" It is {wanted(question.topic, question.choices)}."
    yield from _comment(f"{OPEN}: {question.text}{kind}", "")


def _comment(sentence: str, indent: str) -> Iterator[str]:
    printable = "".join(each if each.isprintable() else "?" for each in sentence)
    for line in wrap(
        printable, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False
    ) or [""]:
        yield f"{indent}# {line}"


def flow(value: Any) -> str:
    """A value in YAML, on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{flow(name)}: {flow(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in NOT_PLAIN:
        return value
    text = json.dumps(value, ensure_ascii=False)  # which YAML reads, but for some characters
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)
