"""Listings: databases, resources and their fields, as the calls that read them show what is
declared.
"""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox.calls import parameters
from profiles_sandbox.profiles.fields import Field
from profiles_sandbox.profiles.setup import Database, Resource, Setup
from profiles_sandbox.refusals import RequestRefused
from profiles_sandbox.switches import Switches

Request = Mapping[str, Any]

DEFAULT_PAGE = 1000
"""Databases or resources in one answer of a list."""

TRACKING_DOMAIN, SITE = "tracking.example.com", "https://www.example.com"
"""What every resource shows as its `trk_domain` and `url`."""

_SHORT_WORDS = {"string": "unicode", "boolean": "bool"}


class Listings:
    """Answers from the setup. Every method raises RequestRefused."""

    def __init__(self, setup: Setup, switches: Switches) -> None:
        """Take what is shown."""
        self._setup = setup
        self._switches = switches

    def databases_list(self, request: Request) -> dict[str, Any]:
        """A page of databases: `data: [{id, name}]`."""
        return self._page(request, self._setup.databases)

    def databases_get(self, request: Request) -> dict[str, Any]:
        """One database."""
        self._refuse_unknown(request, "id")
        found = parameters.database(request, "id", self._setup)
        return {
            "data": {
                "id": found.id,
                "name": found.name,
                "suppress_id": 0,
                "description": found.description,
            }
        }

    def databases_fields_get(self, request: Request) -> dict[str, Any]:
        """The fields of one database."""
        self._refuse_unknown(request, self._switches.fields_get_id)
        found = parameters.database(request, self._switches.fields_get_id, self._setup)
        return self._fields(found.fields)

    def resources_list(self, request: Request) -> dict[str, Any]:
        """A page of resources: `data: [{id, name, groups}]`; nothing here has groups."""
        return self._page(request, self._setup.resources, groups=[])

    def resources_get(self, request: Request) -> dict[str, Any]:
        """One resource."""
        self._refuse_unknown(request, "id")
        found = parameters.resource(request, "id", self._setup)
        about = {
            "channels": sorted(found.channels),
            "dbs_ids": sorted(found.databases),
            "id": found.id,
            "name": found.name,
        }
        return {"data": {**about, "trk_domain": TRACKING_DOMAIN, "url": SITE}}

    def resources_fields_get(self, request: Request) -> dict[str, Any]:
        """The fields of subscriptions to one resource on one of its channels."""
        self._refuse_unknown(request, "id", "channel")
        found = parameters.resource(request, "id", self._setup)
        channel = parameters.required_text(request, "channel")
        if channel not in found.channels:
            raise RequestRefused(400, f"channel: not one of resource {found.id}")
        return self._fields(found.fields)

    def _page(
        self,
        request: Request,
        declared: Mapping[int, Database] | Mapping[int, Resource],
        **more: Any,
    ) -> dict[str, Any]:
        """Give `limit` entries from `from_id` on; `next_from_id` is 0 after the last."""
        self._refuse_unknown(request, "from_id", "limit")
        first = parameters.optional_int(request, "from_id", 1)
        limit = parameters.optional_int(request, "limit", DEFAULT_PAGE)
        if limit < 1:
            raise RequestRefused(400, "limit: 1 or more expected")
        left = [number for number in sorted(declared) if number >= first]
        page = [{"id": number, "name": declared[number].name, **more} for number in left[:limit]]
        return {
            "data": page,
            "next_from_id": left[limit] if len(left) > limit else 0,
            "total_count": len(declared),
        }

    def _fields(self, fields: Mapping[str, Field]) -> dict[str, Any]:
        return {"data": [self._field(field) for field in fields.values()]}

    def _field(self, field: Field) -> dict[str, Any]:
        words = _SHORT_WORDS if self._switches.type_words == "short" else {}
        shown = {
            "category": field.category,
            "name": field.name,
            "title": field.title,
            "type": words.get(field.type, field.type),
            "required": False,
        }
        return shown | ({"dictionary": self._dictionary(field)} if field.dictionary else {})

    def _dictionary(self, field: Field) -> str | list[str]:
        """The options of a field, or the name that stands for them: its own, as no other is
        declared.
        """
        return (
            list(field.dictionary)
            if self._switches.dictionary == "options"
            else field.name.strip("_")
        )

    def _refuse_unknown(self, request: Request, *names: str) -> None:
        parameters.refuse_unknown(request, frozenset(names), self._switches)
