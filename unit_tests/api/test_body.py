import pytest

from destination_profiles.api.body import Blocks


@pytest.mark.parametrize("size", [0, 1, Blocks.SMALLEST, Blocks.SMALLEST + 1, 3 * Blocks.SMALLEST])
@pytest.mark.parametrize("pieces", [1, 2, 3, 1000])
def test_blocks_are_the_body(size: int, pieces: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    step = size // pieces + 1
    made = Blocks([body[start : start + step] for start in range(0, size, step)], size)
    blocks = list(made)
    assert (b"".join(blocks), len(made)) == (body, size)
    assert all(len(block) <= Blocks.SMALLEST for block in blocks)


def test_small_pieces_leave_together() -> None:
    assert [bytes(block) for block in Blocks([b"a", b"", b"b", b",", b"c"], 4)] == [b"ab,c"]
    assert len(list(Blocks([bytes(Blocks.SMALLEST // 4)] * 8, 2 * Blocks.SMALLEST))) == 2
