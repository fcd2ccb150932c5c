"""A folder in memory."""

from destination_profiles.errors import ProfilesError
from destination_profiles.storage.folder import Lock


class MemoryFolder:
    """Things by their names; `fails` is raised by the next write and by those behind it."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}
        self.fails: ProfilesError | None = None

    def write(self, name: str, content: bytes) -> None:
        if self.fails is not None:
            raise self.fails
        self.things[name] = content

    def read(self, name: str) -> bytes:
        return self.things[name]

    def names(self, prefix: str = "") -> list[str]:
        return sorted(each for each in self.things if each.startswith(prefix))

    def remove(self, name: str) -> None:
        self.things.pop(name, None)

    def probe(self) -> None:
        pass

    def lock(self, *, alone: bool) -> Lock:
        raise NotImplementedError
