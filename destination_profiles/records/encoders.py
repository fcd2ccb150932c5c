"""Ways from the records of a stream to batches of profiles.

An encoder takes many records at once, and declines them all if one of them needs a look of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any, Protocol

import msgspec
from msgspec import UnsetType

from ..errors import InvalidRecord
from ..service.formats import Format, decode_records
from ..service.identities import Identify, Identities
from .batch import Batch, Data, Joined, Lines, Originals
from .mapping import Mapper, ProfileMapping
from .row_type import RowType
from .table import ABSENT, Make, Table, Values
from .validation import RecordValidator

FAULTS = (ValueError, InvalidRecord, RecursionError)  # msgspec's errors are ValueErrors


class Encoder(Protocol):
    """One way from records to profiles."""

    def encode(self, originals: Originals) -> Batch:
        """All of them. Raises one of FAULTS where it declines."""
        ...


class AsTheyCome:
    """Records that are profiles, in their own bytes."""

    def __init__(self, rows: RowType, identify: Identify) -> None:
        """`rows` is their type."""
        self._rows, self._identify = rows, identify

    def encode(self, originals: Originals) -> Batch:
        """All of them."""
        joined = originals.joined()
        rows = self._rows.decode(joined.array())
        return Batch(joined, joined, _identities(self._identify, self._rows, rows))


class WithoutNulls:
    """Records that are profiles once what is null in them is left out."""

    def __init__(self, rows: RowType, identify: Identify) -> None:
        """`rows` is their type."""
        self._rows, self._identify = rows, identify
        self._encode = msgspec.json.Encoder().encode_lines

    def encode(self, originals: Originals) -> Batch:
        """All of them."""
        joined = originals.joined()
        rows = self._rows.decode(joined.array())
        lines = Lines(self._encode(rows), len(rows))
        return Batch(lines, joined, _identities(self._identify, self._rows, rows))


def _identities(identify: Identify, kind: RowType, rows: Sequence[Any]) -> Any:
    return identify.many(lambda name: kind.column(rows, name))


class Mapped:
    """Profiles that are mapped from columns: no other column is decoded."""

    def __init__(
        self,
        *,
        decode: Callable[[bytes], Table],
        mapping: ProfileMapping,
        keys: Sequence[Sequence[str]],
        identify: Identify,
        make: Make,
        encode: Callable[[Sequence[Any]], Joined],
    ) -> None:
        """`decode` gives the columns that are wanted, `mapping` the profiles' fields, of which one
        of `keys` must be there; `make` their objects, and `encode` what stands in a body.
        """
        self._decode, self._mapping, self._keys = decode, mapping, keys
        self._identify, self._make, self._encode = identify, make, encode

    def encode(self, originals: Originals) -> Batch:
        """All of them."""
        joined = originals.joined()
        table = self._decode(joined.array())
        profiles = self._mapping.profiles(table)
        identities = self._identities(profiles, len(table))
        made = self._encode(self._make(list(profiles.values()), len(table)))
        return Batch(made, joined, identities)

    def _identities(self, profiles: Mapping[str, Values], count: int) -> Sequence[Identities]:
        """Those of each profile. Raises ValueError where one has nothing to be found by."""
        columns = {name: _there(profiles.get(name), count) for key in self._keys for name in key}
        whole = [list(zip(*(columns[name] for name in key), strict=True)) for key in self._keys]
        if None in chain.from_iterable(whole[0]) and not all(
            any(None not in values for values in row) for row in zip(*whole, strict=True)
        ):
            raise ValueError
        return self._identify.many(columns.__getitem__)


def _there(values: Values | None, count: int) -> Values:
    """The values of a field, None where it is not there. Raises ValueError for a null."""
    if values is None:
        return [None] * count
    kinds = set(map(type, values))
    if NoneType in kinds:
        raise ValueError
    if UnsetType in kinds:
        return [None if each is ABSENT else each for each in values]
    return values


class Checked:
    """Profiles as dicts, looked at one by one: whatever is valid goes this way."""

    def __init__(
        self,
        *,
        record: RecordValidator,
        mapped: Mapper,
        profile: RecordValidator,
        identify: Identify,
        wire: Format,
        between: bytes,
        largest: int,
    ) -> None:
        """`record` decides on records, `profile` on what they are `mapped` to; a profile should
        have `largest` bytes at most.
        """
        self._record, self._mapped, self._profile = record, mapped, profile
        self._largest = largest
        self._identify, self._wire, self._between = identify, wire, between

    def encode(self, originals: Originals) -> Batch:
        """All of them."""
        joined = originals.joined()
        records = decode_records(joined.array())
        if not all(map(self._record.is_valid, records)):
            raise ValueError
        profiles = self._mapped(records)
        if not all(map(self._profile.is_valid, profiles)):
            raise ValueError
        encoded = list(map(self._encoded, originals.parts, records, profiles))
        identities = self._identify.many(lambda name: [each.get(name) for each in profiles])
        return Batch(Joined(encoded, self._between), joined, identities)

    def _encoded(self, original: Data, record: Any, profile: Any) -> Data:
        """The bytes that a record came in, where nothing had to change; without its blanks where
        these make it too large.
        """
        unchanged = profile is record and self._wire.verbatim
        if unchanged and len(original) <= self._largest:
            return original
        return self._wire.encode(profile)
