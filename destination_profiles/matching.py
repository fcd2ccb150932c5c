"""How the service finds the profile of a record, and when two records may mean the same profile."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from .errors import ConfigError
from .manifest import MatchingMode, Service

Identities = tuple[str, ...]


def _texts(values: list[Any]) -> list[Identities]:
    """Case, blanks and the form of a whole number make no difference. Of several tags each is one: any of them may find the profile."""
    texts = values if set(map(type, values)) == {str} else list(map(_text, values))
    folded = list(map(str.casefold, map(str.strip, texts)))
    if "," not in "".join(folded):
        return list(zip(folded, strict=True))
    return [tuple(sorted({part.strip() for part in text.split(",")})) if "," in text else (text,) for text in folded]


def _text(value: Any) -> str:
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _phones(values: list[Any]) -> list[Identities]:
    return [("".join(filter(str.isdigit, str(value))) or str(value),) for value in values]


IDENTITIES: Mapping[str, Callable[[list[Any]], list[Identities]]] = {"text": _texts, "phone": _phones}


@dataclass(frozen=True)
class Matching:
    """A matching mode with the parameters that the user gave it, by name."""

    mode: MatchingMode
    given: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """What the request says of it."""
        return {"matching": self.mode.name, **self.given}

    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """Fields of a profile it can be found by: each inner tuple is one composite key."""
        return tuple(tuple(self._field(key) for key in keys) for keys in self.mode.keys)

    def fields(self) -> tuple[str, ...]:
        """All fields that stand in any of the alternatives."""
        return tuple(dict.fromkeys(field for keys in self.alternatives() for field in keys))

    def in_words(self) -> str:
        """The alternatives, for a sentence."""
        return " or ".join(" and ".join(key) for key in self.alternatives())

    def is_by(self, key: Collection[str], service: Service) -> bool:
        """Whether only the fields of a key find a profile, or others that hold the same, as `phones` does for `phone`."""
        kinds = {self._field(name): service.matching_keys[name]["identity"] for names in self.mode.keys for name in names}
        return all(field in key or kind in {kinds.get(name) for name in key} for field, kind in kinds.items())

    def _field(self, key: str) -> str:
        """The field that a key of the manifest stands for: `{name}` is the one that the user names in the parameter `name`."""
        return str(self.given[key[1:-1]]) if key.startswith("{") else key

    def key_schema(self, service: Service) -> dict[str, Any]:
        """JSON schema: at least one alternative is there, whole, and of the right type. A null is of no type."""
        types = {self._field(key): service.matching_keys[key]["schema"] for keys in self.mode.keys for key in keys}
        required = [{"required": list(keys)} for keys in self.alternatives()]
        return {"properties": types, **(required[0] if len(required) == 1 else {"anyOf": required})}

    def identify(self, service: Service) -> "Identify":
        """What gives the identities of profiles; two profiles that share one may be the same profile."""
        return Identify([[(self._field(key), service.matching_keys[key]["identity"]) for key in keys] for keys in self.mode.keys])


class Identify:
    """Profiles to identities. Values are compared more loosely than the service may do (case, signs in a phone): that costs a wait, never
    an order.
    """

    def __init__(self, rules: list[list[tuple[str, str]]]) -> None:
        """Each of `rules` is one way to find a profile: all of its fields, each with the way its values are compared."""
        self._rules = [[(field, IDENTITIES[kind]) for field, kind in rule] for rule in rules]
        self._fields = tuple(dict.fromkeys(field for rule in rules for field, _ in rule))

    def __call__(self, profile: Mapping[str, Any]) -> Identities:
        """The identities of one profile."""
        if len(self._fields) == 1:
            (((field, identities),),) = self._rules
            return identities([profile[field]])[0]
        return tuple(each for rule in self._rules for each in _identities(rule, profile))

    def many(self, column: Callable[[str], list[Any]]) -> list[Identities]:
        """The identities of profiles of which `column` gives the values of a field."""
        if len(self._fields) == 1:
            (((field, identities),),) = self._rules
            return identities(column(field))
        return [self(dict(zip(self._fields, values, strict=True))) for values in zip(*map(column, self._fields), strict=True)]


def _identities(rule: list[tuple[str, Callable[[list[Any]], list[Identities]]]], profile: Mapping[str, Any]) -> list[str]:
    """The identities by one alternative: none where a field is missing, one for each member where a value is a list."""
    values = [(identities, profile.get(field)) for field, identities in rule]
    if any(value is None or value in ("", []) for _, value in values):
        return []
    lists = [list(chain.from_iterable(identities(value if isinstance(value, list) else [value]))) for identities, value in values]
    if len(lists) == 1:
        return list(dict.fromkeys(lists[0]))
    return ["\0".join(",".join(each) for each in lists)]


def by_fixed_keys(service: Service) -> list[Matching]:
    """The modes that ask the user for nothing."""
    return [Matching(mode) for mode in service.matching_modes.values() if not mode.required]


def matching_by(key: Collection[str], configured: Matching, service: Service) -> Matching:
    """How profiles are found by the fields of a key and by nothing else: as configured, if that is so, else in the first mode that does.

    Raises ConfigError where no mode does.
    """
    modes = by_fixed_keys(service)
    for each in (configured, *modes):
        if set(key) in [set(fields) for fields in each.alternatives()] and each.is_by(key, service):
            return each
    for each in (configured, *modes):
        if all((name,) in each.alternatives() for name in key):  # found by any of them, or by all
            return each
    by_field = [mode for mode in service.matching_modes.values() if mode.field_of == "profile"]
    if len(key) != 1 or not by_field:
        raise ConfigError(f"Profiles cannot be found by {' and '.join(sorted(key))} together. Choose one of the keys that are offered.")
    return Matching(by_field[0], {"field_name": next(iter(key))})


@dataclass(frozen=True)
class Target:
    """Where profiles go: a database, and how profiles are found in it. Records of one chunk share it."""

    db_id: int
    matching: Matching
