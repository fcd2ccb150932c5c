"""A batch: applies the items of one request in order, each wholly or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from profiles_sandbox.calls import parameters
from profiles_sandbox.calls.search import Search, read_search
from profiles_sandbox.data.history import Change, changed
from profiles_sandbox.data.store import Profile, ProfileStore, profile_id
from profiles_sandbox.profiles.field_writer import FieldWriter
from profiles_sandbox.profiles.setup import Setup
from profiles_sandbox.profiles.subscriptions import SubscriptionWriter
from profiles_sandbox.refusals import (
    BadValue,
    ItemRefused,
    ManyFound,
    MissingKey,
    ProfileNotFound,
    RequestRefused,
    UnknownField,
    wrong_type,
)
from profiles_sandbox.switches import Switches

SUCCESS = "Successful operation"

PARAMETERS = frozenset(
    {
        "db_id",
        "data",
        "matching",
        "field_name",
        "field_value",
        "resource_id",
        "skip_invalid_subscriptions",
        "skip_triggers",
    }
)

CODES: dict[type[ItemRefused], str] = {
    ProfileNotFound: "not_found_code",
    ManyFound: "many_found_code",
    MissingKey: "missing_key_code",
    UnknownField: "unknown_field_code",
    BadValue: "bad_value_code",
}
"""By refusal of an item: the switch that holds its code."""


@dataclass(frozen=True)
class Batch:
    """A request whose parameters are checked, ready to run."""

    items: list[Any]
    create: bool
    store: ProfileStore
    search: Search
    fields: FieldWriter
    subscriptions: SubscriptionWriter
    switches: Switches
    changes: list[Change] = field(default_factory=list)
    """What the items that ran have changed."""

    def run(self) -> dict[str, Any]:
        """Apply every item and give the answer, one result for each."""
        results = [self._result(item, index) for index, item in enumerate(self.items)]
        failed = sum(result["error"] != 0 for result in results)
        if self.switches.result_order == "reverse":
            results.reverse()
        error = self.switches.failed_items_top_level_error if failed else 0
        text = f"{failed} of {len(results)} profiles failed" if error else SUCCESS
        return {"error": error, "error_text": text, "result": results}

    def _result(self, item: Any, index: int) -> dict[str, Any]:
        try:
            if type(item) is not dict:
                raise wrong_type(f"data[{index}]", "object", item)
            return {
                "error": 0,
                "error_text": SUCCESS,
                "profile_id": profile_id(self._apply(item, index)),
            }
        except ItemRefused as refusal:
            return {
                "error": getattr(self.switches, CODES[type(refusal)]),
                "error_text": refusal.text,
            }

    def _apply(self, item: dict[str, Any], index: int) -> int:
        """Update or create the item's profile and give its number."""
        database = self.search.database
        try:
            found = self.search.find(item)
        except ProfileNotFound:
            if not self.create or self.search.mode == "profile_id":
                raise
            new = self._written({}, self._to_create(item))
            return self._changed(self.store.add(database.id, new, database.fields), index, {}, new)
        old = self.store.load(database.id, found.pk) or {}
        new = self._written(old, self._to_update(item, found.by_subscription))
        self.store.replace(database.id, found.pk, old, new, database.fields)
        return self._changed(found.pk, index, old, new)

    def _changed(self, number: int, index: int, old: Profile, new: Profile) -> int:
        if was := changed(old, new):
            self.changes.append(Change(number, index, was))
        return number

    def _written(self, old: Profile, values: dict[str, Any]) -> Profile:
        """The new state, `old` being left as it is; raises ItemRefused."""
        new = dict(old)
        if "subscriptions" in values:
            new["subscriptions"] = self.subscriptions.merge(
                old.get("subscriptions", []), values.pop("subscriptions")
            )
        self.fields.write(new, values)
        return new

    def _to_update(self, item: Mapping[str, Any], by_subscription: bool) -> dict[str, Any]:
        """What to write: a key that led through a subscription is no value of the profile's
        own.
        """
        keys = self.search.keys if by_subscription else self._keys_that_are_no_fields
        return {name: value for name, value in item.items() if name not in keys}

    def _to_create(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What a new profile starts with: its email and phones are its own, however it was
        searched.
        """
        values = self._to_update(item, by_subscription=False)
        if item.get("phone") is not None and "phones" not in values and "phone" in self.search.keys:
            values["phones"] = [item["phone"]]
        return values

    @cached_property
    def _keys_that_are_no_fields(self) -> frozenset[str]:
        field = self.search.field
        if field and (self.search.mode == "custom_sub" or field.type == "tags"):
            return frozenset({field.name})
        return frozenset(self.search.keys) - self.search.database.fields.keys()


def prepare_batch(
    request: Mapping[str, Any],
    store: ProfileStore,
    setup: Setup,
    switches: Switches,
    *,
    create: bool,
) -> Batch:
    """Check the parameters of a request; raises RequestRefused."""
    parameters.refuse_unknown(request, PARAMETERS, switches)
    database = parameters.database(request, "db_id", setup)
    items = parameters.array(request, "data")
    if len(items) > switches.max_profiles:
        raise RequestRefused(
            switches.too_many_code,
            f"data: {len(items)} profiles, {switches.max_profiles} are allowed",
        )
    parameters.flag(request, "skip_triggers")
    skip_invalid = parameters.flag(request, "skip_invalid_subscriptions")
    return Batch(
        items,
        create,
        store,
        read_search(request, database, store, setup, switches),
        FieldWriter(database.fields, f"database {database.id}", switches),
        SubscriptionWriter(setup.resources, switches, skip_invalid=skip_invalid),
        switches,
    )
