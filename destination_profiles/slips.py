"""What is wrong with settings by their form: all of it at once, in words that hold no value."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from .errors import ConfigError
from .violations import is_valid, json_path, validator, wording

if TYPE_CHECKING:  # only explains, and takes a third of a start to import
    from jsonschema.exceptions import ValidationError

NAME = re.compile(r"(s3_)?[A-Za-z_ -]{1,40}")  # a key that may be told; another may be a value
HIDDEN = "*"
OURS = "_"  # a name at the top that begins so is the platform's own, and none of ours
CHOSEN_BY = "const"
MAX_TOLD = 100  # faults in one message
MAX_EXACT = 2**53  # up to here a float has all digits of a whole number


@dataclass(frozen=True, slots=True)
class Slip:
    """A setting that does not have the form of the specification: its path, and the error."""

    path: tuple[str | int, ...]
    error: ConfigError


def as_meant(settings: Any) -> Any:
    """Settings as tools that write them mean them, at every depth: without keys that are null, and
    with whole numbers without decimals, which some write as 28.0.
    """
    if isinstance(settings, Mapping):
        return {name: as_meant(value) for name, value in settings.items() if value is not None}
    if isinstance(settings, list):
        return [as_meant(each) for each in settings]
    if isinstance(settings, float) and settings.is_integer() and abs(settings) <= MAX_EXACT:
        return int(settings)
    return settings


def numbered(sentences: Collection[str]) -> str:
    """Several sentences with their numbers, one as it is. Of very many, the first."""
    if len(sentences) == 1:
        return next(iter(sentences))
    told = [f"({number}) {each}" for number, each in enumerate(islice(sentences, MAX_TOLD), 1)]
    if beyond := len(sentences) - len(told):
        told.append(f"There are {beyond:,} more of them.")
    return " ".join(told)


def together(errors: Sequence[ConfigError]) -> ConfigError:
    """One error that says all of several."""
    if len(errors) == 1:
        return errors[0]
    stream = next((each.stream for each in errors if each.stream), None)
    return ConfigError(numbered([each.message for each in errors]), stream=stream)


def find_slips(settings: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Slip]:
    """All of them, in the order of their places."""
    unknown = [
        Slip((name,), _unknown((), name, schema, schema))
        for name in settings
        if name not in schema["properties"] and not name.startswith(OURS)
    ]
    if is_valid(settings, schema):
        return unknown
    found = [
        slip for error in validator(schema).iter_errors(settings) for slip in _slips(error, schema)
    ]
    return list({each.error.message: each for each in found + unknown}.values())


def _slips(error: "ValidationError", root: Mapping[str, Any]) -> Iterator[Slip]:
    """Those of one violation: of a choice, those of the option that is chosen."""
    path: tuple[str | int, ...] = tuple(error.absolute_path)
    instance: Any = error.instance
    known: Any = error.schema
    if error.validator == "oneOf":
        if not isinstance(instance, Mapping):  # which is a violation of its own
            return
        chooser, choices = _choice(known)
        if instance.get(chooser) in choices:
            place = choices.index(instance[chooser])
            for each in error.context or ():
                if each.relative_schema_path[0] == place:
                    yield from _slips(each, root)
            return
    if error.validator == "additionalProperties":
        for name in instance:
            if name not in known["properties"]:
                yield Slip((*path, name), _unknown(path, name, known, root))
    else:
        where = f"setting {_place(path)}" if path else "configuration"
        yield Slip(path, ConfigError(f"The {where} is wrong: {_words(error)}."))


def _choice(declared: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The key that chooses among the options of a setting, and its value for each of them."""
    options = [option["properties"] for option in declared["oneOf"]]
    chooser = next(name for name, part in options[0].items() if CHOSEN_BY in part)
    return chooser, [option[chooser][CHOSEN_BY] for option in options]


def _words(error: "ValidationError") -> str:
    """What is wanted, without keywords of a schema."""
    limit: Any = error.validator_value
    declared: Any = error.schema
    rule = str(error.validator)
    if rule in ("minLength", "minItems") and limit == 1:
        return "must not be empty"
    if rule == "pattern" and "pattern_descriptor" in declared:
        return f"must be {declared['pattern_descriptor']}"
    if rule in ("minimum", "exclusiveMinimum", "maximum"):
        return _bounds(declared)
    if rule == "oneOf":
        return _wanted_choice(error.instance, *_choice(declared))
    near = _near(error.instance, limit) if rule == "enum" else None
    return _with_near(wording(error), near)


def _bounds(declared: Mapping[str, Any]) -> str:
    """All of a number's bounds, whichever was passed."""
    least, more_than, most = map(declared.get, ("minimum", "exclusiveMinimum", "maximum"))
    if most is None:
        return f"must be {least} or more" if more_than is None else f"must be more than {more_than}"
    if more_than is not None:
        return f"must be more than {more_than} and at most {most}"
    return f"must be {most} or less" if least is None else f"must be from {least} to {most}"


def _wanted_choice(given: Any, chooser: str, choices: list[Any]) -> str:
    if chooser not in given:
        return f"{chooser} must be there"
    words = f"{chooser} must be one of {', '.join(choices)}"
    return _with_near(words, _near(given[chooser], choices))


def _with_near(words: str, near: str | None) -> str:
    return f"{words} (did you mean {near}?)" if near else words


def _unknown(
    path: tuple[str | int, ...], name: str, known: Mapping[str, Any], root: Mapping[str, Any]
) -> ConfigError:
    """The error of a key that is none of those that are known at its place."""
    place = _place((*path, name if NAME.fullmatch(name) else HIDDEN))
    chosen = [each[CHOSEN_BY] for each in known["properties"].values() if CHOSEN_BY in each]
    if near := _near(name, known["properties"]):
        return ConfigError(f"There is no setting {place}: did you mean {near}?")
    if chosen and name in {each for each, _ in _named(root)}:
        return ConfigError(f"There is no setting {place} where {chosen[0]} is chosen. Remove it.")
    if elsewhere := next((where for each, where in _named(root) if each == name), None):
        return ConfigError(f"There is no setting {place}: did you mean {elsewhere}?")
    return ConfigError(f"There is no setting {place}. Remove it, or correct its name.")


def _near(name: Any, known: Iterable[Any]) -> str | None:
    """The known name that is nearly the same."""
    if not isinstance(name, str):
        return None
    folded = {each.casefold(): each for each in known if isinstance(each, str)}
    near = get_close_matches(name.casefold().replace("-", "_"), folded, n=1)
    return folded[near[0]] if near and folded[near[0]] != name else None


def _named(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every setting of a specification, and its path."""
    for name, part in schema.get("properties", {}).items():
        yield name, f"{path}{name}"
        yield from _named(part, f"{path}{name}.")
    for part in schema.get("oneOf", ()):
        yield from _named(part, path)
    if "items" in schema:
        yield from _named(schema["items"], f"{path.removesuffix('.')}[].")


def _place(path: Iterable[str | int]) -> str:
    return json_path(path).removeprefix("$").removeprefix(".")
