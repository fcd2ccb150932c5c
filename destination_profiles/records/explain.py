"""Why a record cannot be sent, by the step that refuses it."""

from collections.abc import Callable
from typing import Any

from ..errors import InvalidRecord, SystemFault
from ..rejection import Rejection
from ..service.formats import Format
from .batch import Rejected
from .mapping import Mapper
from .salvage import clean, fault, lenient
from .validation import RecordValidator

TOO_DEEP = Rejection("json", "depth", "is nested too deeply", "$", "is nested too deeply")


class Explanation:
    """The steps of one stream, for a record by itself."""

    def __init__(
        self,
        *,
        decode: Callable[[bytes], dict[str, Any]],
        record: RecordValidator,
        mapped: Mapper,
        profile: RecordValidator,
        wire: Format,
        largest: int,
    ) -> None:
        """`decode` gives what is looked at of a record, `record` decides on that, `profile` on what
        it is `mapped` to; a profile has at most `largest` bytes on the `wire`.
        """
        self._decode, self._record, self._mapped = decode, record, mapped
        self._profile, self._wire, self._largest = profile, wire, largest

    def of(self, original: bytes) -> Rejected:
        """What is kept of a record that no encoder takes, and why."""
        try:
            return Rejected(original, self._reason(original))
        except InvalidRecord as invalid:
            return Rejected(invalid.kept or original, invalid.rejection)
        except RecursionError:
            return Rejected(original, TOO_DEEP)

    def _reason(self, original: bytes) -> Rejection:
        try:
            record = self._decode(original)
        except ValueError:  # msgspec's errors are, and those of the text encoding
            raise _unreadable(original) from None
        if not self._record.is_valid(record):
            return self._record.rejection(record)
        (profile,) = self._mapped([record])
        if not self._profile.is_valid(profile):
            return self._profile.rejection(profile)
        size = len(self._wire.encode(profile))
        if size <= self._largest:
            raise SystemFault("A record was declined, and nothing is wrong with it.")
        message = f"is {size:,} bytes as a profile; a request has room for {self._largest:,}"
        loggable = f"larger than the {self._largest:,} bytes that a request has room for"
        return Rejection("size", "max_bytes", message, "$", loggable)


def _unreadable(original: bytes) -> InvalidRecord:
    """What to say of data that the strict reader refused."""
    value = lenient(original)
    message = "holds a number that cannot be read"
    rejection = fault(value) or Rejection("json", "number", message, "$", message)
    return InvalidRecord(rejection, clean(value))
