"""What the service refuses: one tree, grouped by how much of the request is lost.

Refused
├── RequestRefused           the whole request, nothing is changed; carries its own code
└── ItemRefused              one profile of a batch, the others go on; its code is a switch
    ├── ProfileNotFound      nothing is stored under the matching key
    ├── ManyFound            more than one profile is stored under it
    ├── MissingKey           the item does not carry the matching key
    ├── UnknownField         the database or the resource has no such field
    └── BadValue             the field takes another type, option or form

Every text names the field and never a value: texts reach the journal, values are personal data.
"""


class Refused(Exception):
    """A refusal with the text that the client reads."""

    def __init__(self, text: str) -> None:
        """Take the text as it goes into `error_text`."""
        super().__init__(text)
        self.text = text


class RequestRefused(Refused):
    """The whole request is refused with `code`; `http_status` when the transport tells it too."""

    def __init__(self, code: int, text: str, *, http_status: int | None = None) -> None:
        """Take the code for the body and, rarely, the HTTP status that goes with it."""
        super().__init__(text)
        self.code = code
        self.http_status = http_status


class ItemRefused(Refused):
    """One profile is refused because of the field at `path`."""

    def __init__(self, path: str, reason: str) -> None:
        """Take the path of the field, such as `subscriptions[0].phone`, and what is wrong with
        it.
        """
        super().__init__(f"{path}: {reason}")
        self.path = path


class ProfileNotFound(ItemRefused):
    """Nothing is stored under the matching key."""


class ManyFound(ItemRefused):
    """More than one profile is stored under the matching key."""


class MissingKey(ItemRefused):
    """The item does not carry what the matching mode searches by."""


class UnknownField(ItemRefused):
    """There is no field of this name."""


class BadValue(ItemRefused):
    """The field takes another type, option or form of value."""


_JSON_WORDS = {
    type(None): "null",
    bool: "boolean",
    int: "int",
    float: "float",
    str: "string",
    list: "array",
    dict: "object",
}


def wrong_type(path: str, expected: str, value: object) -> BadValue:
    """The refusal of a value of another type: `points: int expected, string given`."""
    return BadValue(path, f"{expected} expected, {_JSON_WORDS[type(value)]} given")
