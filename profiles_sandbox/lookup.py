"""Lookup: one profile, searched as in a batch and shown as it is stored."""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox import parameters
from profiles_sandbox.catalog import Catalog
from profiles_sandbox.errors import ItemRefused, ProfileNotFound, RequestRefused
from profiles_sandbox.matching import BY_FIELD, PHONE, PUSH, Matcher, read_matcher
from profiles_sandbox.store import ProfileStore, profile_id
from profiles_sandbox.switches import Switches

Request = Mapping[str, Any]

PARAMETERS = frozenset(
    {
        "db_id",
        "matching",
        "field_name",
        "field_value",
        "resource_id",
        "email",
        *PHONE,
        "profile_id",
        *PUSH,
    }
)


class Lookup:
    """Answers from the store."""

    def __init__(self, store: ProfileStore, catalog: Catalog, switches: Switches) -> None:
        """Take what is searched."""
        self._store = store
        self._catalog = catalog
        self._switches = switches

    def profiles_get(self, request: Request) -> dict[str, Any]:
        """Give `data: {id, db_id, subscriptions, ...}`; raises RequestRefused."""
        parameters.refuse_unknown(request, PARAMETERS, self._switches)
        database = parameters.database(request, "db_id", self._catalog)
        matcher = read_matcher(request, database, self._store, self._catalog, self._switches)
        try:
            number = matcher.find(_item(request, matcher)).pk
        except ProfileNotFound as refusal:
            raise RequestRefused(self._switches.not_found_code, refusal.text) from None
        except ItemRefused as refusal:
            raise RequestRefused(400, refusal.text) from None
        stored = {"subscriptions": [], **(self._store.load(database.id, number) or {})}
        return {"data": {"id": profile_id(number), "db_id": database.id, **stored}}


def _item(request: Request, matcher: Matcher) -> Request:
    """Give the request as an item of a batch; digits as text are taken for an int field."""
    if matcher.mode not in BY_FIELD or matcher.field is None:
        return request
    value = request.get("field_value")
    if matcher.field.type == "int" and type(value) is str and value.removeprefix("-").isdecimal():
        value = int(value)
    return {matcher.field.name: value}
