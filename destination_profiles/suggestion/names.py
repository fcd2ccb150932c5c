"""Which field of a profile a column's name means, by the spellings of spellings.yaml."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from ..service import yaml_file

HUMP = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
)  # in firstName, and in IDNumber
CUSTOMER = "customer"  # the list of words for what customers are told apart by
SAME, SPELLED, AROUND, APART = 3, 2, 1, 0  # how well a name fits, the best first
MANY = 1 << 16  # names that are remembered: each is looked at for each field
ID = "id"  # of the row; inside of an object, that object's own


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a column's name fits a field, and why, in part of a sentence."""

    strength: int
    why: str


@cache
def spellings() -> Mapping[str, Any]:
    """The content of spellings.yaml."""
    found: Mapping[str, Any] = yaml_file.load(
        yaml_file.read("destination_profiles.suggestion", "spellings.yaml")
    )
    return found


@lru_cache(MANY)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, without case, accents and signs."""
    parted = unicodedata.normalize("NFKD", HUMP.sub(" ", name).casefold())
    kept = "".join(each for each in parted if unicodedata.category(each) != "Mn")
    return tuple("".join(each if each.isalnum() else " " for each in kept).split())


@lru_cache(MANY)
def bare(name: str) -> str:
    """A name as it is compared by."""
    return "".join(words(name))


class Names:
    """The fields of a database by the names that columns may have for them."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        """Of fields with their titles."""
        self._same = {name: {bare(name), bare(title)} - {""} for name, title in titles.items()}
        self._spelled = {name: _spelled(name, same) for name, same in self._same.items()}

    def fit(self, path: str, field: str) -> Fit | None:
        """How well a column, or a dotted path into one, fits a field."""
        outer, _, leaf = path.rpartition(".")
        is_own = set(words(outer)) <= _inside("address") | _inside("customer")
        own = {bare(leaf)} - ({ID} if outer else set())  # the id of an object is its own
        same, usual = self._same[field], self._same[field] | self._spelled[field]
        names = {bare(path)} | (own if is_own else set())
        if not names.isdisjoint(same):
            return Fit(SAME, "it has the same name")
        if not names.isdisjoint(usual):
            return Fit(SPELLED, "it is a usual name for it")
        inner = {"".join(each) for each in _inner(words(path if is_own else leaf))}
        if is_own and not usual.isdisjoint(inner - ({ID} if outer else set())):
            return Fit(AROUND, "its name holds a usual name for it")
        if not is_own and not usual.isdisjoint(inner | own):
            return Fit(APART, f"it stands in {outer}, which may be something else's")
        return None

    def may_be_key(self, field: str) -> bool:
        """Whether a field may tell customers apart: not by its name where that means another
        thing.
        """
        others = (alike for heading, alike in spellings()["alike"].items() if heading != CUSTOMER)
        return all(self._same[field].isdisjoint(map(bare, alike)) for alike in others)


def _spelled(field: str, same: Iterable[str]) -> set[str]:
    """Spellings of a field: its own, and those of a list that holds one of its names."""
    found = {bare(each) for each in spellings()["fields"].get(field, ())}
    for alike in spellings()["alike"].values():
        listed = set(map(bare, alike))
        if not listed.isdisjoint(same):
            found |= listed
    return found


def _inner(name: Sequence[str]) -> Iterator[Sequence[str]]:
    """A name without more and more of the words around it."""
    around = _around()
    for start in range(len(name)):
        for stop in range(len(name), start, -1):
            outer = (*name[:start], *name[stop:])
            if outer and all(each in around or each.isdecimal() for each in outer):
                yield name[start:stop]


@cache
def _inside(what: str) -> frozenset[str]:
    return frozenset(word for each in spellings()["inside"][what] for word in words(each))


@cache
def _around() -> frozenset[str]:
    return frozenset(word for each in spellings()["around"] for word in words(each))


def tells_consent(path: str) -> bool:
    """Whether a column's name says that it may hold somebody's consent."""
    return not parts(path).isdisjoint(map(bare, spellings()["consent"]["words"]))


def tells_deletion(path: str) -> bool:
    """Whether a column's name says that it may tell which rows are deleted."""
    return not parts(path).isdisjoint(map(bare, spellings()["deleted"]))


def means_more(path: str) -> bool:
    """Whether a column's name is a word that means other things too, outside of an address."""
    leaf = [each for each in words(path.rpartition(".")[2]) if each not in _around()]
    is_word = "".join(leaf) in map(bare, spellings()["several"])
    return is_word and _inside("address").isdisjoint(words(path))


@lru_cache(MANY)
def parts(name: str) -> frozenset[str]:
    """Its words, and those that two of them make, as in WhatsApp and opt-in."""
    found = words(name)
    return frozenset({*found, *map("".join, pairwise(found)), "".join(found)})


def is_address_by(path: str, marks: Iterable[str]) -> bool:
    """Whether a column is called by the marks of a channel, and by no more than words of numbers:
    when an SMS was sent is no address.
    """
    marked, numbers = set(map(bare, marks)), {*spellings()["consent"]["numbers"], *_around()}
    rest = [each for each in words(path) if each not in numbers]
    return bool(rest) and (marked.issuperset(rest) or "".join(rest) in marked)


def channel_of(path: str) -> str | None:
    """The channel that a column of consent is about, by its name; None where that is one that the
    service does not have.
    """
    channels: Mapping[str, Sequence[str]] = spellings()["consent"]["channels"]
    usual, named = next(iter(channels)), parts(path)
    found = [name for name, marks in channels.items() if not named.isdisjoint(map(bare, marks))]
    if set(found) <= {usual} and not named.isdisjoint(map(bare, spellings()["consent"]["others"])):
        return None
    return found[-1] if found else usual
