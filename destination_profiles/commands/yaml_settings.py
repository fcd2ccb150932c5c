"""YAML as a person writes settings in it: what JSON has, and comments. A text without quotes is a
number, `true`, `false` or `null` only where JSON has the same; YAML's other words (`NO`, `on`,
`2024-01-01`, `12:30`, `007`) stay the texts that they look like.
"""

import re
from typing import Any

import yaml

BEGIN = "tag:yaml.org,2002:"
REPEATED = 1_000_000  # letters and values that aliases may add
TOO_MUCH = "its aliases (*) repeat too much"
PLAIN = {  # what a text without quotes is read as, by its first letters
    "null": (r"^(null|~|)$", ["n", "~", ""]),
    "bool": (r"^(true|false)$", ["t", "f"]),
    "int": (r"^-?(0|[1-9][0-9]*)$", list("-0123456789")),
    "float": (r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$", list("-0123456789")),
    "merge": (r"^<<$", ["<"]),
}
SAID = {  # by a part of the library's own words, which quote the text
    "mapping values": "a colon is not allowed here; quote the text, or indent it",
    "expected key": "the indentation does not fit, or a quote or comma is missing",
    "any token": "a text that begins so, or a tab, must be in quotes",
    "undefined alias": "a text that begins with * must be in quotes",
    "the tag": "a text that begins with ! must be in quotes",
    "expected ',' or": "a bracket is not closed, or a comma is missing",
    "unexpected end": "a quote is not closed",
    "expected ':'": "a colon and a blank are missing after a name",
    "single document": "a second document begins; only one is allowed",
    "control characters": "a control character is not allowed",
}


class Broken(Exception):
    """A text that cannot be read: why, in part of a sentence, and where, counted from 1."""

    def __init__(self, why: str, line: int | None = None, column: int | None = None) -> None:
        """Keep all three."""
        super().__init__(why)
        self.why, self.line, self.column = why, line, column

    def place(self) -> str:
        """Where, as a part of a sentence, if that is known."""
        return f"line {self.line}, column {self.column}: " if self.line else ""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # either is one
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library has it so
    merged = 0  # names that `<<` has taken over

    def flatten_mapping(self, node: Any) -> None:
        """Take over what `<<` names, within bounds."""
        before = len(node.value)
        super().flatten_mapping(node)
        self.merged += max(len(node.value) - before, 0)
        if self.merged > REPEATED:
            raise _broken(TOO_MUCH, node.start_mark)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """A mapping whose keys are texts, each there once."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _broken("a name is expected, not a list or a mapping", key.start_mark)
            if key.tag != f"{BEGIN}merge":
                key.tag = f"{BEGIN}str"  # as `on` and `1` are in JSON
                if key.value in seen:
                    raise _broken("a setting appears twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


for kind, (pattern, first) in PLAIN.items():
    _Loader.add_implicit_resolver(f"{BEGIN}{kind}", re.compile(pattern), first)


def load(text: str) -> Any:
    """The value of a document. Raises Broken, without any of the text."""
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _broken(_said(f"{error.problem} {error.context}"), mark) from None
    except yaml.YAMLError as error:
        raise Broken(_said(str(getattr(error, "reason", "")))) from None
    except ValueError:  # of a tag such as `!!int`
        raise Broken("a value does not have the type that it is tagged with") from None
    if _size(value, {}) > len(text) + REPEATED:
        raise Broken(TOO_MUCH)
    return value


def _size(value: Any, known: dict[int, int]) -> int:
    """Letters and values, each as often as it is named: an alias holds what it is of once more. One
    that is within itself counts once; it is nothing that JSON has.
    """
    if isinstance(value, dict):
        within = [*value, *value.values()]
    elif isinstance(value, list):
        within = value
    else:
        return 1 + (len(value) if isinstance(value, str) else 0)
    if id(value) not in known:
        known[id(value)] = 0
        known[id(value)] = 1 + sum(_size(each, known) for each in within)
    return known[id(value)]


def _said(words: str) -> str:
    return next((said for part, said in SAID.items() if part in words), "it is not valid YAML")


def _broken(why: str, mark: Any) -> Broken:
    return Broken(why, mark.line + 1, mark.column + 1) if mark else Broken(why)
