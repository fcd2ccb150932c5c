"""Why a record cannot be sent: all that is wrong with it, the step that refuses it first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ..errors import InvalidRecord, SystemFault
from ..rejection import Fault, Rejection
from ..service.formats import Format
from ..violations import Violation
from .batch import Rejected
from .mapping import Mapper
from .salvage import TOO_DEEP, clean, fault, flattened, lenient
from .table import Dicts, Table, Values
from .trace import Trace
from .unread import Notes
from .validation import RecordValidator

MAX_FAULTS = 20  # of one record that are told


@dataclass(frozen=True)
class Traced:
    """How a record is mapped so that all that cannot be read of it is noted."""

    mapped: Mapper
    built: Callable[[Table], Sequence[Values]]  # the subscriptions of each record
    notes: Notes
    trace: Trace
    keys: tuple[str, ...]  # fields that a profile is found by


class Explanation:
    """The steps of one stream, for a record by itself."""

    def __init__(
        self,
        *,
        decode: Callable[[bytes], dict[str, Any]],
        record: RecordValidator,
        mapping: Traced,
        profile: RecordValidator,
        wire: Format,
        largest: int,
    ) -> None:
        """`decode` gives what is looked at of a record, `record` decides on that, `profile` on what
        it is mapped to; a profile has at most `largest` bytes on the `wire`.
        """
        self._decode, self._record, self._mapping = decode, record, mapping
        self._profile, self._wire, self._largest = profile, wire, largest

    def of(self, original: bytes, *, is_too_deep: bool = False) -> Rejected:
        """What is kept of a record that no encoder takes, and why: nothing else may be wrong than
        that it `is_too_deep` for them.
        """
        try:
            return Rejected(original, self._reason(original, is_too_deep))
        except InvalidRecord as invalid:
            return Rejected(invalid.kept or original, invalid.rejection)
        except RecursionError:
            return Rejected(_readable(original), TOO_DEEP)

    def _reason(self, original: bytes, is_too_deep: bool) -> Rejection:
        try:
            record = self._decode(original)
        except ValueError:  # msgspec's errors are, and those of the text encoding
            raise _unreadable(original) from None
        faults = list(islice(self._faults(record), MAX_FAULTS))
        if not faults:
            return self._too_large(record, is_too_deep)
        first, others = faults[0][0], len(faults) - 1
        message = f"{first.message} (the first of {others + 1} faults)" if others else first.message
        return replace(first, message=message, faults=tuple(each for _, each in faults))

    def _faults(self, record: dict[str, Any]) -> Iterator[tuple[Rejection, Fault]]:
        """All of them, but for those that follow from others."""
        seen: set[str] = set()
        for rejection, found in self._of_record(record):
            seen.add(str(found.column).split(".", 1)[0])
            yield rejection, found
        try:
            self._mapping.notes.begin()
            (profile,) = self._mapping.mapped([record])
        except InvalidRecord as invalid:
            yield invalid.rejection, _fault(invalid.rejection)
            return
        for unread in self._mapping.notes.faults():
            column, place = unread.rejection.path[2:], self._mapping.trace.place(unread.field)
            seen.add(column.split(".", 1)[0])
            yield unread.rejection, _fault(unread.rejection, column, place)
        for rejection, found in self._of_profile(record, profile):
            if not {each.split(".", 1)[0] for each in str(found.column).split(", ")} & seen:
                yield rejection, found

    def _of_record(self, record: dict[str, Any]) -> Iterator[tuple[Rejection, Fault]]:
        if self._record.is_valid(record):
            return
        for each in self._record.violations(record):
            rejection = self._record.rejected(each)
            column = str(each.parts[0]) if each.parts else None
            field = self._mapping.trace.field(column) if column else None
            yield rejection, _fault(rejection, column, field)

    def _of_profile(
        self, record: dict[str, Any], profile: Mapping[str, Any]
    ) -> Iterator[tuple[Rejection, Fault]]:
        if self._profile.is_valid(profile):
            return
        built = self._mapping.built(Dicts([record]))
        for each in self._profile.violations(profile):
            rejection = self._profile.rejected(each)
            column = self._column(each, profile, built)
            if column is not None and self._mapping.trace.is_mapped():
                tell = _as_text if _may_be_text(each, profile) else _with_column
                rejection = _from_column(rejection, column, tell)
            yield rejection, _fault(rejection, column, each.path)

    def _column(
        self, violation: Violation, profile: Mapping[str, Any], built: Sequence[Values]
    ) -> str | None:
        """The one that a violation comes from; of a profile without a key, those of the keys."""
        trace = self._mapping.trace
        if violation.parts:
            return trace.column(violation.parts, profile, built)
        missing = [name for name in self._mapping.keys if name not in profile]
        return ", ".join(trace.columns_of(missing)) or None

    def _too_large(self, record: dict[str, Any], is_too_deep: bool) -> Rejection:
        """Of a record with which nothing else is wrong."""
        (profile,) = self._mapping.mapped([record])
        try:
            size = len(self._wire.encode(profile))
        except InvalidRecord as invalid:
            return self._not_carried(invalid, record, profile)
        if size <= self._largest:
            if is_too_deep:
                raise RecursionError
            raise SystemFault("A record was declined, and nothing is wrong with it.")
        message = f"is {size:,} bytes as a profile; a request has room for {self._largest:,}"
        loggable = f"larger than the {self._largest:,} bytes that a request has room for"
        return Rejection("size", "max_bytes", message, "$", loggable)

    def _not_carried(
        self, invalid: InvalidRecord, record: dict[str, Any], profile: Mapping[str, Any]
    ) -> Rejection:
        """Of a profile that its format cannot carry."""
        rejection, trace = invalid.rejection, self._mapping.trace
        column = trace.column(invalid.parts, profile, self._mapping.built(Dicts([record])))
        found = _fault(rejection, column, rejection.path)
        if column is not None and trace.is_mapped():
            rejection = _from_column(rejection, column)
        return replace(rejection, faults=(found,))


def _with_column(sentence: str, column: str) -> str:
    return f"{sentence} (it comes from the column {column})"


def _as_text(sentence: str, column: str) -> str:
    return f"{sentence} (it comes from the column {column}; `type: string` sends it as text)"


def _from_column(
    rejection: Rejection, column: str, tell: Callable[[str, str], str] = _with_column
) -> Rejection:
    return replace(
        rejection,
        message=tell(rejection.message, column),
        loggable=tell(rejection.loggable, column),
    )


def _may_be_text(violation: Violation, profile: Mapping[str, Any]) -> bool:
    """Whether a field is a number or a boolean, and has to be a text."""
    is_text_wanted = violation.rule == "type" and violation.wanted == "string"
    return is_text_wanted and isinstance(profile.get(violation.parts[0]), bool | int | float)


def _fault(rejection: Rejection, column: str | None = None, field: str | None = None) -> Fault:
    return Fault(rejection.reason, column, field, rejection.code)


def _readable(original: bytes) -> bytes:
    """What is kept of data that is nested too deeply: any reader of the store takes it."""
    try:
        return flattened(bytes(original))
    except ValueError:
        return original


def _unreadable(original: bytes) -> InvalidRecord:
    """What to say of data that the strict reader refused."""
    value = lenient(original)
    message = "holds a number that cannot be read"
    rejection = fault(value) or Rejection("json", "number", message, "$", message)
    return InvalidRecord(rejection, clean(value))
