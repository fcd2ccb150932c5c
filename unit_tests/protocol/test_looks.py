"""What an input without a message looks like, and that it is no success."""

import codecs
import gzip

import pytest

from destination_profiles.errors import NoMessages
from destination_profiles.protocol.decoder import Decoder
from destination_profiles.protocol.looks import look

RECORD = '{"type": "RECORD", "record": {"stream": "users", "data": {"id": 1}}}\n'
FOREIGN = [
    (b"id,name\n1,Ann\n", "a table such as CSV"),
    (b"id;name\n1;Ann\n", "a table such as CSV"),
    (RECORD.encode("utf-16"), "text in UTF-16"),
    (gzip.compress(RECORD.encode(), mtime=0), "a file compressed with gzip"),
    (b'{"id": 1}\n{"id": 2}\n', "JSON objects that are not Airbyte messages"),
    (b'{"id": 1, "type": "customer"}\n', "JSON objects that are not Airbyte messages"),
    (b'[{"id": 1}]\n', "a JSON array"),
    (b"<html>\n", "XML or a web page"),
    (b"PAR1\x15\x04\n", "a Parquet file"),
    (b"\x00\x01ab\x02cdefgh\n", "binary data"),
    (b"Starting up\n", "other text"),
    (codecs.BOM_UTF8 + b'[{"id": 1}]\n', "a JSON array"),
]


def fed(*blocks: bytes) -> Decoder:
    decoder = Decoder()
    for block in blocks:
        list(decoder.messages(block))
    return decoder


@pytest.mark.parametrize(("block", "words"), FOREIGN)
def test_input_without_a_message_is_no_success(block: bytes, words: str) -> None:
    with pytest.raises(NoMessages, match=words):
        fed(block, b"\n").check()


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [b"\n", b" \n\n"],
        [codecs.BOM_UTF8],
        [RECORD.encode()],
        [b"Starting up\n", RECORD.encode()],
        [b"Starting up\n" + RECORD.encode()],
        [b'{"type": "LOG", "log": {}}\n', b"Starting up\n"],
    ],
)
def test_empty_input_or_one_message_is_enough(blocks: list[bytes]) -> None:
    fed(*blocks).check()


def test_wide_text_without_a_mark_is_told() -> None:
    assert look("id,name\n".encode("utf-16-le")) == "text in UTF-16"
