"""Reads: the calls that change nothing."""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox import parameters
from profiles_sandbox.catalog import Catalog, Database
from profiles_sandbox.errors import ItemRefused, ProfileNotFound, RequestRefused
from profiles_sandbox.fields import Field
from profiles_sandbox.matching import BY_FIELD, PHONE, PUSH, Matcher, read_matcher
from profiles_sandbox.store import ProfileStore, profile_id
from profiles_sandbox.switches import Switches

Request = Mapping[str, Any]

DEFAULT_PAGE = 1000
"""Databases in one answer of databases/list."""

_SHORT_WORDS = {"string": "unicode", "boolean": "bool"}

_KEYS = frozenset({"email", *PHONE, "profile_id", *PUSH, "field_value"})


class Reads:
    """Answers from the catalog and the store."""

    def __init__(self, store: ProfileStore, catalog: Catalog, switches: Switches) -> None:
        """Take what is read."""
        self._store = store
        self._catalog = catalog
        self._switches = switches

    def databases_list(self, request: Request) -> dict[str, Any]:
        """Give a page of databases; `next_from_id` is 0 after the last."""
        self._refuse_unknown(request, "from_id", "limit")
        first = parameters.optional_int(request, "from_id", 1)
        limit = parameters.optional_int(request, "limit", DEFAULT_PAGE)
        if limit < 1:
            raise RequestRefused(400, "limit: 1 or more expected")
        left = [database for number, database in sorted(self._catalog.databases.items()) if number >= first]
        page = [{"id": database.id, "name": database.name} for database in left[:limit]]
        following = left[limit].id if len(left) > limit else 0
        return {"data": page, "next_from_id": following, "total_count": len(self._catalog.databases)}

    def databases_get(self, request: Request) -> dict[str, Any]:
        """Give one database."""
        self._refuse_unknown(request, "id")
        found = parameters.database(request, "id", self._catalog)
        return {"data": {"id": found.id, "name": found.name, "suppress_id": 0, "description": found.description}}

    def databases_fields_get(self, request: Request) -> dict[str, Any]:
        """Give the fields of one database."""
        self._refuse_unknown(request, self._switches.fields_get_id)
        found = parameters.database(request, self._switches.fields_get_id, self._catalog)
        return {"data": [self._field(field) for field in found.fields.values()]}

    def profiles_get(self, request: Request) -> dict[str, Any]:
        """Give one profile, searched as in a batch with `field_value` under its own name."""
        self._refuse_unknown(request, "db_id", "matching", "field_name", "resource_id", *_KEYS)
        database = parameters.database(request, "db_id", self._catalog)
        matcher = read_matcher(request, database, self._store, self._catalog, self._switches)
        try:
            number = matcher.find(_item(request, matcher)).pk
        except ProfileNotFound as refusal:
            raise RequestRefused(self._switches.not_found_code, refusal.text) from None
        except ItemRefused as refusal:
            raise RequestRefused(400, refusal.text) from None
        return {"data": self._profile(database, number)}

    def _profile(self, database: Database, number: int) -> dict[str, Any]:
        stored = {"subscriptions": [], **(self._store.load(database.id, number) or {})}
        return {"id": profile_id(number), "db_id": database.id, **stored}

    def _field(self, field: Field) -> dict[str, Any]:
        words = _SHORT_WORDS if self._switches.type_words == "short" else {}
        shown = {
            "category": field.category,
            "name": field.name,
            "title": field.title,
            "type": words.get(field.type, field.type),
            "required": False,
        }
        return shown | ({"dictionary": list(field.dictionary)} if field.dictionary else {})

    def _refuse_unknown(self, request: Request, *names: str) -> None:
        parameters.refuse_unknown(request, frozenset({"token", *names}), self._switches)


def _item(request: Request, matcher: Matcher) -> Request:
    """Give the request as an item of a batch; digits as text are taken for an int field."""
    if matcher.mode not in BY_FIELD or matcher.field is None:
        return request
    value = request.get("field_value")
    if matcher.field.type == "int" and type(value) is str and value.removeprefix("-").isdecimal():
        value = int(value)
    return {matcher.field.name: value}
