"""Answers that fit nothing: they name what is not there, or contradict each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..service.manifest import service
from .fields import Field
from .keys import settled_by
from .mapping import StreamSuggestion
from .questions import KEY, RESOURCE, Answers, columns_of_status, key_column

MANY = 50  # names that are told


@dataclass(frozen=True, slots=True)
class There:
    """What answers may name: the streams as they are suggested with the answers, the fields of the
    database, the setting `matching` where it is given, and the resources by channel, each told by
    its id first; None where not all are known.
    """

    streams: Sequence[StreamSuggestion]
    fields: Sequence[Field]
    given: Mapping[str, Any] | None
    resources: Mapping[str, Sequence[str]] | None


def unfit(told: Sequence[tuple[tuple[str, str], str]], there: There) -> list[str]:
    """What is wrong with answers, as they were told one after another: a sentence for each, without
    its full stop.
    """
    answers = dict(told)
    twice = {place for place, answer in told if answers[place] != answer}
    faults = [
        _twice(*place) for place in dict.fromkeys(place for place, _ in told if place in twice)
    ]
    return [
        *faults,
        *_of_key(answers, there),
        *_of_status(answers, there),
        *_of_resource(answers, there),
    ]


def _twice(topic: str, subject: str) -> str:
    about = f" {subject.rpartition(':')[0] or subject}" if subject else ""
    return f"argument --{topic.replace('_', '-')}{about}: there are two answers, which contradict"


def _of_key(answers: Answers, there: There) -> Iterator[str]:
    if (answer := answers.get((KEY, ""))) is None:
        return
    name, column = answer.partition("=")[0], key_column(answers)
    keys = [each.name for each in there.fields if each.is_key]
    if name not in keys:
        yield f"argument --key: no field {name} finds profiles. There are {_listed(keys)}"
    elif there.given is not None and name not in settled_by(there.given):
        yield f"argument --key: matching in --config has another key than {name}"
    if column is not None and column not in _columns(there):
        yield f"argument --key: there is no column {column}. There are {_listed(_columns(there))}"
    elif name in keys and all(each.key.chosen is None for each in there.streams):
        yield f"argument --key: no column fits {name}. There are {_listed(_columns(there))}"


def _of_status(answers: Answers, there: There) -> Iterator[str]:
    columns, used = _columns(there), {each["status_from"] for each in _subscriptions(there)}
    for column in sorted(columns_of_status(answers)):
        if column not in columns:
            yield f"argument --status: there is no column {column}. There are {_listed(columns)}"
        elif column not in used:
            yield f"argument --status: no column has addresses for that which {column} tells of"


def _of_resource(answers: Answers, there: There) -> Iterator[str]:
    used = dict.fromkeys(each["channel"] for each in _subscriptions(there))
    for (topic, channel), answer in answers.items():
        if topic != RESOURCE:
            continue
        known = None if there.resources is None else there.resources.get(channel, ())
        if channel not in service().channels:
            channels = _listed(list(service().channels))
            yield f"argument --resource: there is no channel {channel}. There are {channels}"
        elif channel not in used:
            channels = _listed(list(used))
            yield f"argument --resource: no column tells of {channel}. Columns tell of {channels}"
        elif known is not None and answer not in [each.partition(" ")[0] for each in known]:
            yield f"argument --resource: {channel} has no such resource. There are {_listed(known)}"


def _subscriptions(there: There) -> Iterator[Mapping[str, Any]]:
    return (entry.settings for stream in there.streams for entry in stream.subscriptions)


def _columns(there: There) -> list[str]:
    return list(dict.fromkeys(path for stream in there.streams for path in stream.columns))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MANY]) or "none"
