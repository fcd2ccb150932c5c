"""The form of a line in which an outcome is kept, and the names that profiles have in it."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Any

import msgspec

from ..service.formats import encode_json
from ..service.identities import Identities
from ..service.matching import Target

ACCEPTED, REJECTED, SUPERSEDED = "accepted", "rejected", "superseded"
DELETED, RETRIED, UNCHANGED = "deleted", "retried", "unchanged"
ARRIVED = (ACCEPTED, SUPERSEDED)  # of a record that was refused before: it needs no more care
DIGITS = 32  # of a digest: 128 bits, of which no two customers share one
ALONE = {1}
Place = tuple[str, int]  # the start of a sync, and the number of a record in its input, from 1
Record = tuple[str, str, int]  # likewise, behind the label of its stream


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One outcome: of the record that stood at `row` (from 1) of the input of a sync, which is told
    by its start, `sync`. `db_id` and `found_by` say which profiles `key` is one of.
    """

    stream: str
    db_id: int
    found_by: str
    outcome: str
    sync: str
    row: int
    at: str
    key: str | None = None
    other_keys: tuple[str, ...] = ()
    step: str | None = None
    code: str | None = None
    profile_id: str | None = None
    request_id: str | None = None

    def place(self) -> Place:
        """What is larger is later; that of a line of rejects/line.py compares with it."""
        return self.sync, self.row

    def record(self) -> Record:
        """The record that it is about."""
        return self.stream, self.sync, self.row


def found_by(target: Target) -> str:
    """The fields that profiles of a target are found by, as a line names them."""
    return target.matching.in_words()


def fields_in(found_by: str) -> frozenset[str]:
    """The fields that a line names so."""
    return frozenset(field for key in found_by.split(" or ") for field in key.split(" and "))


def digest(identity: str) -> str:
    """The key of a profile where no values are kept."""
    return sha256(identity.encode()).hexdigest()[:DIGITS]


def head(stream: str, target: Target, outcome: str, **more: str) -> str:
    """The beginning of lines, as far as they share it."""
    shared: Mapping[str, Any] = {
        "stream": stream,
        "db_id": target.db_id,
        "found_by": found_by(target),
        "outcome": outcome,
        **more,
    }
    return encode_json(shared)[:-1].decode()


def lines(
    head: str,
    identities: Sequence[Identities],
    rows: Iterable[int | str],
    ids: Sequence[str | None] = (),
    *,
    values: bool,
) -> list[str]:
    """Lines of records whose profiles have some identities, and some ids where the service tells
    them. `rows` are their numbers, with what stands behind each. `values`: the identities are kept
    as they are.
    """
    keys = _keys(identities, values=values)
    if any(ids):
        named = _texts(ids)
        return [
            f'{head},"key":{key},"profile_id":{name},"row":{row}}}\n'
            for key, name, row in zip(keys, named, rows, strict=True)
        ]
    return [f'{head},"key":{key},"row":{row}}}\n' for key, row in zip(keys, rows, strict=True)]


def _keys(identities: Sequence[Identities], *, values: bool) -> list[str]:
    """What stands behind `"key":`; where a profile has several identities, the others too."""
    if set(map(len, identities)) != ALONE:
        return [_key(each, values=values) for each in identities]
    if values:
        return [quoted(each) for (each,) in identities]
    return [f'"{digest(each)}"' for (each,) in identities]


def _key(identities: Identities, *, values: bool) -> str:
    if not identities:
        return "null"
    first, *others = identities if values else map(digest, identities)
    if not others:
        return quoted(first)
    return f'{quoted(first)},"other_keys":{encode_json(others).decode()}'


def _texts(ids: Sequence[str | None]) -> list[str]:
    """As JSON has them."""
    return ["null" if each is None else quoted(each) for each in ids]
