"""The entries of a memory: what each profile was last sent, and when, as hashes in SQLite."""

import sqlite3
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from itertools import groupby
from operator import add
from os import pread, pwrite
from pathlib import Path
from secrets import randbits
from struct import Struct, unpack

from .hashes import SIZE

FORM = 2  # of the file; one of another form is not read
DAY = 2 * SIZE  # where it stands in a record
RECORD = DAY + 2  # bytes: hash of an identity, of what was sent, and the day
MEAN = 32  # records of a bucket
FEW = 8  # one of so many: then it is quicker to change buckets than to write all
LEAST_BITS, MOST_BITS = 8, 32  # of a hash that number its bucket
AT_ONCE = 256  # buckets that are changed together
PREFIXES = 256  # parts in which entries are merged, by the first byte of the identity
FIRST = Struct(f">Q{RECORD - SIZE}x")  # of a record, its identity as a number
BLANK, NO_RECORD = bytes(SIZE + 2), bytes(RECORD)
PAGE_BYTES = 4096
FOR_ITSELF = ("journal_mode=OFF", "synchronous=OFF")  # of a copy that nobody else has
ABSENT, OTHER = -1, 0  # what `find` says in the place of a day
UNUSABLE = (sqlite3.DatabaseError, ValueError, OSError)


