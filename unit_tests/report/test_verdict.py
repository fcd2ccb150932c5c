from typing import Any

import pytest

from destination_profiles.protocol.figures import Reason
from destination_profiles.report.reading import read
from destination_profiles.report.verdict import Verdict, verdict
from unit_tests.report.outputs import counts, error, figures, printed, started, state

NO_PROFILE = Reason("users", "service", "404", "no profile found", 25)


def of(*messages: Any) -> Verdict:
    return verdict(read(printed(*messages)).runs[-1])


@pytest.mark.parametrize(
    ("streams", "sentence", "tone"),
    [
        ([counts(0)], "The source sent no rows.", "good"),
        ([counts(1, accepted=1)], "The one row arrived.", "good"),
        ([counts(900, accepted=900), counts(100, accepted=100)], "All 1,000 rows arrived.", "good"),
        (
            [counts(10_000, accepted=9_975, rejected=25)],
            "9,975 of 10,000 rows arrived; 25 were refused, all for one reason.",
            "mixed",
        ),
        (
            [counts(100, accepted=93, superseded=3, deleted=1, unchanged=3)],
            "93 of 100 rows arrived; 3 were replaced by a newer row; 3 had not changed and were not "
            "sent again; 1 was deleted by the source.",
            "good",
        ),
    ],
)
def test_sentence_says_what_became_of_all(
    streams: list[dict[str, int]], sentence: str, tone: str
) -> None:
    reasons = [NO_PROFILE] if any(each["rejected"] for each in streams) else []
    named = {str(number): each for number, each in enumerate(streams)}
    told = of(started(), figures(streams=named, reasons=reasons))
    assert (told.sentence, told.tone) == (sentence, tone)


def test_reasons_are_counted() -> None:
    two = [NO_PROFILE, Reason("users", "schema", "enum", "one of 3", 1)]
    refused = {"users": counts(100, accepted=74, rejected=26)}
    assert "26 were refused for 2 reasons." in of(figures(streams=refused, reasons=two)).sentence
    told = of(figures(streams=refused, reasons=two, other_reasons=4)).sentence
    assert "26 were refused for more than 2 reasons." in told


def test_failed_sync_is_bad() -> None:
    left = {"users": counts(100, accepted=60)}
    told = of(started(), figures(streams=left, failure="away"), error("away"))
    assert told == Verdict(
        "The sync failed. 60 of 100 rows arrived; 40 were still on the way.", "bad", "Failed"
    )


def test_killed_sync_is_bad() -> None:
    left = {"users": counts(100, accepted=60)}
    assert of(started(), figures(streams=left, ended=False)) == Verdict(
        "The output breaks off after 2.0 s, so the sync was stopped from outside. "
        "60 of 100 rows arrived; 40 were still on the way.",
        "bad",
        "Cut off",
    )
    told = of(started(), state(7))
    assert told.sentence.startswith("The output breaks off right after the start.")


def test_states_stand_for_figures() -> None:
    told = of(state(7, 2), state(3, stream=None))
    assert (told.word, told.sentence) == (
        "No figures",
        "The states that came back stand for 10 rows that arrived and 2 that were refused.",
    )
    assert of(state(7), error("away")).sentence.startswith("The sync failed. The states")
    assert of(error("wrong")).sentence == "The sync ended before it began: nothing was sent."
