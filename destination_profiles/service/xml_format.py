"""Profiles and answers in XML.

Objects are elements, a list repeats its element, texts and numbers and booleans stand as text. XML
has no null and no empty list, cannot nest lists, and does not have every character. `array='true'`
marks a member of a list that might be taken for a single value: each of a profile's own lists (the
service's page shows it there), and within objects those of one member.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from lxml import etree

from ..errors import ConfigError, InvalidRecord
from ..rejection import Rejection
from ..shapes import shape_of
from ..violations import json_path

ROOT, PROFILE = "xml", "data"  # the service's names
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
END = f"</{ROOT}>".encode()
IS_ARRAY = {"array": "true"}
NAMESPACE = "{"  # begins a name that lxml would take for one in a namespace
MAX_DEPTH, MAX_NAME = (
    200,
    1000,
)  # objects within objects, characters of a name: beyond a little more no parser reads it

Path = tuple[str | int, ...]


class Xml:
    """XML, as a Format of formats.py."""

    verbatim = False

    def encode(self, profile: Mapping[str, Any]) -> bytes:
        """A profile as an element `data`. Raises InvalidRecord for what XML cannot carry, with the
        path to it.
        """
        element = etree.Element(PROFILE)
        _fill(element, profile, ())
        return etree.tostring(element, encoding="UTF-8")

    def decode(self, profile: bytes) -> dict[str, Any]:
        """The texts of an encoded profile."""
        return decode(profile, PROFILE)

    def frame(self, head: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
        """The element `xml`, open after `head`. Raises ConfigError for a character of it that XML
        cannot carry.
        """
        element = etree.Element(ROOT)
        try:
            _fill(element, head, ())
        except InvalidRecord as invalid:
            message = (
                f"The setting {invalid.rejection.path.removeprefix('$.')} "
                f"{invalid.rejection.message}. Use delivery.wire_format: json."
            )
            raise ConfigError(message) from None
        return DECLARATION + etree.tostring(element, encoding="UTF-8").removesuffix(END), b"", END


def decode(body: bytes, root: str = ROOT) -> dict[str, Any]:
    """An element as an object of texts, objects and lists. Raises ValueError for what is no XML, or
    has another root.

    Nothing that the body refers to is read.
    """
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    try:
        element = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise ValueError("no XML") from None
    value = _value(element) if element.tag == root else None
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _value(element: Any) -> Any:
    children = element.findall("*")
    if not children:
        if len(element):  # a comment, or an entity that is not read: a part of the text is missing
            raise ValueError("mixed content")
        return element.text or ""
    members: dict[str, Any] = {}
    for child in children:
        value = _value(child)
        if child.tag not in members:
            members[child.tag] = [value] if child.get("array") else value
        elif isinstance(members[child.tag], list):
            members[child.tag].append(value)
        else:
            members[child.tag] = [members[child.tag], value]
    return members


def _fill(parent: Any, members: Mapping[str, Any], path: Path) -> None:
    for name, value in members.items():
        here = (*path, name)
        if not isinstance(value, list):
            _add(parent, name, value, here)
        elif not value:
            raise _refusal("empty", "is an empty array, which XML cannot tell from none", here)
        else:
            attributes = IS_ARRAY if not path or len(value) == 1 else {}
            for index, member in enumerate(value):
                if isinstance(member, list):
                    raise _refusal(
                        "nested",
                        "is an array within an array, which XML cannot tell from one",
                        (*here, index),
                    )
                _add(parent, name, member, (*here, index), attributes)


def _add(
    parent: Any, name: str, value: Any, path: Path, attributes: dict[str, str] | None = None
) -> None:
    if value is None:
        raise _refusal("null", "is a null, which XML does not have", path)
    if value == {}:
        raise _refusal(
            "empty", "is an empty object, which XML cannot tell from an empty text", path
        )
    if len(path) > MAX_DEPTH:
        raise _refusal("depth", "is nested too deeply for XML", path)
    try:
        if name.startswith(NAMESPACE) or len(name) > MAX_NAME:
            raise ValueError
        element = etree.SubElement(parent, name, attributes)
    except ValueError:
        raise _refusal("name", "has a name that XML does not allow", path, name) from None
    if isinstance(value, dict):
        _fill(element, value, path)
        return
    try:
        element.text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    except ValueError:
        raise _refusal(
            "character", "holds a character that XML cannot carry", path, value
        ) from None


def _refusal(code: str, message: str, path: Path, refused: str | None = None) -> InvalidRecord:
    rejection = Rejection(
        "xml",
        code,
        message,
        json_path(path),
        f"{json_path(path, set())} {message}",
        shape=None if refused is None else shape_of(refused),
    )
    return InvalidRecord(rejection, parts=path)
