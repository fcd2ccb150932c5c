"""Subscriptions that columns of consent may tell of. What their values mean is never guessed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cells import folded
from .names import channel_of, is_address_by, spellings, words
from .numbers import are_numbers, is_e164, looks_right, unreadable, with_bare_code
from .questions import (
    ABOUT_REGION,
    REGION,
    RESOURCE,
    STATUS,
    UNREADABLE,
    Answers,
    Question,
    about_bare_code,
    bare_code,
    fate,
)
from .samples import Sampled, shapes

OF_PHONES = ("sms", "whatsapp", "viber")
OPEN = "..."  # stands for what is not known yet
MAX_WORDS = 20  # of one column that are asked for


@dataclass(frozen=True, slots=True)
class Consent:
    """A subscription's settings, what is to be said of them, and what is asked. `is_open`: it
    cannot be sent yet.
    """

    settings: Mapping[str, Any]
    notes: tuple[str, ...]
    questions: tuple[Question, ...]
    is_open: bool


def consent(
    path: str,
    sampled: Sampled,
    addresses: Mapping[str, Sequence[str]],
    resources: Mapping[str, Sequence[str]],
    answers: Answers,
) -> Consent | None:
    """Of a column; `addresses` and `resources` are those of each channel. None where there is no
    address for it, or its values are no words of consent, as dates are none.
    """
    if (channel := channel_of(path)) is None:
        return None
    found = sorted(
        addresses.get(channel) or (), key=lambda each: -len({*words(each)} & {*words(path)})
    )
    if not found:
        return None
    counts = Counter(folded(each) for each in sampled.values(path))
    listed = {str(each).casefold() for each in spellings()["consent"]["values"]}
    known = [word for word, _ in counts.most_common() if word in listed][:MAX_WORDS]
    meant = _meant(path, known, answers)
    others = [each for each in sampled.values(path) if folded(each) not in meant]
    resource = answers.get((RESOURCE, channel))
    settings: dict[str, Any] = {
        "channel": channel,
        "resource_id": int(resource) if resource else OPEN,
        "address_from": found[0],
        "status_from": path,
        "status_values": [{"from": word, "to": status or OPEN} for word, status in meant.items()]
        or [{"from": OPEN, "to": OPEN}],
    }
    numbers = sampled.values(found[0]) if channel in OF_PHONES else []
    about_numbers = _written(settings, numbers, answers)
    questions = [*_asked(channel, path, meant, resource, resources), *about_numbers]
    if others and not meant:
        return None
    is_settled = bool(meant) and None not in meant.values()
    notes = _notes(path, counts, known, others, is_settled=is_settled)
    odd, becomes = _odd(settings, numbers, answers)
    if odd:
        notes.append(f"{len(odd):,} of {len(numbers):,} addresses {becomes} ({shapes(odd)})")
    notes += [each.text for each in about_numbers]
    is_open = bool(questions) or not meant or 2 * len(odd) > len(numbers)
    return Consent(settings, tuple(notes), tuple(questions), is_open)


def _asked(
    channel: str,
    path: str,
    meant: Mapping[str, str | None],
    resource: str | None,
    resources: Mapping[str, Sequence[str]],
) -> list[Question]:
    """For the resource; once it is known, for what words mean."""
    if not resource:
        about = _about_resource(channel, resources.get(channel) or ())
        return [Question(RESOURCE, channel, about)]
    return [
        Question(STATUS, f"{path}:{word}", f"What does {word} mean in the column {path}?")
        for word, status in meant.items()
        if status is None
    ]


def _written(settings: dict[str, Any], numbers: Sequence[Any], answers: Answers) -> list[Question]:
    """How addresses that are phone numbers are read, into the settings of a subscription: with the
    region that was answered, which is open where some of them are written in another way than the
    service finds them by. What is open of it.
    """
    region = answers.get((REGION, ""))
    if region is None:
        return [] if all(map(is_e164, numbers)) else [Question(REGION, "", ABOUT_REGION)]
    if numbers:
        settings["region"] = region
    if answers.get((UNREADABLE, "")) == "omit" and unreadable(numbers, region):
        settings["on_error"] = "omit"
    if not with_bare_code(numbers, region):
        return []
    settings |= bare_code(answers)
    question = about_bare_code(region)
    return [] if question.place in answers else [question]


def _odd(
    settings: Mapping[str, Any], numbers: Sequence[Any], answers: Answers
) -> tuple[list[Any], str]:
    """Addresses that are no numbers, and what becomes of them."""
    if region := settings.get("region"):
        fated = fate(answers.get((UNREADABLE, "")))
        return unreadable(numbers, region), f"cannot be read: {fated}"
    return [each for each in numbers if not looks_right(each)], "do not look like numbers"


def _meant(path: str, known: Sequence[str], answers: Answers) -> dict[str, str | None]:
    """The status of each word that is known or was answered, None where it is open."""
    told = {
        subject.rpartition(":")[2]: status
        for (topic, subject), status in answers.items()
        if topic == STATUS and subject.rpartition(":")[0] == path
    }
    return dict.fromkeys(known) | told


def _about_resource(channel: str, known: Sequence[str]) -> str:
    there = f"There are {', '.join(known)}." if known else "Its id stands in the service."
    return f"Which resource do subscriptions by {channel} belong to? {there}"


def _notes(
    path: str,
    counts: Mapping[str | None, int],
    known: Sequence[str],
    others: Sequence[Any],
    *,
    is_settled: bool,
) -> list[str]:
    asked = f"what does each value of {path} mean? It is never guessed"
    notes = [f"{path} means what you said" if is_settled else asked]
    if known:
        notes.append("in the rows: " + ", ".join(f"{word} {counts[word]:,}" for word in known))
    if others:
        notes.append(
            f"and {len(others):,} others ({shapes(others)}), which reject their rows unless they "
            "are named too, or '*' is"
        )
    return notes


def addresses(
    mails: Sequence[str], phones: Sequence[str], paths: Sequence[str], sampled: Sampled
) -> Mapping[str, Sequence[str]]:
    """The columns with an address for each channel: those of `paths` that are named so and hold
    phone numbers, then the profile's own.
    """
    channels: Mapping[str, Sequence[str]] = spellings()["consent"]["channels"]
    named = {
        channel: [
            path
            for path in paths
            if is_address_by(path, marks) and are_numbers(sampled.values(path))
        ]
        for channel, marks in channels.items()
        if channel in OF_PHONES
    }
    return {"email": mails, **{name: [*each, *phones] for name, each in named.items()}}
