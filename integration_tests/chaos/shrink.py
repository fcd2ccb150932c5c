"""The fewest troubles of a plan that still break a promise."""

from collections.abc import Callable

from integration_tests.chaos.plan import Plan, Trouble


def shrink(plan: Plan, breaks: Callable[[Plan], bool]) -> Plan:
    """Leave out parts of the troubles, large ones first, as long as the rest still breaks: delta
    debugging. No single trouble of the result can be left out.
    """
    size = len(plan.troubles)
    while size:
        smaller = next((each for each in _without_one(plan, size) if breaks(each)), None)
        if smaller is None:
            size //= 2
        else:
            plan = smaller
            size = min(size, len(plan.troubles))
    return plan


def _without_one(plan: Plan, size: int) -> list[Plan]:
    """The plan without each part of so many troubles."""
    parts: list[set[Trouble]] = [
        set(plan.troubles[start : start + size]) for start in range(0, len(plan.troubles), size)
    ]
    return [plan.without(each) for each in parts]
