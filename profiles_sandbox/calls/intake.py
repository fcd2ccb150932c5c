"""The intake: what a request as it arrived holds, and the format of its answer."""

from dataclasses import dataclass

from profiles_sandbox.calls import parameters
from profiles_sandbox.calls.texts import Types
from profiles_sandbox.profiles.setup import Setup
from profiles_sandbox.refusals import RequestRefused
from profiles_sandbox.switches import Switches
from profiles_sandbox.wire.exchange import Arrived
from profiles_sandbox.wire.formats import CONTENT_TYPES, FORMATS, JSON, Codec, Message, find_codec

HTTP_ERRORS = range(400, 600)
"""Codes that are HTTP statuses of errors too."""

TOO_LARGE = 413
"""The error of a larger body whose HTTP status is none of an error."""


@dataclass(frozen=True)
class Taken:
    """A request, read as far as it can be read, and why no further. `format` is None for an unknown
    Content-Type.
    """

    format: str | None
    answer: Codec
    message: Message
    refusal: RequestRefused | None


class Intake:
    """Reads requests."""

    def __init__(self, setup: Setup, switches: Switches) -> None:
        """Take what is declared, for formats without types."""
        self._types = Types(setup, switches)
        self._switches = switches

    def take(self, arrived: Arrived) -> Taken:
        """Read a request; what refuses it stands in the result."""
        codec = find_codec(arrived.header("content-type"))
        message: Message = {}
        refusal = None
        try:
            self._refuse_by_size(len(arrived.body))
            message = self._read(codec, arrived.body)
            parameters.one_of(message, "format", FORMATS)
        except RequestRefused as error:
            refusal = error
        return Taken(codec.name if codec else None, self._answer(codec, message), message, refusal)

    def _refuse_by_size(self, size: int) -> None:
        largest = self._switches.max_bytes
        if size > largest:
            status = self._switches.oversize_status
            code = status if status in HTTP_ERRORS else TOO_LARGE
            raise RequestRefused(
                code, f"the body holds {size} bytes, {largest} are allowed", http_status=status
            )

    def _read(self, codec: Codec | None, body: bytes) -> Message:
        if codec is None:
            raise RequestRefused(
                400, "Content-Type: one of " + ", ".join(CONTENT_TYPES) + " expected"
            )
        message = codec.decode(body)
        return message if codec.has_types else self._types.request(message)

    def _answer(self, codec: Codec | None, message: Message) -> Codec:
        """Choose the format of the answer: what `format` asks for, else what the switch says."""
        asked = message.get("format")
        if type(asked) is str and asked in FORMATS:
            return FORMATS[asked]
        return JSON if codec is None or self._switches.xml_answer == "json" else codec
