"""Random loads and faults from a seed: every promise holds, and each that is broken is found.

`make chaos SEEDS=1..200` plays more of them.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from integration_tests.chaos.__main__ import judge, kinds, seeds
from integration_tests.chaos.breaks import BREAKS, broken_copy
from integration_tests.chaos.faults import ATTEMPTS, EVENTS, FAULTS
from integration_tests.chaos.plan import Plan, Trouble, make_plan
from integration_tests.chaos.run import Arena
from integration_tests.chaos.shrink import shrink

SEEDS = range(1, 21)
ONE_AT_ONCE = 7  # a seed that has one request at once: no threads race


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_hold(seed: int) -> None:
    """`python -m integration_tests.chaos SEED` also finds the fewest troubles that break one."""
    assert judge(make_plan(seed)) == []


FOUND = {  # in each broken copy: by a seed with these troubles instead of its own, as what
    "states do not wait": (1, (), "missing"),
    "chunks of one profile do not wait": (1, tuple((at, "500") for at in range(2, 8)), "order"),
    "each retry has another Request-ID": (9, ((2, "result short"),), "order"),
    "a body may be twice as long": (1, (), "limits"),
    "rejected rows are stored too late": (1, (), "missing"),
    "functions give way to later rows": (6, (), "missing"),
    "texts of the service are logged": (1, (), "canaries"),
    "rejected rows are not counted": (1, (), "books"),
    "a refusal to take it now counts as done": (12, ((2, "429"),), "missing"),
    "what nobody knows is remembered as accepted": (10, ((6, "token refused"),), "missing"),
    "nothing is skipped": (15, (), "memory"),
    "nothing is forgotten before it is sent": (10, ((9, "SIGKILL before", 2),), "missing"),
    "failures exit with 0": (9, ((3, "token refused"),), "end"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_found(name: str, tmp_path: Path) -> None:
    seed, troubles, promise = FOUND[name]
    plan = replace(make_plan(seed), troubles=tuple(Trouble(*each) for each in troubles))
    assert promise in kinds(judge(plan, broken_copy(BREAKS[name], tmp_path)))


def test_seeds_draw_every_kind_of_trouble() -> None:
    drawn = {each.kind for seed in seeds("1..200") for each in make_plan(seed).troubles}
    assert drawn == {*FAULTS, *EVENTS, *ATTEMPTS}


def test_seed_makes_the_same_plan() -> None:
    assert all(make_plan(seed) == make_plan(seed) for seed in SEEDS)


def test_seed_replays_exactly(tmp_path: Path) -> None:
    """To the byte of each request, where one is sent at once."""
    plan = make_plan(ONE_AT_ONCE)
    assert plan.settings["delivery"]["max_in_flight"] == 1
    first, second = (told(plan, tmp_path / name) for name in ("first", "second"))
    assert first == second


def told(plan: Plan, folder: Path) -> list[object]:
    """What can be seen of a run but for times and ids."""
    folder.mkdir()
    with Arena(plan, folder) as arena:
        happened = arena.play()
    shown = ("body_sha256", "http_status", "duplicate", "accepted", "failed")
    return [
        [[row[name] for name in shown] for row in happened.requests],
        [(each.code, each.played, each.errors()) for each in happened.attempts],
        [[passed.state for passed in each.passed] for each in happened.attempts],
    ]


def test_shrinking_leaves_the_fewest_troubles() -> None:
    plan = replace(make_plan(1), troubles=tuple(Trouble(at, "500") for at in range(1, 20)))

    def breaks(each: Plan) -> bool:
        return {4, 15} <= {trouble.at for trouble in each.troubles}

    assert [each.at for each in shrink(plan, breaks).troubles] == [4, 15]
