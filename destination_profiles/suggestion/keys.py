"""Which column finds the profile of a row, and by which key of the database."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..cells import Cell
from ..conversion import CannotConvert
from .fields import Field
from .names import Names
from .questions import KEY, Answers, Question
from .samples import Sampled, distinct

EMAIL, PHONES, CUSTOM = "email", "phones", "custom"
MODES = {EMAIL: "email", PHONES: "phone"}  # matching modes of system fields
MANY = 20  # values of a column, which are few different ones by no chance
ASKED = 20  # sampled values that the service is asked for, to tell keys apart
# how many of some values the service finds by a key; None where it does not tell
Known = Callable[[Mapping[str, Any], Sequence[Any]], int | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that a database offers, and the column that fits it."""

    field: Field
    path: str
    strength: int
    why: str

    def matching(self) -> dict[str, Any]:
        """The setting `matching`."""
        if self.field.name in MODES:
            return {"mode": MODES[self.field.name]}
        return {"mode": CUSTOM, "field_name": self.field.name}


@dataclass(frozen=True, slots=True)
class Choice:
    """The key that is suggested, if any, why, and the question where another fits as well."""

    chosen: Candidate | None
    why: tuple[str, ...]
    question: Question | None = None


def choose(
    fields: Sequence[Field],
    names: Names,
    sampled: Sampled,
    paths: Sequence[str],
    *,
    given: Mapping[str, Any] | None,
    answers: Answers,
    known: Known,
) -> Choice:
    """The best key: one that is `given` as `matching` or answered, else the custom field that a
    column fits best, else the address. Where several fit as well, the service is asked for some
    sampled values.
    """
    found = [each for field in fields for each in _candidates(field, names, paths, answers)]
    found = [each for each in found if _differ(sampled.values(each.path))]
    if (wanted := _wanted(given, answers)) is not None:
        found = [each for each in found if each.field.name in wanted]
        if not found:
            return Choice(None, (f"No column fits {' or '.join(wanted)}, which it is found by.",))
        return Choice(found[0], (_told(found[0], sampled),))
    if not found:
        return Choice(None, ("No column fits a key of this database.",))
    found.sort(key=lambda each: (each.field.name in MODES, -each.strength))
    best = found[0]
    own = [each for each in found if each.field.name not in MODES]
    rivals = [each for each in own if each.strength == best.strength]
    if rivals[1:]:
        return _by_asking(rivals, found, sampled, known)
    others = [each for each in found if each is not best]
    return Choice(best, (_told(best, sampled), *_others(others)))


def _by_asking(
    rivals: list[Candidate], found: list[Candidate], sampled: Sampled, known: Known
) -> Choice:
    """One of several that fit as well: the one by which the service finds most."""
    asked = {each.field.name: _asked(each, sampled, known) for each in rivals}
    counts = {name: count for name, (count, _) in asked.items() if count is not None}
    best = max(rivals, key=lambda each: counts.get(each.field.name, -1))
    others = _others([each for each in found if each is not best])
    most = sorted(counts.values(), reverse=True)
    if len(most) > 1 and most[0] > most[1]:
        told = ", ".join(f"{counts[name]} by {name}" for name in counts)
        tried = asked[best.field.name][1]
        return Choice(
            best,
            (_told(best, sampled), f"Of {tried} sampled values the service knows {told}.", *others),
        )
    names = ", ".join(each.field.name for each in rivals)
    choices = tuple(each.field.name for each in found)
    question = Question(KEY, "", f"Which field are profiles found by: {names}?", choices)
    why = (_told(best, sampled), f"{names} fit as well as each other.", *others)
    return Choice(best, why, question)


def _asked(candidate: Candidate, sampled: Sampled, known: Known) -> tuple[int | None, int]:
    values = _read(candidate, sampled)[:ASKED]
    return (known(candidate.matching(), values) if values else None), len(values)


def _read(candidate: Candidate, sampled: Sampled) -> list[Any]:
    """The values of a column as its key is sent, those that can be read."""
    kind = MODES.get(candidate.field.name, candidate.field.kind)
    read = Cell().reader(kind)
    values = []
    for each in sampled.values(candidate.path):
        with suppress(CannotConvert):
            values.append(read(each) if read else each)
    return values


def _differ(values: Sequence[Any]) -> bool:
    """Whether values may be those of a key, as most are different ones."""
    return len(values) < MANY or distinct(values) > len(values) / 2


def _candidates(
    field: Field, names: Names, paths: Sequence[str], answers: Answers
) -> list[Candidate]:
    if not field.is_key or not names.may_be_key(field.name):
        return []
    wanted = answers.get((KEY, ""), "").partition("=")
    if wanted[0] == field.name and wanted[2] in paths:
        return [Candidate(field, wanted[2], 3, "you said so")]
    fits = [(path, names.fit(path, field.name)) for path in paths]
    found = [Candidate(field, path, fit.strength, fit.why) for path, fit in fits if fit is not None]
    return sorted(found, key=lambda each: -each.strength)[:1]


def _wanted(given: Mapping[str, Any] | None, answers: Answers) -> tuple[str, ...] | None:
    """The fields of the key that is settled already."""
    if answer := answers.get((KEY, "")):
        return (answer.partition("=")[0],)
    if given is None:
        return None
    if "field_name" in given:
        return (str(given["field_name"]),)
    mode = str(given.get("mode", EMAIL))
    return tuple(name for name in MODES if mode.startswith(MODES[name].rstrip("s"))) or (mode,)


def _told(chosen: Candidate, sampled: Sampled) -> str:
    values = sampled.values(chosen.path)
    counts = (
        f" Of {len(sampled.rows):,} rows {len(values):,} have a value, {distinct(values):,} "
        "different ones."
        if sampled.rows
        else ""
    )
    return f"{chosen.field.name} is taken from the column {chosen.path}: {chosen.why}.{counts}"


def _others(others: Sequence[Candidate]) -> tuple[str, ...]:
    told = ", ".join(f"{each.field.name} ({each.path})" for each in others)
    return (f"Other keys that a column fits: {told}.",) if told else ()
