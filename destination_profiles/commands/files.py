"""The files that a command is given: objects in JSON or YAML, as editors of any system save
them.
"""

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .yaml_settings import Broken, load

MARKS = {  # of bytes that say their encoding; the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
YAML_ENDS = (".yaml", ".yml")
KINDS = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
JSON_SAID = {  # by the beginning of Python's own words
    "Expecting property": "a name in double quotes is missing",
    "Illegal trailing": "there is a comma before a closing bracket",
    "Expecting ':'": "a colon is missing",
    "Expecting ','": "a comma is missing",
    "Expecting value": "a value is missing, or a text without double quotes",
    "Unterminated string": "a text has no closing quote",
    "Invalid control": "a text holds a line break or another control character",
    "Invalid \\": "a backslash is not allowed here; write two",
    "Extra data": "something follows the end",
}


class _Twice(Exception):
    """A key stands twice in one object."""


def read_object(path: str, what: str) -> Mapping[str, Any]:
    """The object in a file, which messages call `what`. Raises ConfigError where there is none."""
    try:
        return _object(path, what)
    except ConfigError as error:
        error.path = path
        raise


def _object(path: str, what: str) -> Mapping[str, Any]:
    text = read_text(path, what)
    try:
        content = _value(text, path)
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except Broken as broken:
        raise ConfigError(
            f"The file {path} of the {what} cannot be read: {broken.place()}{broken.why}."
        ) from None
    except UnicodeError:
        raise ConfigError(
            f"The file {path} of the {what} holds text that is not Unicode."
        ) from None
    except (TypeError, ValueError):
        raise ConfigError(
            f"The file {path} of the {what} holds a value that JSON does not have, such as NaN."
        ) from None
    except RecursionError:
        raise ConfigError(f"The file {path} of the {what} is nested too deeply.") from None
    if content is None:
        raise ConfigError(f"The file {path} of the {what} is empty.")
    if not isinstance(content, dict):
        raise ConfigError(
            f"The {what} in the file {path} must be an object, that is names with their values, "
            f"not {KINDS[type(content)]}."
        )
    return content


def read_text(path: str, what: str) -> str:
    """The text of a file, without a byte order mark. Raises ConfigError where it cannot be read."""
    try:
        content = Path(path).read_bytes()
        encoding = next(
            (name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8-sig"
        )
        return content.decode(encoding)
    except UnicodeError:
        raise ConfigError(
            f"The file {path} of the {what} holds text that is not Unicode."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = getattr(error, "strerror", None) or "no file can have such a name"
        raise ConfigError(f"The file {path} of the {what} cannot be read: {why}.") from None


def _value(text: str, path: str) -> Any:
    """What a text holds: JSON, or YAML where it does not begin as an object or list of JSON, or is
    named so. Raises Broken.
    """
    if not text.strip():
        return None
    is_yaml = not text.lstrip().startswith(("{", "[")) or path.lower().endswith(YAML_ENDS)
    try:
        return json.loads(text, object_pairs_hook=_once)
    except _Twice:
        load(text)  # most of JSON is YAML too, whose reader knows the place
        raise Broken("a setting appears twice") from None
    except json.JSONDecodeError as error:
        if is_yaml:
            return load(text)
        said = (said for words, said in JSON_SAID.items() if error.msg.startswith(words))
        raise Broken(next(said, "it is not valid JSON"), error.lineno, error.colno) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made
