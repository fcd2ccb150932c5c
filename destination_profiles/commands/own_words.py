"""What commands that are no sync say in the place of what a sync would say."""

from collections.abc import Mapping

Words = Mapping[str, str]  # by the words in whose place they stand
AGAIN: Words = {
    "Run the sync again": "Run it again",
    "run the sync again": "run it again",
}
SENDING_NOTHING: Words = {
    **AGAIN,
    "so the sync stops; what came before it is delivered": "so it ends here; nothing was sent",
    "What came before it is delivered": "Nothing was sent",
}
OF_COMMAND: Mapping[str, Words] = {
    "forecast": SENDING_NOTHING,
    "init": SENDING_NOTHING,
    "resend": {
        **AGAIN,
        "The sync was asked to stop": "The resend was asked to stop",
        "the rest is sent by the next sync": "the rest stays in the store until the next resend",
        "The next sync sends them again": (
            "They stay in the store: the next resend sends them again, and holds those that may "
            "count twice"
        ),
    },
}


def own_words(command: str, sentence: str) -> str:
    """A sentence of a sync as a command says it."""
    for theirs, own in OF_COMMAND.get(command, {}).items():
        sentence = sentence.replace(theirs, own)
    return sentence
