"""Lookup: one profile, searched as in a batch and shown as it is stored."""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox.calls import parameters
from profiles_sandbox.calls.search import BY_FIELD, PHONE, PUSH, Search, read_search
from profiles_sandbox.data.store import ProfileStore, profile_id
from profiles_sandbox.profiles.setup import Setup
from profiles_sandbox.refusals import ItemRefused, ProfileNotFound, RequestRefused
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

    def __init__(self, store: ProfileStore, setup: Setup, switches: Switches) -> None:
        """Take what is searched."""
        self._store = store
        self._setup = setup
        self._switches = switches

    def profiles_get(self, request: Request) -> dict[str, Any]:
        """Give `data: {id, db_id, subscriptions, ...}`; raises RequestRefused."""
        parameters.refuse_unknown(request, PARAMETERS, self._switches)
        database = parameters.database(request, "db_id", self._setup)
        search = read_search(request, database, self._store, self._setup, self._switches)
        try:
            number = search.find(_item(request, search)).pk
        except ProfileNotFound as refusal:
            raise RequestRefused(self._switches.not_found_code, refusal.text) from None
        except ItemRefused as refusal:
            raise RequestRefused(400, refusal.text) from None
        stored = {"subscriptions": [], **(self._store.load(database.id, number) or {})}
        return {"data": {"id": profile_id(number), "db_id": database.id, **stored}}


def _item(request: Request, search: Search) -> Request:
    """The request as an item of a batch; digits as text are taken for an int field."""
    if search.mode not in BY_FIELD or search.field is None:
        return request
    value = request.get("field_value")
    if search.field.type == "int" and type(value) is str and value.removeprefix("-").isdecimal():
        value = int(value)
    return {search.field.name: value}
