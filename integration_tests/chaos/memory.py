"""A memory is of use: what did not change since the last sync is not sent again."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from integration_tests.chaos.bodies import Item, items_of
from integration_tests.chaos.faults import ATTEMPTS
from integration_tests.chaos.load import Row
from integration_tests.chaos.run import Attempt, Happened

ENOUGH = 5  # rows that tell something
MOST = 1 / 3  # of them: a day that ends between two syncs may have some sent again


def recalled(happened: Happened) -> Iterator[str]:
    """What is said where rows are sent again in vain, by the first process of a later sync."""
    if "memory" not in happened.plan.settings:
        return
    disturbed = False
    for last, first in pairwise(happened.attempts):
        disturbed |= bool(last.played & set(ATTEMPTS))
        if last.sync < first.sync and not (disturbed or first.played & set(ATTEMPTS)):
            known = _known(happened, last, first)
            again = known & _sent(happened, first)
            if len(known) >= ENOUGH and len(again) > MOST * len(known):
                yield f"memory: {len(again)} of {len(known)} rows are sent again"


def _known(happened: Happened, last: Attempt, first: Attempt) -> set[Item]:
    """Plain rows, alone of their profile, that the last process before had accepted as they are."""
    rows = [row for load in happened.plan.loads[last.sync - 1 : first.sync] for row in load.rows]
    names = {(row.profile, row.stream, row.number) for row in rows}
    owners = Counter(profile for profile, _, _ in names)
    before = {
        (row.stream, row.number): row
        for number, row in enumerate(last.fed.rows, 1)
        if number not in last.rejected
    }
    clears = happened.plan.settings["null_values"] == "unset"
    return {
        (row.stream, row.number)
        for row in first.fed.rows
        if row == before.get((row.stream, row.number))
        and owners[row.profile] == 1
        and _is_plain(row, clears=clears)
    }


def _is_plain(row: Row, *, clears: bool) -> bool:
    values = row.changes.values()
    return not any(isinstance(each, dict) or (each is None and clears) for each in values)


def _sent(happened: Happened, attempt: Attempt) -> set[Item]:
    later = [each.before for each in happened.attempts if each.before > attempt.before]
    numbers = [
        number
        for number in happened.bodies
        if attempt.before < number and not any(each < number for each in later)
    ]
    return {item for number in numbers for item in items_of(happened.bodies[number])}
