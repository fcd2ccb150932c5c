"""What profiles must be: rows applied one by one, by a model of its own."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from integration_tests.chaos.load import KEY, MAILS, Row

STATUSES = {"subscribed": 0, "unsubscribed": 1}
Profiles = dict[tuple[int, int], dict[str, Any]]  # by database and number


def applied(
    rows: Iterable[Row], databases: Mapping[int, int], known: Iterable[int], *, clears: bool
) -> Profiles:
    """Every known profile after all good rows, in their order. `databases`: of each stream;
    `clears`: a null does, instead of nothing.
    """
    profiles: Profiles = {(db_id, number): {KEY: number} for db_id in (1, 2) for number in known}
    for row in rows:
        if row.bad is None:
            _apply(profiles[databases[row.stream], row.profile], row.changes, clears)
    return profiles


def _apply(profile: dict[str, Any], changes: Mapping[str, Any], clears: bool) -> None:
    for name, value in changes.items():
        if name == MAILS:
            stored = profile.setdefault(MAILS, {})
            stored |= {each["email"]: STATUSES[each["status"]] for each in value}
        elif value is None:
            if clears:
                profile.pop(name, None)
        elif isinstance(value, dict):
            _call(profile, name, value)
        else:
            profile[name] = value


def _call(profile: dict[str, Any], name: str, function: Mapping[str, Any]) -> None:
    if function["action"] == "incr":
        profile[name] = profile.get(name, 0) + function["value"]
    else:
        profile[name] = profile.get(name, frozenset()) | frozenset(function["value"])


def seen(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile of the service's data, as this model has it."""
    found = {name: value for name, value in profile.items() if name not in (MAILS, "tags")}
    if profile.get("tags"):
        found["tags"] = frozenset(profile["tags"])
    if profile.get(MAILS):
        stored = {each["email_data"]["email"]: each["status"] for each in profile[MAILS]}
        found[MAILS] = stored
    return found


def points(rows: Iterable[Row]) -> Counter[int]:
    """What rows add to the points of each profile, once for each time that they stand there."""
    added: Counter[int] = Counter()
    for row in rows:
        if row.bad is None and "points" in row.changes:
            added[row.profile] += row.changes["points"]["value"]
    return added
