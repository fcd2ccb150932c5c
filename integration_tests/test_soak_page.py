"""What loads are held to, and the page of their curves."""

from pathlib import Path

import pytest

from integration_tests.browser import Driven, barriers, width_beyond
from integration_tests.soak import page
from integration_tests.soak.load import Limits, Look, Measured


def load(*megabytes: int, limits: Limits, descriptors: int = 7, threads: int = 3) -> Measured:
    """One that was looked at each second, with the half of its input taken after two."""
    looks = [Look(1000 * at, each, descriptors, threads) for at, each in enumerate(megabytes)]
    return Measured("A load", limits, 1.0, 2000, looks)


@pytest.mark.parametrize(
    ("megabytes", "excesses"),
    [
        ((20, 50, 50, 70, 70), []),
        ((20, 50, 50, 60, 71), ["71 megabytes, 70 allowed"]),
        ((20, 90, 50, 50, 50), ["90 megabytes, 80 allowed"]),
        ((20, 79, 79, 79, 81), ["81 megabytes, 80 allowed"] * 2),
    ],
)
def test_memory_is_held_to_the_first_half_and_to_a_bound(
    megabytes: tuple[int, ...], excesses: list[str]
) -> None:
    assert load(*megabytes, limits=Limits(grown=20, megabytes=80)).excesses() == excesses


def test_descriptors_and_threads_are_held_to_the_senders() -> None:
    assert load(1, limits=Limits(), descriptors=22, threads=10).excesses() == []
    assert load(1, limits=Limits(), descriptors=23, threads=11).excesses() == [
        "23 descriptors, 22 allowed",
        "11 threads, 10 allowed",
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_curves_are_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Driven, dark: bool, phone: bool
) -> None:
    monkeypatch.setattr("integration_tests.soak.load.KEPT", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "soak.html")
    load(20, 50, 50, 60, 71, limits=Limits(grown=20)).keep("grown")
    load(20, 50, 50, 50, 50, limits=Limits()).keep("flat")
    page.main(tmp_path.glob("*.json"))
    shown = browser.open(page.PAGE.as_uri(), dark=dark, phone=phone)
    assert shown.get_by_role("heading", level=1).inner_text() == (
        "1 of 2 loads kept to their limits"
    )
    told = "20 at first, 71 at last, 71 at most; 70 in the second half allowed."
    assert shown.get_by_role("img", name=f"Memory in MB. {told}").count() == 1
    assert shown.locator("path.limit").count() == 5  # one load's memory has none
    assert (barriers(shown), width_beyond(shown)) == ([], 0)
