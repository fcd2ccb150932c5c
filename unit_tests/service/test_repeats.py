"""Which profiles may be executed twice."""

import pytest

from destination_profiles.service.formats import format_named
from destination_profiles.service.manifest import service
from destination_profiles.service.repeats import repeatable

PROFILES = [
    ({"id": 1, "action": "buy"}, True),
    ({"a": {"action": "set", "value": 1}, "b": {"action": "unset"}}, True),
    ({"a": {"action": "delete", "value": ["x"]}}, True),
    ({"a": {"action": "incr", "value": 1}}, False),
    ({"a": {"action": "add", "value": ["x"]}}, False),
    ({"subscriptions": [{"custom_fields": {"a": {"action": "upsert", "value": 1}}}]}, False),
]


@pytest.mark.parametrize(("value", "may"), [("1", True), ('{"action":"incr","value":1}', False)])
def test_depth_is_no_matter(value: str, may: bool) -> None:
    """Of a row that the service has taken, and asks for once more."""
    profile = f'{{"a":{"[" * 600}{value}{"]" * 600}}}'.encode()
    assert repeatable(service(), format_named("json"))(profile) is may


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize(("profile", "may"), PROFILES)
def test_function_that_adds_is_not_repeatable(wire: str, profile: dict, may: bool) -> None:
    made = format_named(wire)
    assert repeatable(service(), made)(made.encode(profile)) is may
