"""XML: a message under `<xml>`, in which an element is a text, an object or one member of a list.

| in a request | is |
|---|---|
| `<a>1</a>` | the text `1`; without anything inside, the empty text |
| `<a><b>1</b></a>` | an object |
| `<a>1</a><a>2</a>`, `<a array='true'>1</a>` | a list |

XML has no types: values are texts, to be read as what is declared for their names. A document type
is refused, so there are no entities but the five of XML itself. Answers repeat an element for each
member and carry no attribute.
"""

import re
from typing import Any, cast

import msgspec
from lxml import etree

from profiles_sandbox.refusals import RequestRefused

Message = dict[str, Any]

ROOT = "xml"

MAX_DEPTH = 200
"""Elements that a body may nest."""

_ARRAY = {"array": "true"}
_BLANKS = " \t\r\n"
_NOT_A_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


class XmlCodec:
    """XML in UTF-8."""

    name = "xml"
    content_type = "application/xml"
    has_types = False

    def decode(self, body: bytes) -> Message:
        """Read a request, its values as texts; raises RequestRefused."""
        # Given a target, the parser builds no tree, and so meets the document type before it reads
        # one.
        reading: Any = _Reading()
        parser = etree.XMLParser(
            target=reading,
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            huge_tree=True,
        )
        try:
            message: Any = etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            raise RequestRefused(400, f"the body is not XML: {_without_data(error)}") from None
        return cast("Message", message)

    def encode(self, message: Message) -> bytes:
        """Write an answer."""
        root = etree.Element(ROOT)
        _write(root, message)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


class _Element:
    """An element that is not closed yet."""

    def __init__(self, name: str, *, member: bool) -> None:
        self.name = name
        self.member = member
        self.texts: list[str] = []
        self.children: dict[str, Any] = {}

    def value(self) -> Any:
        """What it holds: a text, or an object."""
        text = "".join(self.texts)
        if not self.children:
            return text
        if text.strip(_BLANKS):
            raise RequestRefused(400, "the body: text beside elements")
        return self.children

    def add(self, child: "_Element") -> None:
        """Take a child that is closed; one that repeats makes a list."""
        value = child.value()
        before = self.children.get(child.name)
        if isinstance(before, list):
            before.append(value)
        elif before is not None:
            self.children[child.name] = [before, value]
        else:
            self.children[child.name] = [value] if child.member else value


class _Reading:
    """What a parser calls as it goes; the names are lxml's. Comments and instructions are passed
    over.
    """

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._root = _Element(ROOT, member=False)

    def doctype(self, *_: object) -> None:
        raise RequestRefused(400, "the body: a document type is not accepted")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != ROOT:
            raise RequestRefused(400, f"the body: the root element is not {ROOT}")
        if attributes and dict(attributes) != _ARRAY:
            raise RequestRefused(400, "the body: an attribute other than array='true'")
        if len(self._open) == MAX_DEPTH:
            raise RequestRefused(400, f"the body: more than {MAX_DEPTH} elements in each other")
        self._open.append(_Element(name, member=bool(attributes)))

    def data(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def end(self, _: str) -> None:
        closed = self._open.pop()
        if self._open:
            self._open[-1].add(closed)
        else:
            self._root = closed

    def close(self) -> Message:
        value = self._root.value()
        if type(value) is dict:
            return value
        if value.strip(_BLANKS):
            raise RequestRefused(400, "the body is not an object")
        return {}


def _without_data(error: etree.XMLSyntaxError) -> str:
    """Name the kind of an error and its place: lxml's own text quotes the body."""
    log: Any = error.error_log
    kind = log.last_error.type_name.removeprefix("ERR_").replace("_", " ").lower()
    line, column = error.position
    return f"{kind}, line {line}, column {column}"


def _write(element: Any, value: Any) -> None:
    if type(value) is dict:
        for name, member in value.items():
            _write_each(element, name, member)
    elif type(value) is list:  # in a list: its members have the name of their list
        _write_each(element, element.tag, value)
    else:
        element.text = _NOT_A_CHARACTER.sub("\ufffd", _text(value))


def _write_each(parent: Any, name: str, value: Any) -> None:
    for member in value if type(value) is list else [value]:
        _write(_child(parent, name), member)


def _child(parent: Any, name: str) -> Any:
    """Add an element; a name that XML has no way to write gets a `_` in front and in place of what
    is not plain.
    """
    try:
        return etree.SubElement(
            parent, name.replace("{", "_")
        )  # which lxml would take for a namespace
    except ValueError:
        return etree.SubElement(parent, "_" + _NOT_OF_A_NAME.sub("_", name))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if type(value) is str else msgspec.json.encode(value).decode()


XML = XmlCodec()
