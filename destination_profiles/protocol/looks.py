"""What an input looks like that holds no Airbyte message. Nothing of it is quoted."""

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
