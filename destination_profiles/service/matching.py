"""How the service finds the profile of a record, and when two records may mean the same profile."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ConfigError
from .identities import Identify
from .manifest import MatchingMode, Service

ID = "profile_id"  # the service's own, which it tells with each result
PHONES = "phones"  # the one field that profiles are found by which is an array


@dataclass(frozen=True)
class Matching:
    """A matching mode with the parameters that the user gave it, by name."""

    mode: MatchingMode
    given: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """What the request says of it."""
        return {"matching": self.mode.name, **self.given}

    @property
    def by_id(self) -> bool:
        """Whether profiles are found by the service's own id alone."""
        return self.alternatives() == ((ID,),)

    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """Fields of a profile it can be found by: each inner tuple is one composite key."""
        return tuple(tuple(self._field(key) for key in keys) for keys in self.mode.keys)

    def fields(self) -> tuple[str, ...]:
        """All fields that stand in any of the alternatives."""
        return tuple(dict.fromkeys(field for keys in self.alternatives() for field in keys))

    def named_by(self, key: Collection[str]) -> bool:
        """Whether some fields, and all of them, can find a profile."""
        whole = any(set(fields) <= set(key) for fields in self.alternatives())
        return whole and set(key) <= set(self.fields())

    def search(self, key: Mapping[str, str]) -> dict[str, Any]:
        """What a call for one profile says of the fields that it is found by."""
        name = str(self.given.get("field_name"))
        found = {"field_value": key[name]} if name in key else key
        listed = {field: [value] if field == PHONES else value for field, value in found.items()}
        return {**self.parameters(), **listed}

    def in_words(self) -> str:
        """The alternatives, for a sentence."""
        return " or ".join(" and ".join(key) for key in self.alternatives())

    def is_by(self, key: Collection[str], service: Service) -> bool:
        """Whether only the fields of a key find a profile, or others that hold the same, as
        `phones` does for `phone`.
        """
        kinds = {
            self._field(name): service.matching_keys[name]["identity"]
            for names in self.mode.keys
            for name in names
        }
        return all(
            field in key or kind in {kinds.get(name) for name in key}
            for field, kind in kinds.items()
        )

    def _field(self, key: str) -> str:
        """The field that a key of the manifest stands for: `{name}` is the one that the user names
        in the parameter `name`.
        """
        return str(self.given[key[1:-1]]) if key.startswith("{") else key

    def key_schema(self, service: Service) -> dict[str, Any]:
        """JSON schema: at least one alternative is there, whole, and of the right type. A null is
        of no type.
        """
        types = {
            self._field(key): service.matching_keys[key]["schema"]
            for keys in self.mode.keys
            for key in keys
        }
        required = [{"required": list(keys)} for keys in self.alternatives()]
        return {"properties": types, **(required[0] if len(required) == 1 else {"anyOf": required})}

    def identify(self, service: Service) -> "Identify":
        """What gives the identities of profiles; two profiles that share one may be the same
        profile.
        """
        return Identify(
            [
                [(self._field(key), service.matching_keys[key]["identity"]) for key in keys]
                for keys in self.mode.keys
            ]
        )


def by_fixed_keys(service: Service) -> list[Matching]:
    """The modes that ask the user for nothing."""
    return [Matching(mode) for mode in service.matching_modes.values() if not mode.required]


def matching_by(key: Collection[str], configured: Matching, service: Service) -> Matching:
    """How profiles are found by the fields of a key and by nothing else: as configured, if that is
    so, else in the first mode that does.

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
        raise ConfigError(
            f"Profiles cannot be found by {' and '.join(sorted(key))} together. Choose "
            "one of the keys that are offered."
        )
    return Matching(by_field[0], {"field_name": next(iter(key))})


@dataclass(frozen=True)
class Target:
    """Where profiles go: a database, and how profiles are found in it. Records of one chunk share
    it.
    """

    db_id: int
    matching: Matching
