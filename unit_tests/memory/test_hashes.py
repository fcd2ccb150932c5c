"""Hashes by which what was sent is known again."""

from destination_profiles.memory.hashes import SIZE, hashes, seed_of


def test_hashes_of_one_seed_say_nothing_of_those_of_another() -> None:
    """Streams of two lanes, and two memories, have nothing in common."""
    parts = [b"a", "a", b"b", b""]
    first, second = hashes(parts, 1), hashes(parts, 2)
    assert first == hashes(parts, 1)
    assert first[0] == first[1]
    assert len({*first, *second}) == 6
    assert {len(each) for each in first} == {SIZE}


def test_seed_of_a_text_is_that_of_its_memory() -> None:
    assert seed_of("email", 1) == seed_of("email", 1)
    assert len({seed_of(text, seed) for text in ("email", "phone") for seed in (0, 1, 2)}) == 6