class Entries:
    """A file of them, which the caller owns. Buckets are numbered by the first bits of an identity;
    a record is found in its bucket by its bytes. What is asked stands in a copy beside the file,
    one bucket behind the other: SQLite would take several times as long for each.

    All methods raise one of UNUSABLE where a file is damaged.
    """

    def __init__(self, path: Path, owner: str) -> None:
        """Open a file that was made for an `owner`. Raises one of UNUSABLE where it is another's,
        of another form, or cut, and OSError where there is no room for the copy.
        """
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            for setting in (*FOR_ITSELF, "cell_size_check=ON"):
                self._db.execute(f"PRAGMA {setting}")
            about = dict(self._db.execute("SELECT name, value FROM about"))
            (pages,) = self._db.execute("PRAGMA page_count").fetchone()
            if (about.get("form"), about.get("owner")) != (str(FORM), owner):
                raise ValueError
            if path.stat().st_size != pages * PAGE_BYTES:
                raise ValueError
            self.count, self._bits = int(about["count"]), int(about["bits"])
            self.generation = bytes.fromhex(about["generation"])
        except (*UNUSABLE, KeyError):
            self._db.close()
            raise ValueError from None
        self._shift = 8 * SIZE - self._bits
        self._copy = path.with_suffix(".buckets").open("w+b")
        try:
            self._starts = self._copied()
        except BaseException:
            self.close()
            raise

    def _copied(self) -> Sequence[int]:
        """Copy the buckets; tells where each begins, and where the last one ends."""
        starts, at = array("Q"), 0
        with closing(self._db.execute("SELECT * FROM buckets ORDER BY number")) as rows:
            for number, records in rows:
                starts.extend([at] * (number + 1 - len(starts)))  # those before it are empty
                at += self._copy.write(records)
        starts.extend([at] * ((1 << self._bits) + 1 - len(starts)))
        self._copy.flush()
        return starts

    def close(self) -> None:
        """Let go of the file."""
        self._copy.close()
        self._db.close()

    def find(self, identities: Sequence[bytes], contents: Sequence[bytes]) -> list[int]:
        """For each identity the day on which this content was sent; OTHER where another one was,
        ABSENT where there is no entry.
        """
        starts, file = self._starts, self._copy.fileno()
        buckets = [
            pread(file, starts[number + 1] - starts[number], starts[number])
            for number in self._numbers(identities)
        ]
        wanted = map(add, identities, contents)
        places = map(bytes.find, buckets, wanted)  # without a loop of Python: it is every row
        return [
            bucket[at + DAY] << 8 | bucket[at + DAY + 1]
            if at >= 0 and not at % RECORD
            else _not_found(bucket, identity)
            for bucket, at, identity in zip(buckets, places, identities, strict=True)
        ]

    def remove(self, identities: Collection[bytes], instead: bytes = b"") -> None:
        """Find their entries no longer, or `instead` of the rest of each, BLANK, what nothing that
        is sent equals: OTHER is found from then on. They are in the file until a merge.
        """
        starts, file = self._starts, self._copy.fileno()
        for number, identity in zip(self._numbers(identities), identities, strict=True):
            start = starts[number]
            if (at := _place(pread(file, starts[number + 1] - start, start), identity)) is not None:
                pwrite(file, identity + instead if instead else NO_RECORD, start + at)

    def put(self, records: Sequence[bytes], least: bytes) -> None:
        """Let records take the place of those of their identities. What was sent before the day
        `least` goes from their buckets.
        """
        newest = {each[:SIZE]: each for each in records}
        identities = list(newest)
        for start in range(0, len(identities), AT_ONCE):
            some = identities[start : start + AT_ONCE]
            numbers = self._numbers(some)
            buckets = self._buckets(numbers)
            kept: dict[int, dict[bytes, bytes]] = {}
            for number, identity in zip(numbers, some, strict=True):
                if number not in kept:
                    there = split(buckets.get(number, b""))
                    kept[number] = {each[:SIZE]: each for each in there}
                kept[number][identity] = newest[identity]
            self._db.executemany(
                "INSERT OR REPLACE INTO buckets VALUES (?, ?)",
                [(number, _joined(those, least)) for number, those in kept.items()],
            )

    def merge(self, parts: Iterable[Sequence[bytes]], oldest: int) -> None:
        """Put records in, of which each identity stands in one part, the newest last."""
        least = max(oldest, 1).to_bytes(2)
        self._db.execute("BEGIN")
        for part in parts:
            self.put(part, least)
        (size,) = self._db.execute("SELECT sum(length(records)) FROM buckets").fetchone()
        about = {"count": str((size or 0) // RECORD), "generation": _new_generation()}
        rows = [(value, name) for name, value in about.items()]
        self._db.executemany("UPDATE about SET value = ? WHERE name = ?", rows)
        self._db.execute("COMMIT")

    def has_room(self, count: int) -> bool:
        """Whether so many records more leave its buckets of a good size, and are few."""
        return count * FEW <= self.count and self.count + count <= 2 * MEAN << self._bits

    def records(self, prefix: int) -> list[bytes]:
        """Those whose identity begins with this byte."""
        first, last = (each << (self._bits - 8) for each in (prefix, prefix + 1))
        start, stop = self._starts[first], self._starts[last]
        return split(pread(self._copy.fileno(), stop - start, start))

    def _numbers(self, identities: Collection[bytes]) -> list[int]:
        shift = self._shift
        return [each >> shift for each in unpack(f">{len(identities)}Q", b"".join(identities))]

    def _buckets(self, numbers: Sequence[int]) -> dict[int, bytes]:
        return dict(self._db.execute(_query(len(numbers)), numbers))


def make(path: Path, owner: str, parts: Iterable[Sequence[bytes]], most: int) -> None:
    """Write a new file: `parts` are its records in the order of their bytes, at most `most`."""
    bits = min(MOST_BITS, max(LEAST_BITS, (most // MEAN).bit_length()))
    shift = 8 * SIZE - bits
    count = 0

    db = sqlite3.connect(path, isolation_level=None)
    for setting in (f"page_size={PAGE_BYTES}", *FOR_ITSELF):
        db.execute(f"PRAGMA {setting}")
    db.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    db.execute("CREATE TABLE buckets (number INTEGER PRIMARY KEY, records BLOB NOT NULL)")
    db.execute("BEGIN")
    for part in parts:
        count += len(part)
        db.executemany("INSERT INTO buckets VALUES (?, ?)", _in_buckets(part, shift))
    about = {"form": FORM, "owner": owner, "bits": bits, "count": count}
    about["generation"] = _new_generation()
    rows = [(name, str(value)) for name, value in about.items()]
    db.executemany("INSERT INTO about VALUES (?, ?)", rows)
    db.execute("COMMIT")
    db.close()


def _in_buckets(records: Sequence[bytes], shift: int) -> Iterator[tuple[int, bytes]]:
    """Numbers of buckets, and what is in each, of records in the order of their bytes."""
    joined, start = b"".join(records), 0
    numbers = (first >> shift for (first,) in FIRST.iter_unpack(joined))
    for number, same in groupby(numbers):
        stop = start + RECORD * len(list(same))
        yield number, joined[start:stop]
        start = stop


def _new_generation() -> str:
    """By which it shows whether a file is the one that was there before."""
    return f"{randbits(8 * SIZE):0{2 * SIZE}x}"


def no_record(identity: bytes) -> bytes:
    """What takes the place of an entry that is to go."""
    return identity + BLANK


def split(records: bytes) -> list[bytes]:
    """The records of a text of them."""
    return [records[at : at + RECORD] for at in range(0, len(records), RECORD)]


def _joined(records: dict[bytes, bytes], least: bytes) -> bytes:
    return b"".join(each for each in records.values() if each[RECORD - 2 :] >= least)


def _not_found(bucket: bytes, identity: bytes) -> int:
    return ABSENT if _place(bucket, identity) is None else OTHER


def _place(bucket: bytes, identity: bytes) -> int | None:
    """Where the record of an identity begins. Its bytes may stand elsewhere by chance."""
    at = bucket.find(identity)
    while at % RECORD and at >= 0:
        at = bucket.find(identity, at + 1)
    return at if at >= 0 else None


@cache
def _query(count: int) -> str:
    marks = ",".join("?" * count)
    return f"SELECT number, records FROM buckets WHERE number IN ({marks})"  # noqa: S608 - marks alone
