"""When two records may mean the same profile."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

Identities = tuple[str, ...]


def _texts(values: Sequence[Any]) -> list[Identities]:
    """Case, blanks and the form of a whole number make no difference. Of several tags each is one:
    any of them may find the profile.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(zip(map(str, values), strict=True))
    texts = values if kinds == {str} else list(map(_text, values))
    folded = list(map(str.casefold, map(str.strip, texts)))
    if "," not in "".join(folded):
        return list(zip(folded, strict=True))
    return [
        tuple(sorted({part.strip() for part in text.split(",")})) if "," in text else (text,)
        for text in folded
    ]


def _text(value: Any) -> str:
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _phones(values: Sequence[Any]) -> list[Identities]:
    return [("".join(filter(str.isdigit, str(value))) or str(value),) for value in values]


IDENTITIES: Mapping[str, Callable[[Sequence[Any]], list[Identities]]] = {
    "text": _texts,
    "phone": _phones,
}


class Identify:
    """Profiles to identities. Values are compared more loosely than the service may do (case, signs
    in a phone): that costs a wait, never an order.
    """

    def __init__(self, rules: list[list[tuple[str, str]]]) -> None:
        """Each of `rules` is one way to find a profile: all of its fields, each with the way its
        values are compared.
        """
        self._rules = [[(field, IDENTITIES[kind]) for field, kind in rule] for rule in rules]
        self._fields = tuple(dict.fromkeys(field for rule in rules for field, _ in rule))

    def __call__(self, profile: Mapping[str, Any]) -> Identities:
        """The identities of one profile."""
        if len(self._fields) == 1:
            (((field, identities),),) = self._rules
            return identities([profile[field]])[0]
        return tuple(each for rule in self._rules for each in _identities(rule, profile))

    def many(self, column: Callable[[str], Sequence[Any]]) -> list[Identities]:
        """The identities of profiles of which `column` gives the values of a field."""
        if len(self._fields) == 1:
            (((field, identities),),) = self._rules
            return identities(column(field))
        return [
            self(dict(zip(self._fields, values, strict=True)))
            for values in zip(*map(column, self._fields), strict=True)
        ]


def _identities(
    rule: list[tuple[str, Callable[[Sequence[Any]], list[Identities]]]], profile: Mapping[str, Any]
) -> list[str]:
    """The identities by one alternative: none where a field is missing, one for each member where a
    value is a list.
    """
    values = [(identities, profile.get(field)) for field, identities in rule]
    if any(value is None or value in ("", []) for _, value in values):
        return []
    lists = [
        list(chain.from_iterable(identities(value if isinstance(value, list) else [value])))
        for identities, value in values
    ]
    if len(lists) == 1:
        return list(dict.fromkeys(lists[0]))
    return ["\0".join(",".join(each) for each in lists)]
