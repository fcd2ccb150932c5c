"""What the value of a configured field is read from: a constant, a column, a path, several."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Any

from ..cells import NotNamed
from ..config import FieldConfig
from ..conversion import USUAL, CannotConvert
from ..errors import ConfigError
from ..rejection import Rejection
from ..shapes import shape_of
from ..violations import KINDS
from .paths import Declared, JsonTexts, Walk
from .plain import plain
from .table import ABSENT, NO_VALUE, Table, Values
from .unread import Notes

Read = Callable[[Table], Values]
Convert = Callable[[Any], Any]
UNCHANGED: Mapping[str, frozenset[type]] = {  # types of values that a type leaves as they are
    "string": frozenset({str}),
    "int": frozenset({int}),
    "float": frozenset({int, float}),
    "boolean": frozenset({bool}),
}
QUICK: Mapping[tuple[Any, ...], Convert] = {("string", int): str}  # by type, and that of values
TEXTS = NO_VALUE | {str}
EXACT = frozenset(
    {"string", "tags", "phone", "sha256"}
)  # types for which decimals keep their digits
MAX_REMEMBERED = 20_000  # texts and what they are converted to, a field; dates and words repeat,
MAX_LENGTH = 64  # and are short


class Columns:
    """The columns of one stream, and what is taken from them: `uses` are those whose values go on
    as they are, with the paths inside each; `wanted` are all.
    """

    def __init__(
        self,
        stream: str,
        declared: Declared,
        zone: tzinfo = UTC,
        notes: Notes | None = None,
    ) -> None:
        """Of a stream whose schema has these columns; none: they are not known. `notes` hears of
        values that are left out.
        """
        self.uses: dict[str, set[tuple[str, ...]]] = {}
        self.wanted: dict[str, None] = {}
        self._exact: set[str] = set()
        self._stream, self._declared, self._zone = stream, declared, zone
        self.notes = notes or Notes()
        self._texts: dict[tuple[str, bool], JsonTexts] = {}

    def exact(self) -> frozenset[str]:
        """Columns whose decimals keep their digits, as no value of them goes on as it is."""
        return frozenset(self._exact - self.uses.keys())

    def reader(self, field: FieldConfig) -> Read:
        """What a field is read by. Raises ConfigError for a column that the stream lacks."""
        if field.columns:
            members = [self._members(each, field) for each in field.columns]
            read = self.notes.of_all(field.columns, _array(members))
        elif field.source is None:
            read = constant(field.value)
        else:
            read = self._converted(self._column(field.source, field), field.source, field)
        if (default := field.cell.default) is not None:
            read = _or_default(read, [default] if field.columns else default)
        return _function(read, field.action) if field.action else read

    def as_it_came(self, field: FieldConfig) -> Read:
        """The values of a field's column as they came."""
        return self._column(str(field.source), field)

    def _column(self, source: str, field: FieldConfig) -> Read:
        """A name with dots is a path, unless the stream has a column of that name."""
        name, path = self._parted(source)
        self._want(name, path, field)
        if not path:
            return lambda table: table.column(name)
        texts = self._texts.setdefault(
            (name, bool(field.type)), JsonTexts(exactly=bool(field.type))
        )
        walk = Walk(path, texts)
        message = f"{field.to} is taken from {source}, and {name} holds JSON that cannot be read"
        garbled = Rejection("conversion", "json", message, f"$.{source}", f"$.{source} {message}")
        found = self._walked(name, path, walk, field)
        return lambda table: self.notes.readable(found(table), field, garbled)

    def _walked(self, name: str, path: Sequence[str], walk: Walk, field: FieldConfig) -> Read:
        """What a path leads to from a column."""
        if not self._declared.columns:  # then a column may have the whole name
            source = ".".join((name, *path))
            self._want(source, (), field)
            return lambda table: [
                walk(value) if whole is ABSENT else whole
                for value, whole in zip(table.column(name), table.column(source), strict=True)
            ]
        if len(path) > 1:
            return lambda table: list(map(walk, table.column(name)))
        (last,) = path
        return lambda table: [
            value.get(last, ABSENT) if isinstance(value, dict) else walk(value)
            for value in table.column(name)
        ]

    def _parted(self, source: str) -> tuple[str, tuple[str, ...]]:
        """The column and the path inside. Raises ConfigError for one that the schema does not
        have.
        """
        found = self._declared.parted(source)
        if found is None:
            raise ConfigError(
                f"The stream {self._stream} has no column {source}, which a field of its mapping "
                "is taken from.",
                stream=self._stream,
            )
        self._check_path(*found)
        return found

    def _check_path(self, name: str, path: tuple[str, ...]) -> None:
        for count in range(1, len(path) + 1):
            if self._declared.kinds(name, path[:count]) == frozenset():
                raise ConfigError(
                    f"The path {'.'.join((name, *path))} leads nowhere: by the schema of the "
                    f"stream {self._stream} {'.'.join((name, *path[: count - 1]))} has no "
                    f"{path[count - 1]}.",
                    stream=self._stream,
                )

    def _want(self, name: str, path: tuple[str, ...], field: FieldConfig) -> None:
        self.wanted[name] = None
        if field.type is None:
            self.uses.setdefault(name, set()).add(path)
        elif field.type in EXACT:
            kinds = self._declared.kinds(name, path)
            if kinds is None or "number" in kinds:
                self._exact.add(name)

    def _converted(self, read: Read, source: str, field: FieldConfig) -> Read:
        convert = field.cell.reader(field.type, self._zone)
        if convert is None:
            return read
        one = self._convert(convert, source, field)
        is_usual = not (field.cell.clean or field.cell.values)
        kept = NO_VALUE | (UNCHANGED.get(str(field.type), frozenset()) if is_usual else frozenset())
        texts = Converted(one)
        is_plain = is_usual and field.cell.form == USUAL
        at_once = plain(str(field.type), self._zone) if is_plain else lambda _: None
        without = self.notes.without

        def converted(table: Table) -> Values:
            values = read(table)
            kinds = set(map(type, values))
            if kinds <= kept:
                return values
            if is_usual and len(kinds) == 1 and (quick := QUICK.get((str(field.type), *kinds))):
                return list(map(quick, values))
            if kinds == {str}:
                with suppress(ValueError):
                    if (made := at_once(values)) is not None:
                        return made
            if kinds <= TEXTS:
                return without(texts.of(values))
            return without(list(map(one, values)))

        return converted

    def _convert(self, convert: Convert, source: str, field: FieldConfig) -> Convert:
        """One value, Unread where it cannot be read and that does not cost the record."""

        def one(value: Any) -> Any:
            if value is None or value is ABSENT:
                return value
            try:
                return convert(value)
            except CannotConvert as error:
                is_named = not isinstance(error, NotNamed)
            # outside of the handler: no error may drag the value along
            return self.notes.fail(field, _rejection(value, source, field, is_named=is_named))

        return one

    def _members(self, source: str, field: FieldConfig) -> "Members":
        """The members of one of several columns: its value, or those of an array, converted; not
        those that are null or empty. ABSENT stands for one that cannot be read and is left out.
        """
        read = self._column(source, field)
        convert = field.cell.reader(field.type, self._zone)
        one = self._convert(convert, source, field) if convert else None
        without = self.notes.without

        def members(value: Any) -> list[Any] | None:
            if value is ABSENT:
                return None
            several: list[Any] = []
            for member in value if isinstance(value, list) else [value]:
                if member is not None and member != "":
                    (made,) = without([one(member)]) if one else (member,)
                    several += made if isinstance(made, list) else [made]
            return [each for each in several if each is not None]

        return lambda table: list(map(members, read(table)))


