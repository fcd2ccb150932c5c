"""How the values of a column are read as a field's type: by what the schema says, what the sampled
rows show, and what was answered.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Any

from ..cells import Cell, folded
from ..conversion import FALSE, TRUE, CannotConvert, Form
from ..moments import EPOCHS, LIVED, SECONDS, is_a_day, read_by
from ..phones import calling_code
from .names import spellings
from .numbers import has_digits, with_bare_code
from .questions import (
    ABOUT_REGION,
    CHOICES,
    ORDER,
    REGION,
    UNREADABLE,
    ZONE,
    Answers,
    Question,
    about_bare_code,
    bare_code,
    fate,
)
from .samples import Sampled, shapes

NAMES_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{0,2})$")
HAS_TIME = re.compile(r"[0-9]:[0-9]")
COMMA = re.compile(r"\s*[+-]?[0-9. '\u2019\u00a0\u202f]*,(?:[0-9]{1,2}|[0-9]{4,})\s*")
POINT = re.compile(r"\s*[+-]?[0-9,]*\.(?:[0-9]{1,2}|[0-9]{4,})\s*")
EITHER = re.compile(r"\s*[+-]?[0-9]{1,3},[0-9]{3}\s*")
WITH_ZONE = "timestamp_with_timezone"  # Airbyte's word
BIRTH = "_bdate"
FEW = 0.05  # of a column of milliseconds: those near 1970 look like seconds
COUNTED_FROM = 1_000_000  # smaller numbers are other things than times
ABOUT_ZONE = "Which time zone are times in that name none?"
ABOUT_ORDER = "Dates such as 05/06/2001: does the day come first, or the month?"
ABOUT_UNREADABLE = (
    "Some values cannot be read as the type of their field. Leave out the field (omit), or reject "
    "the row?"
)


@dataclass
class Reading:
    """The settings of a field beside its name and column, what is to be said of them, and what is
    open. `is_unsure`: without an answer it is better not to send the field at all.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    is_unsure: bool = False


def reading(
    kind: str,
    to: str,
    sampled: Sampled,
    paths: Sequence[str],
    *,
    answers: Answers,
    options: Sequence[str] = (),
    is_key: bool = False,
) -> Reading:
    """Of columns that go to a field whose type the service calls `kind`, more than one only where
    it takes several; `options` are those of an enum, where they are known. `is_key`: profiles are
    found by it, so that it is never left out.
    """
    if is_key:
        answers = {**answers, (UNREADABLE, ""): "reject"}
    values_of = sampled.members if kind == "phones" else sampled.values
    path, values = paths[0], [each for path in paths for each in values_of(path)]
    made = Reading()
    match kind:
        case "int" | "boolean" | "email" | "tags" | "float" | "phones":
            made.settings["type"] = "phone" if kind == "phones" else kind
            OF_KIND.get(kind, _as_it_is)(made, values, answers)
        case "date":
            _date(made, to, sampled, path, answers)
        case "enum":
            _enum(made, values, options)
        case "string" | "ip":
            kinds = sampled.kinds(path)
            if kinds != frozenset({"string"}) or not all(isinstance(each, str) for each in values):
                made.settings["type"] = "string"
    if "type" in made.settings or "values" in made.settings:
        _unread(made, values, answers)
    return made


def _as_it_is(_made: Reading, _values: Sequence[Any], _answers: Answers) -> None:
    """Nothing more is to be said."""


def _phone(made: Reading, values: Sequence[Any], answers: Answers) -> None:
    unnamed = [each for each in _failing(made.settings, values) if has_digits(each)]
    if (region := answers.get((REGION, ""))) is not None:
        made.settings["region"] = region
        if bare := with_bare_code(values, region):
            made.settings |= bare_code(answers)
            made.questions += _open(about_bare_code(region), answers)
            made.is_unsure = bool(made.questions)
            code = calling_code(region)
            made.notes.append(
                f"{len(bare):,} of {len(values):,} numbers begin with {code} and no +"
            )
    elif unnamed or not values:
        made.questions.append(Question(REGION, "", ABOUT_REGION))
        made.is_unsure = True
    if unnamed:
        made.notes.append(f"{len(unnamed):,} of {len(values):,} numbers name no country")


