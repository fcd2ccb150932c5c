"""Commands that are no sync say how they end in words of their own."""

import pytest

from destination_profiles.commands.own_words import OF_COMMAND, own_words
from destination_profiles.errors import Interrupted
from destination_profiles.service.answers import FATE_UNKNOWN
from unit_tests.messages import code_texts

SENTENCES = [each for each in code_texts() if each.heading]
STOPPED = str(Interrupted(15))
CUT = "A record may be lost in it, so the sync stops; what came before it is delivered. Run the sync again, and"
LOST = FATE_UNKNOWN.format(7)


@pytest.mark.parametrize(
    ("command", "sentence", "told"),
    [
        ("write", STOPPED, STOPPED),
        (
            "resend",
            STOPPED,
            "The resend was asked to stop. What was acknowledged is safe; the rest stays in the "
            "store until the next resend.",
        ),
        (
            "resend",
            LOST,
            "The service answered, but its answer does not hold one result for each of 7 profiles, "
            "so what became of them is unknown. They stay in the store: the next resend sends them "
            "again, and holds those that may count twice.",
        ),
        ("resend", "Run the sync again later.", "Run it again later."),
        ("write", CUT, CUT),
        (
            "forecast",
            CUT,
            "A record may be lost in it, so it ends here; nothing was sent. Run it again, and",
        ),
        (
            "init",
            "What came before it is delivered. Look, and run the sync again.",
            "Nothing was sent. Look, and run it again.",
        ),
    ],
)
def test_each_command_says_what_is_so(command: str, sentence: str, told: str) -> None:
    assert own_words(command, sentence) == told


@pytest.mark.parametrize(
    "theirs", sorted({each for words in OF_COMMAND.values() for each in words})
)
def test_words_are_those_of_a_sentence(theirs: str) -> None:
    """Else they would stand in the place of nothing."""
    assert any(theirs in text.words for text in SENTENCES)
