"""Every scenario of scenarios/, and that the check of promises can fail."""

from itertools import pairwise
from pathlib import Path

import pytest

from integration_tests.scenario import FOLDER, Scenario, load
from integration_tests.stage import Stage


def scenarios(*, kills: bool) -> list[pytest.ParameterSet]:
    loaded = {path: load(path) for path in sorted(FOLDER.glob("*.yaml"))}
    return [
        pytest.param(scenario, marks=[pytest.mark.soak] if scenario.soak else [], id=path.stem)
        for path, scenario in loaded.items()
        if bool(scenario.kills) is kills
    ]


@pytest.mark.parametrize("scenario", scenarios(kills=False))
def test_scenario(scenario: Scenario, tmp_path: Path) -> None:
    with Stage(scenario, tmp_path) as stage:
        happened = stage.run()
    assert happened.unexpected(timed=scenario.soak) == []
    assert happened.broken_promises() == []


@pytest.mark.parametrize("scenario", scenarios(kills=True))
def test_killed_process_resumes(scenario: Scenario, tmp_path: Path) -> None:
    with Stage(scenario, tmp_path) as stage:
        *killed, last = stage.run_with_kills()
    assert [run.said.code for run in killed] == [-9] * scenario.kills
    for run in (*killed, last):
        assert run.broken_promises(resumed=True) == []
    ends = [max(run.cursors, default=0) for run in (*killed, last)]
    assert (
        len({end for end in ends if end}) > scenario.kills / 2
    )  # the moments are spread over the whole load
    assert all(not after or before <= after for before, after in pairwise(ends))
    assert ends[-1] == scenario.load.profiles * scenario.load.updates
    assert last.unexpected(timed=scenario.soak) == []