def _float(made: Reading, values: Sequence[Any], _: Answers) -> None:
    texts = [each for each in values if isinstance(each, str)]
    commas = sum(bool(COMMA.fullmatch(each)) for each in texts)
    points = sum(bool(POINT.fullmatch(each)) for each in texts)
    either = sum(bool(EITHER.fullmatch(each)) for each in texts)
    if commas > points:
        made.settings["decimal"] = ","
        made.notes.append(f"{commas:,} of {len(values):,} values have a comma before decimals")
    elif either and not points:
        made.notes.append(
            f"{either:,} values are written like 1,234: add decimal: ',' only if the comma stands "
            "before decimals"
        )


def _tags(made: Reading, values: Sequence[Any], _: Answers) -> None:
    texts = [each for each in values if isinstance(each, str) and each.lstrip()[:1] != "["]
    first, *others = spellings()["separators"]
    counts = {sign: sum(sign in each for each in texts) for sign in (first, *others)}
    if (most := max(counts, key=lambda sign: counts[sign])) != first:
        made.settings["separator"] = most
        made.notes.append(f"{counts[most]:,} of {len(values):,} texts are parted by {most}")


def _boolean(made: Reading, values: Sequence[Any], _: Answers) -> None:
    truths: Mapping[str, Sequence[str]] = spellings()["truths"]
    named = {word: truth for truth, words in truths.items() for word in words}
    found = list(dict.fromkeys(filter(None, map(folded, values))))
    if not any(word in named for word in found):
        return
    named |= dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")
    known = [word for word in found if word in named]
    made.settings["values"] = [{"from": word, "to": named[word]} for word in known]
    if {named[word] for word in known} == {"true"}:
        made.notes.append(
            "an empty cell leaves what is stored as it is: add default: 'false' if it means no"
        )


def _enum(made: Reading, values: Sequence[Any], options: Sequence[str]) -> None:
    known = f" The field takes: {', '.join(options)}." if options else ""
    if values and options and {str(each) for each in values} <= set(options):
        return
    made.is_unsure = True
    made.settings["values"] = [{"from": "...", "to": each} for each in options] or [
        {"from": "...", "to": "..."}
    ]
    made.notes.append(f"which option does each value of the column mean?{known}")


def _date(made: Reading, to: str, sampled: Sampled, path: str, answers: Answers) -> None:
    values, node = sampled.values(path), sampled.node(path)
    texts = [each.strip() for each in values if isinstance(each, str)]
    made.settings["type"] = "date"
    unread = _failing(made.settings, values)
    others = {each for each in unread if isinstance(each, int | float)}
    counted = [each for each in values if isinstance(each, int | float) and each not in others]
    # of milliseconds some, of few years, are not read without a form
    are_seconds = all(int(each) in SECONDS for each in (*counted, *others))
    odd = [*unread, *(() if are_seconds else counted)]
    _forms(made, list(filter(None, map(_written, odd))), len(values), answers)
    is_counted = not EPOCHS.keys().isdisjoint(made.settings.get("formats", ()))
    has_time = is_counted or bool(counted) or any(map(HAS_TIME.search, texts))
    says_time = node.get("format") == "date-time" or (not values and node.get("format") != "date")
    if to == BIRTH or not (has_time or says_time):
        return
    made.settings["type"] = "datetime"
    is_told = bool(texts) and all(map(NAMES_ZONE.search, texts))
    if not is_told and not (node.get("airbyte_type") == WITH_ZONE and not values):
        made.questions += _open(Question(ZONE, "", ABOUT_ZONE), answers)
        made.notes.append("times without a zone are read in time_zone")


