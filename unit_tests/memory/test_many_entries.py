"""More entries than are changed together."""

from pathlib import Path

from destination_profiles.memory.entries import ABSENT, AT_ONCE
from unit_tests.memory.test_entries import content, file, identity, read, record


def test_many_entries_are_merged_and_removed_at_once(tmp_path: Path) -> None:
    numbers = range(3 * AT_ONCE)
    ids, contents = [identity(each) for each in numbers], [content(1)] * len(numbers)
    path = file(tmp_path / "a", {0: (2, 5)}, len(ids))
    with read(path) as entries:
        entries.merge([[record(each, content(1), 7) for each in ids]], 1)
    with read(path) as entries:
        assert entries.find(ids, contents) == [7] * len(ids)
        entries.remove(ids[1:])
        assert entries.find(ids, contents) == [7] + [ABSENT] * (len(ids) - 1)
