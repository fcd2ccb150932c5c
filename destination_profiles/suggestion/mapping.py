"""A mapping from the columns of streams to the fields of a database, as far as it can be told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records.airbyte_columns import added
from .consent import Consent, addresses, consent
from .fields import Field
from .keys import EMAIL, MODES, PHONES, Candidate, Choice, Known, choose
from .names import (
    APART,
    AROUND,
    SAME,
    SPELLED,
    Fit,
    Names,
    means_more,
    spellings,
    tells_consent,
    tells_deletion,
)
from .questions import Answers, Question, columns_of_status, key_column
from .reading import Reading, reading
from .samples import Sampled

NOT_TAKEN = frozenset({"object", "arr_object"})  # columns seldom have their values as they are


@dataclass(frozen=True, slots=True)
class Source:
    """A stream that something is to be taken from. `namespace` is set where two share a name."""

    name: str
    namespace: str | None
    sampled: Sampled


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list of settings, with what is to be said of it. `is_open`: it waits for an
    answer, and is not used. `is_asked`: a question is about it.
    """

    settings: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    is_open: bool = False
    is_asked: bool = False


@dataclass
class StreamSuggestion:
    """What is suggested for one stream. `matching` is the setting that its key asks for; `left` are
    columns that nothing is taken from.
    """

    name: str
    namespace: str | None
    key: Choice
    matching: Mapping[str, Any] | None = None
    fields: list[Entry] = field(default_factory=list)
    subscriptions: list[Entry] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    rows: int = 0
    columns: Sequence[str] = ()  # all, but for those that Airbyte adds

    def about_left(self) -> Iterator[str]:
        """What is asked of columns that nothing is taken from, by their names: whether they tell of
        deletions, or who said no.
        """
        own = [each for each in self.left if each not in added(self.left)]
        if deleting := [each for each in own if tells_deletion(each)]:
            yield (
                f"does {' or '.join(deleting)} tell which rows are deleted? They are sent as all "
                "others are: leave them out in the source"
            )
        if consenting := [each for each in own if tells_consent(each)]:
            yield (
                f"does {' or '.join(consenting)} tell who said no? Nobody is unsubscribed by it "
                "yet: if it does, add a subscription with status_from and status_values ('*' is "
                "any value that is not empty)"
            )


@dataclass(frozen=True, slots=True)
class _Use:
    """The columns that a field is taken from."""

    field: Field
    paths: tuple[str, ...]
    fit: Fit
    others: tuple[str, ...] = ()  # that fit as well


def suggest(
    source: Source,
    fields: Sequence[Field],
    *,
    given: Mapping[str, Any] | None,
    answers: Answers,
    known: Known,
    resources: Mapping[str, Sequence[str]],
) -> StreamSuggestion:
    """Of one stream. `given` is the setting `matching` where it is settled, `known` asks the
    service, which has these `resources` by channel.
    """
    names = Names({each.name: each.title for each in fields})
    sampled = source.sampled
    told, key_told = columns_of_status(answers), key_column(answers)
    steps = {step for path in (*told, key_told or "") for step in path.split(".")}
    columns = sampled.columns(
        lambda name: (
            name in steps
            or tells_consent(name)
            or tells_deletion(name)
            or _is_spelled(name, fields, names)
        )
    )
    paths = [path for path in columns if path not in added(columns)]
    consenting = [
        path
        for path in paths
        if path in told or (path != key_told and _is_consent(path, fields, names))
    ]
    free = [path for path in paths if path not in consenting]
    key = choose(fields, names, sampled, free, given=given, answers=answers, known=known)
    matching = given or (key.chosen.matching() if key.chosen else None)
    made = StreamSuggestion(source.name, source.namespace, key, matching)
    made.rows, made.columns = len(sampled.rows), paths
    uses = _uses(fields, names, free, key.chosen)
    for use in sorted(uses, key=lambda use: (not _is_key(use, key), paths.index(use.paths[0]))):
        _enter(made, use, sampled, answers)
    where = addresses(_of(uses, EMAIL), _of(uses, PHONES), free, sampled)
    taken = {path for use in uses for path in use.paths}
    consents = (consent(path, sampled, where, resources, answers) for path in consenting)
    for found in sorted(
        filter(None, consents), key=lambda each: each.settings["status_from"] not in told
    ):
        taken |= {str(found.settings["status_from"]), str(found.settings["address_from"])}
        _subscribe(made, found)
    made.questions += [key.question] if key.question else []
    made.left = _left(columns, taken)
    return made


