"""A folder in memory."""

from collections.abc import Iterator
from pathlib import Path

from destination_profiles.errors import ProfilesError, StoreFailed, StoreInUse


class MemoryFolder:
    """Things by their names; `fails` is raised by the next write and by those behind it."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}
        self.held: set[str] = set()
        self.fails: ProfilesError | None = None

    def write(self, name: str, content: bytes) -> None:
        if self.fails is not None:
            raise self.fails
        self.things[name] = content

    def read(self, name: str) -> bytes:
        if name not in self.things:
            raise StoreFailed("there is none")
        return self.things[name]

    def store(self, name: str, path: Path) -> None:
        self.write(name, path.read_bytes())

    def blocks(self, name: str) -> Iterator[bytes]:
        yield self.read(name)

    def names(self, prefix: str = "") -> list[str]:
        return sorted(each for each in self.things if each.startswith(prefix))

    def remove(self, name: str) -> None:
        self.things.pop(name, None)

    def probe(self) -> None:
        pass

    def lock(self, *, alone: bool, where: str = "") -> "HeldLock":
        if where in self.held:
            raise StoreInUse("in use")
        self.held.add(where)
        return HeldLock(self, where)


class HeldLock:
    """Held until a test takes it away."""

    def __init__(self, folder: MemoryFolder, where: str) -> None:
        self._folder, self._where, self.lost = folder, where, False

    def is_held(self) -> bool:
        return not self.lost

    def release(self) -> None:
        self._folder.held.discard(self._where)
