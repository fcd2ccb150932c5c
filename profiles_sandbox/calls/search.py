"""Matching: the eleven modes by which a batch finds its profiles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from profiles_sandbox.calls import parameters
from profiles_sandbox.data.store import ProfileStore, profile_number
from profiles_sandbox.profiles.fields import SEARCHABLE_TYPES, Field, check_email, check_phone
from profiles_sandbox.profiles.keys import fold_email, fold_phone, key_text, push_text
from profiles_sandbox.profiles.setup import Database, Setup
from profiles_sandbox.refusals import (
    ManyFound,
    MissingKey,
    ProfileNotFound,
    RequestRefused,
    wrong_type,
)
from profiles_sandbox.switches import Switches

Item = Mapping[str, Any]

EMAIL = ("email",)
PHONE = ("phone", "phones")
PUSH = ("provider", "subscription_id")

SEARCHES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "email": (("email", EMAIL), ("email_sub", EMAIL)),
    "email_profile": (("email", EMAIL),),
    "email_sub": (("email_sub", EMAIL),),
    "phone": (("phone", PHONE), ("phone_sub", PHONE)),
    "phone_sub": (("phone_sub", PHONE),),
    "profile_id": (("profile_id", ("profile_id",)),),
    "push_sub": (("push_sub", PUSH),),
    "custom": (("custom", ()),),
    "custom_sub": (("custom_sub", ()),),
    "email_phone": (("email", EMAIL), ("phone", PHONE)),
    "email_phone_sub": (("email_sub", EMAIL), ("phone_sub", PHONE)),
}
"""By mode: the places searched, in order, and what an item carries for each; the first place that
finds, decides.
"""

DEFAULT_MODE = "email"

BY_FIELD = ("custom", "custom_sub")
"""Modes that search by the field that `field_name` names."""


class Found(NamedTuple):
    """A profile's number, and whether one of its subscriptions led to it."""

    pk: int
    by_subscription: bool


@dataclass(frozen=True)
class Search:
    """Finds the profile of an item in one database. `field` is set for the modes by field."""

    store: ProfileStore
    database: Database
    mode: str
    field: Field | None = None
    resource_id: int | None = None
    take_oldest: bool = False

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Names that an item may carry its key under."""
        if self.field:
            return (self.field.name,)
        return tuple(dict.fromkeys(name for _, names in SEARCHES[self.mode] for name in names))

    def find(self, item: Item) -> Found:
        """Find the one profile; raises MissingKey, BadValue, ManyFound or ProfileNotFound."""
        carried = False
        for place, names in SEARCHES[self.mode]:
            for value in self._values(place, item):
                carried = True
                if numbers := self._numbers(place, value):
                    if len(numbers) > 1 and not self.take_oldest:
                        raise ManyFound(
                            "/".join(names or self.keys), f"several profiles found by {self.mode}"
                        )
                    return Found(min(numbers), by_subscription=place.endswith("_sub"))
        path = "/".join(self.keys)
        if not carried:
            raise MissingKey(path, f"missing, matching {self.mode} needs it")
        raise ProfileNotFound(path, f"no profile found by {self.mode}")

    def _values(self, place: str, item: Item) -> list[str]:
        if self.field:
            return _field_values(item, self.field)
        return _READERS[place](item)

    def _numbers(self, place: str, value: str) -> set[int]:
        db_id = self.database.id
        if place == "profile_id":
            number = profile_number(value)
            return {number} if number and self.store.load(db_id, number) is not None else set()
        if self.field is None:
            resource_id = self.resource_id if place in ("email_sub", "phone_sub") else None
            return self.store.find(db_id, place, value, resource_id)
        if self.field.type == "tags":
            tags = [tag.strip() for tag in value.split(",")]
            return self.store.find_with_all(db_id, f"{place}:{self.field.name}", tags)
        return self.store.find(db_id, f"{place}:{self.field.name}", value)


def read_search(
    request: Mapping[str, Any],
    database: Database,
    store: ProfileStore,
    setup: Setup,
    switches: Switches,
) -> Search:
    """Read `matching`, `field_name` and `resource_id`; raises RequestRefused."""
    parameters.one_of(request, "matching", SEARCHES)
    mode = parameters.optional_text(request, "matching", DEFAULT_MODE)
    field = _read_field(request, mode, database, setup) if mode in BY_FIELD else None
    narrowed_to = parameters.resource_id(request, setup)
    return Search(
        store, database, mode, field, narrowed_to, take_oldest=switches.many_found_code == 0
    )


def searched_field(mode: str, name: str, database: Database, setup: Setup) -> Field | None:
    """The field of this name that a mode by field searches, None when none is declared."""
    owners = (
        [database.fields]
        if mode == "custom"
        else [resource.fields for resource in setup.resources.values()]
    )
    return next((fields[name] for fields in owners if name in fields), None)


def _read_field(request: Mapping[str, Any], mode: str, database: Database, setup: Setup) -> Field:
    name = parameters.optional_text(request, "field_name", "")
    if not name:
        raise RequestRefused(400, f"field_name: missing, matching {mode} needs it")
    field = searched_field(mode, name, database, setup)
    if field is None or field.category != "custom":
        raise RequestRefused(400, f"field_name: {name} is not a custom field")
    if field.type not in SEARCHABLE_TYPES:
        raise RequestRefused(
            400, f"field_name: {name} is of type {field.type}, profiles are not found by it"
        )
    return field


def _field_values(item: Item, field: Field) -> list[str]:
    value = item.get(field.name)
    if value is None:
        return []
    if field.type == "tags":
        if type(value) is not str:
            raise wrong_type(field.name, "string (tags joined by a comma)", value)
        return [value]
    return [key_text(field.check(value, field.name))]


def _emails(item: Item) -> list[str]:
    email = item.get("email")
    return [] if email is None else [fold_email(check_email(email, "email"))]


def _phones(item: Item) -> list[str]:
    """Read `phone` and then `phones`."""
    phones = item.get("phones")
    if phones is not None and type(phones) is not list:
        raise wrong_type("phones", "array", phones)
    given = [("phone", item.get("phone"))] + [
        (f"phones[{index}]", phone) for index, phone in enumerate(phones or [])
    ]
    return [fold_phone(check_phone(phone, path)) for path, phone in given if phone is not None]


def _profile_ids(item: Item) -> list[str]:
    value = item.get("profile_id")
    if value is not None and type(value) is not str:
        raise wrong_type("profile_id", "string", value)
    return [] if value is None else [value]


def _pushes(item: Item) -> list[str]:
    for name in PUSH:
        if item.get(name) is None:
            return []
        if type(item[name]) is not str:
            raise wrong_type(name, "string", item[name])
    return [push_text(item["provider"], item["subscription_id"])]


_READERS: dict[str, Callable[[Item], list[str]]] = {
    "email": _emails,
    "email_sub": _emails,
    "phone": _phones,
    "phone_sub": _phones,
    "profile_id": _profile_ids,
    "push_sub": _pushes,
}
