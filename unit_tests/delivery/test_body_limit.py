import pytest

from destination_profiles.delivery.body_limit import BodyLimit


@pytest.mark.parametrize(
    ("accepted", "refused", "limit"),
    [
        ([100], [], None),
        ([], [100], 50),
        ([], [100, 60, 80], 30),
        ([40], [100], 50),
        ([70], [100], 70),
        ([200], [100], 200),  # what is refused was not refused for its size
    ],
)
def test_limit_is_learnt(accepted: list[int], refused: list[int], limit: int | None) -> None:
    made = BodyLimit()
    for size in accepted:
        made.accepted(size)
    for size in refused:
        made.refused(size)
    assert made.max_bytes == limit
