"""What an input looks like that is not of Airbyte messages alone. Nothing of it is quoted."""

from collections.abc import Mapping
from typing import Any

STARTS = {  # by their first bytes
    b"\x1f\x8b": "a file compressed with gzip",
    b"PK\x03\x04": "a ZIP archive",
    b"BZh": "a file compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "a file compressed with zstd",
    b"\xfd7zXZ\x00": "a file compressed with xz",
    b"PAR1": "a Parquet file",
    b"Obj\x01": "an Avro file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
MARKS = {  # of text, by its first sign
    b"{": "JSON objects that are not Airbyte messages, such as plain rows",
    b"[": "a JSON array",
    b"<": "XML or a web page",
}
TEXT, TABLE, WIDE, BINARY = "other text", "a table such as CSV", "text in UTF-16", "binary data"
SEPARATORS = (b",", b";", b"\t", b"|")
LOOKED_AT = 200  # bytes


def holds_message(found: Mapping[str, Any]) -> bool:
    """Whether an object without the type of one holds a record or a state all the same. Logs and
    rows have parts of these names too, of other forms.
    """
    record, state, kind = (found.get(each) for each in ("record", "state", "type"))
    if isinstance(record, dict) and "stream" in record and "data" in record:
        return True
    is_called_so = isinstance(kind, str) and kind.strip().casefold() == "state"
    return isinstance(state, dict) and (
        is_called_so or any(isinstance(state.get(each), dict) for each in ("stream", "global"))
    )


def look(start: bytes) -> str:
    """In a few words, of the first bytes of an input."""
    for first, words in STARTS.items():
        if start.startswith(first):
            return words
    text = start[:LOOKED_AT].strip()
    if (nulls := text.count(b"\0")) * 3 > len(text):
        return WIDE
    if nulls or any(each < ord("\t") for each in text):
        return BINARY
    if text[:1] in MARKS:
        return MARKS[text[:1]]
    return TABLE if any(each in text for each in SEPARATORS) else TEXT