def _written(value: Any) -> str:
    """A text as a form may read it, and a whole number by its digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int) else ""


def _forms(made: Reading, odd: list[str], count: int, answers: Answers) -> None:
    """The forms of dates that are no ISO 8601."""
    forms = {each["form"]: each for each in spellings()["dates"]}
    left = set(odd)
    read = {form: {text for text in left if _is_read(text, form)} for form in forms}
    day, month = (_of_order(read, order) for order in CHOICES[ORDER])
    order = answers.get((ORDER, ""))
    if order is None and bool(day - month) != bool(month - day):
        order = "day" if day - month else "month"
    if order is None and day | month:
        made.questions.append(Question(ORDER, "", ABOUT_ORDER))
        made.is_unsure = True
    usable = {form: each for form, each in forms.items() if each.get("order") in (None, order)}
    while usable and (form := max(usable, key=lambda form: len(read[form] & left))):
        if not (found := read[form] & left):
            break
        many = sum(text in found for text in odd)
        made.settings.setdefault("formats", []).append(form)
        made.notes.append(f"{many:,} of {count:,} are written like {usable.pop(form)['like']}")
        left -= found
    both = [sum(text in read[form] for text in odd) for form in ("%s", "%ms")]
    if all(both):  # as milliseconds, seconds would be days of 1970
        made.settings["formats"].sort(key=lambda form: form == "%ms")
        if min(both) < FEW * sum(both):
            made.is_unsure = True
            made.notes.append("do the fewer count otherwise, or are they near 1970?")


def _of_order(read: Mapping[str, set[str]], order: str) -> set[str]:
    """The texts that forms with an order of day and month read."""
    forms = (each["form"] for each in spellings()["dates"] if each.get("order") == order)
    return set().union(*(read[form] for form in forms))


def _is_read(text: str, form: str) -> bool:
    try:
        fits = form not in EPOCHS or _counts(int(Decimal(text)), form)
        return fits and read_by(text, form).year in LIVED
    except (ValueError, ArithmeticError):
        return False


def _counts(number: int, form: str) -> bool:
    """Whether a number more likely counts from the epoch in this way than is anything else."""
    is_counted = abs(number) >= COUNTED_FROM and not is_a_day(number)
    return is_counted and (number in SECONDS) == (form == "%s")


def _unread(made: Reading, values: Sequence[Any], answers: Answers) -> None:
    """What cannot be read in the end."""
    unread = [] if made.is_unsure else _failing(made.settings, values)
    if 2 * len(unread) > len(values):
        made.is_unsure = True
        told = f"{len(unread):,} of {len(values):,} cannot be read ({shapes(unread)})"
        made.notes.append(f"{told}: is it this column?")
        return
    answer = answers.get((UNREADABLE, ""))
    if answer == "omit" and (unread or not values):
        made.settings["on_error"] = "omit"
    if unread:
        made.notes.append(
            f"{len(unread):,} of {len(values):,} cannot be read: {fate(answer)} ({shapes(unread)})"
        )
        made.questions += _open(Question(UNREADABLE, "", ABOUT_UNREADABLE), answers)


def _open(question: Question, answers: Answers) -> list[Question]:
    """A question that is not answered yet."""
    return [] if question.place in answers else [question]


def _failing(settings: Mapping[str, Any], values: Sequence[Any]) -> list[Any]:
    """The values that these settings of a field do not read."""
    form = Form(
        separator=settings.get("separator", ","),
        formats=tuple(settings.get("formats", ())),
        decimal=settings.get("decimal", "."),
        region=settings.get("region"),
        code_without_plus=settings.get("code_without_plus", False),
    )
    named = tuple((each["from"], each["to"]) for each in settings.get("values", ()))
    read = Cell(values=named, form=form).reader(settings.get("type"), UTC)
    return [each for each in values if read is not None and not _takes(read, each)]


def _takes(read: Callable[[Any], Any], value: Any) -> bool:
    try:
        read(value)
    except CannotConvert:
        return False
    return True


OF_KIND: Mapping[str, Callable[[Reading, Sequence[Any], Answers], None]] = {
    "phones": _phone,
    "float": _float,
    "tags": _tags,
    "boolean": _boolean,
}
