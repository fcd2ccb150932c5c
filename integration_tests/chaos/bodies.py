"""Which rows stand in the body of a request."""

import json
from typing import Any
from xml.etree import ElementTree

from integration_tests.chaos.load import FIELDS, KEY

Item = tuple[int, int]  # stream, and number of the row in it
MARKERS = {marker: place for place, (marker, _) in enumerate(FIELDS)}


def items_of(body: bytes) -> list[Item]:
    """The rows in the body of a write call, JSON or XML."""
    if body.startswith(b"<"):
        profiles: list[dict[str, Any]] = [
            {each.tag: each.text for each in data}
            for data in ElementTree.fromstring(body).findall("data")
        ]
    else:
        profiles = json.loads(body)["data"]
    found = []
    for profile in profiles:
        assert KEY in profile
        (marker,) = MARKERS.keys() & profile.keys()
        found.append((MARKERS[marker], int(profile[marker].split()[1])))
    return found
