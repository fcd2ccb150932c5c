"""What is the same for all folders."""

import pytest

from destination_profiles.errors import StoreFailed
from destination_profiles.storage.folder import try_out
from unit_tests.outcomes.memory import MemoryFolder

WHERE = "memory/crm"
TOLD = "^The object storage does not list or give back what was written to its folder memory/crm.$"


class Forgetting(MemoryFolder):
    """Does not list what it has."""

    def names(self, prefix: str = "") -> list[str]:
        return []


class Garbling(MemoryFolder):
    """Gives back something else."""

    def read(self, name: str) -> bytes:
        return super().read(name).upper()


class Noting(MemoryFolder):
    """Notes what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[str, bytes]] = []

    def write(self, name: str, content: bytes) -> None:
        self.written.append((name, content))
        super().write(name, content)


def test_trying_out_writes_below_the_folder_and_leaves_nothing() -> None:
    folder = Noting()
    folder.things["memory/crm/about.json"] = b"kept"
    for _ in range(2):
        try_out(folder, WHERE)
    (first, content), (second, _) = folder.written
    assert first != second and content
    assert {name.rpartition("/")[0] for name in (first, second)} == {WHERE}
    assert folder.things == {"memory/crm/about.json": b"kept"}


@pytest.mark.parametrize("folder", [Forgetting(), Garbling()])
def test_folder_that_does_not_give_back_is_told(folder: MemoryFolder) -> None:
    with pytest.raises(StoreFailed, match=TOLD):
        try_out(folder, WHERE)
    assert not folder.things
