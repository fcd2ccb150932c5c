"""What sampled rows tell of a column: counts and shapes, never a value."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from ..cells import folded
from ..records.paths import GARBLED, Declared, JsonTexts, Walk
from ..records.table import ABSENT
from ..shapes import quoted, shape_of

MAX_ROWS = 5_000  # of a stream that are looked at
DEPTH = 2  # objects within objects that are looked into
Row = Mapping[str, Any]


class Sampled:
    """The rows of a stream that were sampled, perhaps none."""

    def __init__(self, rows: Sequence[Row], schema: Any) -> None:
        """Of a stream with a JSON schema."""
        self.rows, self._declared = rows[:MAX_ROWS], Declared(schema)
        self._texts = JsonTexts(exactly=True)
        self._values: dict[str, Sequence[Any]] = {}

    def columns(self, is_known: Callable[[str], bool]) -> list[str]:
        """Columns, and dotted paths into those with objects, as the schema has them. Of what only
        the rows have, those whose names are known: a key of an object may be data.
        """
        names = list(self._declared.columns) or _keys(self.rows, is_known)
        paths = (self._paths((name,), self._declared.columns, is_known) for name in names)
        return list(chain.from_iterable(paths))

    def values(self, path: str) -> Sequence[Any]:
        """Those of a column that are there, none of them null or empty."""
        if path not in self._values:
            self._values[path] = self._found(path)
        return self._values[path]

    def _found(self, path: str) -> Sequence[Any]:
        name, steps = self._declared.parted(path) or (path, ())
        walk = Walk(steps, self._texts)
        found = (walk(row.get(name)) if steps else row.get(name) for row in self.rows)
        return [each for each in found if _is_there(each)]

    def members(self, path: str) -> list[Any]:
        """Its values, and in the place of an array its members, as `columns` takes them."""
        several = (each if isinstance(each, list) else [each] for each in self.values(path))
        return list(filter(_is_there, chain.from_iterable(several)))

    def kinds(self, path: str) -> frozenset[str] | None:
        """The JSON types that the schema names for a column, but for null; None where it is
        open.
        """
        found = self._declared.parted(path)
        return self._declared.kinds(*found) if found else None

    def node(self, path: str) -> Mapping[str, Any]:
        """What the schema says of a column as a whole."""
        found = self._declared.columns.get(path)
        return found if isinstance(found, Mapping) else {}

    def _paths(
        self, steps: tuple[str, ...], nodes: Mapping[str, Any], is_known: Callable[[str], bool]
    ) -> Iterator[str]:
        """A column, and what is inside."""
        path = ".".join(steps)
        yield path
        node = nodes.get(steps[-1])
        members = node.get("properties") if isinstance(node, Mapping) else None
        inner = members if isinstance(members, Mapping) else {}
        if len(steps) > DEPTH:
            return
        names = list(inner) or _keys(map(self._object, self.values(path)), is_known)
        for each in names:
            yield from self._paths((*steps, each), inner, is_known)

    def _object(self, value: Any) -> Row:
        """A value that is an object, or a text that is one in JSON."""
        found = self._texts[value] if isinstance(value, str) and value[:1] == "{" else value
        return found if isinstance(found, Mapping) else {}


def _keys(rows: Iterable[Row], is_known: Callable[[str], bool]) -> list[str]:
    """The names in some objects that are known."""
    return [key for key in dict.fromkeys(chain.from_iterable(rows)) if is_known(key)]


def _is_there(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value not in (None, ABSENT, GARBLED, [], {})


def shapes(values: Sequence[Any], most: int = 3) -> str:
    """The most frequent shapes of some values with their counts, for a sentence."""
    counted = Counter(map(shape_of, values)).most_common()
    told = [f"{quoted(shape)} {count:,}" for shape, count in counted[:most]]
    others = sum(count for _, count in counted[most:])
    return ", ".join([*told, *([f"others {others:,}"] if others else [])])


def distinct(values: Sequence[Any]) -> int:
    """How many different ones there are."""
    return len({folded(each) or repr(each) for each in values})
