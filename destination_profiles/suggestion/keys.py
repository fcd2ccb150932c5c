"""Which column finds the profile of a row, and by which key of the database."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..cells import Cell
from ..conversion import CannotConvert
from .fields import Field
from .names import APART, ID, SAME, Names, bare
from .numbers import has_digits
from .questions import KEY, Answers, Question, key_column
from .samples import Sampled, distinct

EMAIL, PHONES, CUSTOM = "email", "phones", "custom"
MODES = {EMAIL: "email", PHONES: "phone"}  # matching modes of system fields
MANY = 20  # values of a column, which are few different ones by no chance
ASKED = 20  # sampled values that the service is asked for, to tell keys apart
MOST = 0.5  # of them: the service knows more of the right key
TOLD = "you said so"
ABOUT_KEY = "which column is it that profiles are found by?"
# how many of some values the service finds by a key; None where it does not tell
Known = Callable[[Mapping[str, Any], Sequence[Any]], int | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key that a database offers, and the column that fits it."""

    field: Field
    path: str
    strength: int
    why: str

    @property
    def is_told(self) -> bool:
        """Whether somebody said so."""
        return self.why == TOLD

    @property
    def answer(self) -> str:
        """What chooses it."""
        return f"{self.field.name}={self.path}"

    @property
    def told(self) -> str:
        """It, in words."""
        return f"{self.field.name} ({self.path})"

    def matching(self) -> dict[str, Any]:
        """The setting `matching`."""
        if self.field.name in MODES:
            return {"mode": MODES[self.field.name]}
        return {"mode": CUSTOM, "field_name": self.field.name}


@dataclass(frozen=True, slots=True)
class Choice:
    """The key that is suggested, if any, why, and the question where another fits as well.
    `waiting`: the columns of which it may be any, so that none is used.
    """

    chosen: Candidate | None
    why: tuple[str, ...]
    question: Question | None = None
    waiting: tuple[str, ...] = ()


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
    column fits best, else the address. Where several fit as well, columns or fields, the service
    is asked for some sampled values.
    """
    found: list[Candidate] = []
    odd: list[Candidate] = []
    for field in fields:
        fitting = _candidates(field, names, paths, answers)
        odd += (each for each in fitting if not _are_read(each, sampled))
        found += _best([each for each in fitting if each not in odd and _differ(each, sampled)])
    told = tuple(f"{each.told}: its values cannot be read as {each.field.kind}." for each in odd)
    if (wanted := _wanted(given, answers)) is not None:
        found = [each for each in found if each.field.name in wanted]
        if not found:
            why = f"No column fits {' or '.join(wanted)}, which it is found by."
            return Choice(None, (why, *told))
    if not found:
        return Choice(None, ("No column fits a key of this database.", *told))
    if wanted is None:
        found.sort(key=lambda each: (each.field.name in MODES, -each.strength))
    rivals = _rivals(found, is_settled=wanted is not None)
    if rivals[1:]:
        return _by_asking(rivals, found, sampled, known)
    others = (*_others(found[1:]), *told) if wanted is None else ()
    return Choice(found[0], (_told(found[0], sampled), *others))


def _best(fitting: Sequence[Candidate]) -> list[Candidate]:
    """The columns that fit a field best; one that is called `id` alone may be that of the row."""
    most = max((each.strength for each in fitting), default=0)
    best = [each for each in fitting if each.strength == most]
    return sorted(best, key=lambda each: bare(each.path) == ID)


def _rivals(found: Sequence[Candidate], *, is_settled: bool) -> list[Candidate]:
    """Those that fit as well as the first: columns of its field, and unless the field is settled,
    other custom fields. An array of phones takes all its columns.
    """
    first = found[0]
    alike = [each for each in found if each.strength == first.strength]
    if first.field.name == PHONES:
        return [first]
    if is_settled or first.field.name in MODES:
        return [each for each in alike if each.field is first.field]
    return [each for each in alike if each.field.name not in MODES]


def _by_asking(
    rivals: list[Candidate], found: list[Candidate], sampled: Sampled, known: Known
) -> Choice:
    """One of several that fit as well: the one by which the service clearly finds most."""
    asked = {each: _asked(each, sampled, known) for each in rivals}
    shares = {each: count / tried for each, (count, tried) in asked.items() if count is not None}
    best = max(rivals, key=lambda each: shares.get(each, -1))
    others = _others([each for each in found if each is not best])
    paths = tuple(dict.fromkeys(each.path for each in rivals))
    names = [each.told if paths[1:] else each.field.name for each in rivals]
    if _is_clear(best, shares, rivals):
        told = ", ".join(
            f"{asked[each][0]} by {name}" for each, name in zip(rivals, names, strict=True)
        )
        why = f"Of {asked[best][1]} sampled values the service knows {told}."
        return Choice(best, (_told(best, sampled), why, *others))
    alike = f"{', '.join(names)} fit as well as each other."
    if paths[1:]:
        listed = ", ".join(each.answer for each in rivals)
        text = f"Which field are profiles found by, and which column is it taken from: {listed}?"
        choices = tuple(each.answer for each in found)
        return Choice(best, (alike, *others), Question(KEY, "", text, choices), paths)
    choices = tuple(dict.fromkeys(each.field.name for each in found))
    question = Question(KEY, "", f"Which field are profiles found by: {', '.join(names)}?", choices)
    return Choice(best, (_told(best, sampled), alike, *others), question)


def _is_clear(
    best: Candidate, shares: Mapping[Candidate, float], rivals: Sequence[Candidate]
) -> bool:
    """Whether the service knows most values of one, and of each other not half as many."""
    others = [share for each, share in shares.items() if each is not best]
    is_told = len(shares) == len(rivals)
    return is_told and shares[best] > MOST and all(2 * share <= shares[best] for share in others)


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


def _differ(candidate: Candidate, sampled: Sampled) -> bool:
    """Whether values may be those of a key, as most are different ones."""
    values = sampled.values(candidate.path)
    return candidate.is_told or len(values) < MANY or distinct(values) > len(values) / 2


def _are_read(candidate: Candidate, sampled: Sampled) -> bool:
    """Whether most values have the type of the key, if there are rows. A phone number may be one
    within a country that nobody has named yet.
    """
    values = sampled.values(candidate.path)
    if candidate.is_told or not sampled.rows:
        return True
    if candidate.field.name == PHONES:
        return any(map(has_digits, sampled.members(candidate.path)))
    return bool(values) and 2 * len(_read(candidate, sampled)) >= len(values)


def _candidates(
    field: Field, names: Names, paths: Sequence[str], answers: Answers
) -> list[Candidate]:
    told = key_column(answers)
    if told is not None and told in paths and answers[KEY, ""] == f"{field.name}={told}":
        return [Candidate(field, told, SAME, TOLD)] if field.is_key else []
    if not field.is_key or not names.may_be_key(field.name):
        return []
    fits = [(path, names.fit(path, field.name)) for path in paths]
    return [
        Candidate(field, path, fit.strength, fit.why)
        for path, fit in fits
        if fit is not None and fit.strength > APART
    ]


def _wanted(given: Mapping[str, Any] | None, answers: Answers) -> tuple[str, ...] | None:
    """The fields of the key that is settled already."""
    if answer := answers.get((KEY, "")):
        return (answer.partition("=")[0],)
    return None if given is None else settled_by(given)


def settled_by(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of the key that a setting `matching` names."""
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
    told = ", ".join(each.told for each in others)
    return (f"Other keys that a column fits: {told}.",) if told else ()
