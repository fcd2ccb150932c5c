"""Parts that are written beside the pipeline."""

import threading

import pytest

from destination_profiles.errors import StoreFailed, SystemFault
from destination_profiles.outcomes.keeper import MOST_WAITING, Keeper
from unit_tests.outcomes.memory import MemoryFolder

SECONDS = 60  # longer than anything here takes


class Slow(MemoryFolder):
    """Writes when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Semaphore(0)

    def write(self, name: str, content: bytes) -> None:
        assert self.may_write.acquire(timeout=SECONDS)
        super().write(name, content)


class Defect(MemoryFolder):
    """Raises what no folder may."""

    def write(self, name: str, content: bytes) -> None:
        raise KeyError(name)


def test_part_is_safe_once_it_is_written() -> None:
    folder, woken = Slow(), threading.Semaphore(0)
    keeper = Keeper(folder, woken.release)
    assert (keeper.put("a", [b"1"]), keeper.put("b", [b"2"])) == (1, 2)
    assert (keeper.kept(), folder.things) == (0, {})
    folder.may_write.release()
    assert woken.acquire(timeout=SECONDS)
    assert (keeper.kept(), list(folder.things)) == (1, ["a"])
    folder.may_write.release()
    keeper.wait()
    assert (keeper.kept(), list(folder.things)) == (2, ["a", "b"])


def test_few_parts_are_held() -> None:
    folder = Slow()
    keeper = Keeper(folder)
    for number in range(MOST_WAITING):
        keeper.put(str(number), [b""])
    late = threading.Thread(target=keeper.put, args=("late", [b""]))
    late.start()
    late.join(0.05)
    assert late.is_alive()
    folder.may_write.release()
    late.join(SECONDS)
    assert not late.is_alive()


def test_failure_wakes_and_stays() -> None:
    folder, woken = MemoryFolder(), threading.Semaphore(0)
    folder.fails = StoreFailed("full")
    keeper = Keeper(folder, woken.release)
    keeper.put("a", [b""])
    assert woken.acquire(timeout=SECONDS)
    folder.fails = None
    for step in (keeper.kept, keeper.wait, lambda: keeper.put("b", [b""])):
        with pytest.raises(StoreFailed):
            step()
    assert not folder.things


def test_defect_ends_the_sync() -> None:
    keeper = Keeper(Defect())
    keeper.put("a", [b""])
    with pytest.raises(SystemFault, match="Outcomes cannot be kept: KeyError"):
        keeper.wait()


class FailsOnce(Slow):
    """Does not write the first part."""

    def write(self, name: str, content: bytes) -> None:
        super().write(name, content)
        if name == "a":
            del self.things[name]
            raise StoreFailed("full")


def test_nothing_is_written_after_a_failure() -> None:
    folder = FailsOnce()
    keeper = Keeper(folder)
    keeper.put("a", [b""])
    keeper.put("b", [b""])
    *_, thread = [each for each in threading.enumerate() if each.name == "outcomes"]  # the newest
    folder.may_write.release(2)
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert not folder.things
