"""The promise of `test_promise.py` where the process ends, or loses its memory to another sync,
between any two operations on the storage. What it has under way is executed before that.
"""

from itertools import product
from typing import Any

import pytest

from unit_tests.memory.test_promise import Row, Turn, World
from unit_tests.outcomes.memory import MemoryFolder


class Steps(MemoryFolder):
    """A folder with a step before and behind what is changed in it."""

    def __init__(self) -> None:
        super().__init__()
        self.step: Any = lambda: None

    def write(self, name: str, content: bytes) -> None:
        self.step()
        super().write(name, content)
        self.step()

    def remove(self, name: str) -> None:
        self.step()
        super().remove(name)
        self.step()


class Late(World):
    """Something happens at a step of the folder."""

    def __init__(self) -> None:
        super().__init__(folder=Steps())

    def run(self, turn: Turn, step: Any) -> None:
        self.folder.step = step
        try:
            super().run(turn, lambda: None)
        finally:
            self.folder.step = lambda: None

    def take_over(self, other: Turn) -> None:
        step = self.folder.step
        for under_way in self.service._under_way:
            self.service._answer(*under_way)
        super().take_over(other)
        self.folder.step = step

    def check(self, turn: Turn) -> None:
        """What the service has is that of the other owner, who came behind."""
        if turn.happens != "other owner":
            super().check(turn)


def rows(value: int) -> tuple[Row, ...]:
    return tuple(Row("users", number, value, "plain") for number in (1, 2))


@pytest.mark.parametrize("step", range(1, 12))
@pytest.mark.parametrize("happens", ["kill", "other owner"])
def test_content_is_that_without_a_memory(happens: str, step: int) -> None:
    """Whether the source stays as it is or goes back."""
    for last, seed in product((1, 2), (0, 3)):
        turn = Turn(rows(2), step=step, happens=happens, seed=seed)
        Late().play([Turn(rows(1)), turn, Turn(rows(last))])