def _left(columns: Sequence[str], taken: set[str]) -> list[str]:
    """Those that nothing is taken from, from what is around them or from what is inside."""
    inside = tuple(f"{path}." for path in columns if path in taken)
    outside = {path.rpartition(".")[0] for path in taken}
    return [path for path in columns if path not in taken | outside and not path.startswith(inside)]


def _subscribe(made: StreamSuggestion, found: Consent) -> None:
    """A subscription into a suggestion: one for each channel, as two would contradict."""
    channel = found.settings["channel"]
    others = [each for each in made.subscriptions if each.settings["channel"] == channel]
    if not others:
        made.subscriptions.append(
            Entry(found.settings, found.notes, found.is_open, bool(found.questions))
        )
        made.questions += found.questions
        return
    first = others[0].settings["status_from"]
    note = f"{first} tells of {channel} too: which of them is right?"
    made.subscriptions.append(Entry(found.settings, (note, *found.notes), is_open=True))


def _is_consent(path: str, fields: Iterable[Field], names: Names) -> bool:
    if not tells_consent(path):
        return False
    return not _is_spelled(path, fields, names)


def _is_spelled(path: str, fields: Iterable[Field], names: Names) -> bool:
    """Whether a name as a whole is a usual one of a field."""
    fits = (names.fit(path, each.name) for each in fields)
    return any(fit is not None and fit.strength >= SPELLED for fit in fits)


def _uses(
    fields: Sequence[Field], names: Names, paths: Sequence[str], key: Candidate | None
) -> list[_Use]:
    """Fields with their columns, each column for the field that it fits best."""
    fits = [
        (field, path, fit)
        for field in fields
        if field.kind not in NOT_TAKEN
        for path in paths
        if (fit := names.fit(path, field.name)) is not None
    ]
    fits.sort(key=lambda each: (-each[2].strength, each[1].count(".")))
    if key is not None and key.field.name not in MODES:
        fits.insert(0, (key.field, key.path, Fit(key.strength, key.why)))
    by_field: dict[str, list[tuple[Field, str, Fit]]] = {}
    taken: dict[str, str] = {}
    for field_, path, fit in fits:
        if taken.setdefault(path, field_.name) == field_.name:
            by_field.setdefault(field_.name, []).append((field_, path, fit))
    return list(map(_use, by_field.values()))


def _use(found: Sequence[tuple[Field, str, Fit]]) -> _Use:
    field_, first, fit = found[0]
    own = [path for _, path, each in found if each.strength > APART] or [first]
    used = tuple(dict.fromkeys(own)) if field_.kind == PHONES else (first,)
    others = dict.fromkeys(path for _, path, _ in found if path not in used)
    return _Use(field_, used, fit, tuple(others))


def _enter(made: StreamSuggestion, use: _Use, sampled: Sampled, answers: Answers) -> None:
    """A field of the profile into a suggestion."""
    to, kind = use.field.name, use.field.kind
    is_key = _is_key(use, made.key)
    read = reading(
        kind,
        to,
        sampled,
        use.paths,
        answers=answers,
        options=use.field.options,
        is_key=is_key,
    )
    source = {"columns": list(use.paths)} if kind == PHONES else {"from": use.paths[0]}
    notes = tuple(_notes(use, read))
    is_open, is_asked = read.is_unsure and not is_key, bool(read.questions)
    if made.key.question and use.paths[0] in made.key.waiting:
        is_open = is_asked = True
        notes = (made.key.question.text, *notes)
    elif not is_key and (doubt := _doubt(use)):
        is_open, is_asked, notes = True, False, (doubt, *notes)
    made.fields.append(Entry({"to": to, **source, **read.settings}, notes, is_open, is_asked))
    made.questions += read.questions


def _doubt(use: _Use) -> str | None:
    """Why a field is not taken from a column before somebody has looked at it."""
    if use.field.name in spellings()["acting"]:
        return "the service acts by this field: is it this column?"
    if use.fit.strength < SAME and means_more(use.paths[0]):
        return "its name means other things too: is it this column?"
    return f"{use.fit.why}: is it this column?" if use.fit.strength == APART else None


def _notes(use: _Use, read: Reading) -> Iterator[str]:
    if use.fit.strength == AROUND:
        yield f"is it this column? {use.fit.why}"
    if use.others:
        yield f"fitting as well: {', '.join(use.others)}"
    yield from read.notes
    yield from dict.fromkeys(each.text for each in read.questions if read.is_unsure)


def _is_key(use: _Use, key: Choice) -> bool:
    return key.chosen is not None and key.chosen.field.name == use.field.name


def _of(uses: Iterable[_Use], name: str) -> tuple[str, ...]:
    """The columns of a field that are surely the customer's own."""
    own = (use.paths for use in uses if use.field.name == name and use.fit.strength > APART)
    return next(own, ())