def constant(value: Any) -> Read:
    """The same value for each record."""
    return lambda table: [value] * len(table)


def _or_default(read: Read, default: Any) -> Read:
    """A value in the place of nulls."""

    def values(table: Table) -> Values:
        found = read(table)
        return [default if each is None else each for each in found] if None in found else found

    return values


class Converted(dict[Any, Any]):
    """What texts, nulls and ABSENT are converted to. Numbers are no keys of it, as 1, 1.0 and true
    are one.
    """

    def __init__(self, convert: Convert) -> None:
        """Start with none."""
        super().__init__()
        self._convert = convert

    def __missing__(self, text: Any) -> Any:
        """What a text is converted to that was not asked for lately."""
        value = self._convert(text)
        if not isinstance(text, str) or len(text) <= MAX_LENGTH:
            self[text] = value
        return value

    def of(self, texts: Values) -> Values:
        """Of each."""
        if len(self) > MAX_REMEMBERED:
            self.clear()
        return list(map(self.__getitem__, texts))


def _rejection(value: Any, source: str, field: FieldConfig, *, is_named: bool) -> Rejection:
    """Why a value cannot be read, without the value."""
    kind = KINDS.get(type(value), "number")
    code = str(field.type) if is_named else "values"
    message = (
        f"{field.to} must be {field.type}, and this {kind} cannot be read as one"
        if is_named
        else f"{field.to} takes only what its values name, and this {kind} is not one of them"
    )
    path = f"$.{source}"
    return Rejection("conversion", code, message, path, f"{path} {message}", shape=shape_of(value))


Members = Callable[[Table], list[list[Any] | None]]


def _array(columns: Sequence[Members]) -> Read:
    """The members of several columns, each once. Null where all are empty, absent where the record
    has none of the columns, or where nothing is left of them but what cannot be read.
    """

    def values(members: tuple[list[Any] | None, ...]) -> Any:
        there = [each for each in members if each is not None]
        distinct = {_identity(member): member for each in there for member in each}
        is_unread = distinct.pop(_identity(ABSENT), None) is not None
        return list(distinct.values()) or (ABSENT if is_unread or not there else None)

    return lambda table: list(map(values, zip(*(read(table) for read in columns), strict=True)))


def _identity(member: Any) -> Any:
    """What two equal members share, and 1 and true do not. Objects are each their own."""
    return id(member) if isinstance(member, dict | list) else (type(member), member)


def _function(read: Read, action: str) -> Read:
    """A value as the argument of one of the service's functions. Without one it is not called, so
    that a null clears nothing.
    """

    def called(value: Any) -> Any:
        if value is None or value is ABSENT or value == []:
            return ABSENT
        return {"action": action, "value": value}

    return lambda table: list(map(called, read(table)))
