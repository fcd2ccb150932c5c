"""More entries than are asked for together."""

from pathlib import Path

from destination_profiles.memory.entries import ABSENT, AT_ONCE, Entries, make, record


def test_many_entries_are_removed_at_once(tmp_path: Path) -> None:
    ids = [(number << 48).to_bytes(8) for number in range(3 * AT_ONCE)]
    content = bytes(7) + b"\x01"
    make(tmp_path / "a", "owner", [[record(each, content, 7) for each in ids]], len(ids))
    entries = Entries(tmp_path / "a", "owner")
    assert entries.find(ids, [content] * len(ids)) == [7] * len(ids)
    entries.remove(ids[1:])
    assert entries.find(ids, [content] * len(ids)) == [7] + [ABSENT] * (len(ids) - 1)
    entries.close()
