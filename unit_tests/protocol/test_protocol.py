import codecs
import hashlib
import io
import json
import logging
import os
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.checkpoint import SafeState
from destination_profiles.errors import BrokenInput, ConfigError, NobodyReads
from destination_profiles.protocol.decoder import (
    ChangedRecord,
    Decoder,
    FaultyRecord,
    Records,
    State,
)
from destination_profiles.protocol.estimates import Estimates
from destination_profiles.protocol.messages import LogHandler, MessageWriter, PlainWriter
from destination_profiles.protocol.pipes import LineReader, Outlet

RECORD = b'{"type":"RECORD","record":{"stream":"users","data":{"id": 1},"emitted_at":1.5,"namespace":"eu"}}'
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def state(text: str) -> State:
    (message,) = Decoder().messages(f'{{"type":"STATE","state":{text}}}'.encode())
    assert isinstance(message, State)
    return message


def taken(*lines: bytes) -> list[Any]:
    """What a decoder makes of some lines, with the records as tuples of bytes."""
    messages = Decoder().messages(b"\n".join(lines))
    return [
        (each.stream, each.namespace, list(map(bytes, each.data)))
        if isinstance(each, Records)
        else each
        for each in messages
    ]


def written(action) -> list[dict]:
    """Messages that an action writes."""
    stream = io.BytesIO()
    action(MessageWriter(stream.write))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def read(chunks: list[bytes]) -> list[bytes]:
    """Blocks that a reader makes of bytes that arrive in pieces."""
    source, sink = os.pipe()
    reader = LineReader(source)

    def feed() -> None:
        for chunk in chunks:
            os.write(sink, chunk)
        os.close(sink)

    feeding = threading.Thread(target=feed)
    feeding.start()
    blocks = []
    while not reader.ended:
        blocks.append(reader.read())
    feeding.join()
    os.close(source)
    return blocks


def test_record_keeps_its_bytes() -> None:
    assert taken(RECORD) == [("users", "eu", [b'{"id": 1}'])]


@settings(max_examples=100)
@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_any_json_object_is_taken_as_it_is(data: dict) -> None:
    encoded = json.dumps(data, ensure_ascii=True).encode()
    (message,) = taken(b'{"type":"RECORD","record":{"stream":"s","data":' + encoded + b"}}")
    assert isinstance(message, FaultyRecord) or message == ("s", None, [encoded])


def with_meta(meta: str) -> bytes:
    return f'{{"type":"RECORD","record":{{"stream":"users","data":{{"id": 1}},"meta":{meta}}}}}'.encode()


LOST = '{"changes":[{"field":"a","change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}]}'
NOTHING_LOST = [
    *(
        "null",
        "{}",
        "5",
        '{"changes":[]}',
        '{"changes":null}',
        '{"changes":[{"field":"a"}], "x": 1}',
    ),
    '{"changes":[{"field":"a","change":"RETAINED","reason":"SOURCE_RETRIEVAL_ERROR"}]}',
    '{"changes":"a text that is not a list of changes"}',
]


@pytest.mark.parametrize("meta", NOTHING_LOST)
def test_meta_without_a_loss_changes_nothing(meta: str) -> None:
    assert taken(with_meta(meta), RECORD) == [
        ("users", None, [b'{"id": 1}']),
        ("users", "eu", [b'{"id": 1}']),
    ]


def test_record_with_a_loss_stands_alone() -> None:
    plain = with_meta("null")
    before, lost, after = taken(plain, with_meta(LOST), plain)
    assert isinstance(lost, ChangedRecord)
    assert [(each.field, each.change) for each in lost.changes] == [("a", "NULLED")]
    assert before == after == ("users", None, [b'{"id": 1}'])


def test_odd_record_keeps_its_loss() -> None:
    (lost,) = taken(with_meta(LOST).replace(b'"stream"', b'"x":NaN,"stream"'))
    assert isinstance(lost, ChangedRecord)


def test_records_of_one_stream_come_together() -> None:
    one, two = RECORD, RECORD.replace(b'"eu"', b"null")
    three = two.replace(b"users", b"people")
    last = b'{"type":"STATE","state":{}}'
    log = b'{"type":"LOG","log":{"level":"INFO","message":"x"}}'
    row = b'{"id": 1}'
    runs = [
        ("users", "eu", [row, row]),
        ("users", None, [row]),
        ("people", None, [row]),
        ("users", "eu", [row]),
    ]
    *found, state_, other = taken(one, one, two, three, log, one, last, one)
    assert (found, isinstance(state_, State), other) == (runs, True, runs[-1])
    *found, state_, other = taken(one, one, two, three, b"chatter", b"", one, last, one)
    assert (found, isinstance(state_, State), other) == (runs, True, runs[-1])


@pytest.mark.parametrize("broken", [b'{"type":"RECORD"', b'{"type":"STATE"}'])
@pytest.mark.parametrize("before", [[], [b"chatter"]])
def test_what_stands_before_a_broken_line_is_given_first(
    broken: bytes, before: list[bytes]
) -> None:
    messages = Decoder().messages(b"\n".join([*before, RECORD, RECORD, broken, RECORD]))
    assert len(next(messages).data) == 2
    with pytest.raises(BrokenInput, match=f"^Line {len(before) + 3} of the input"):
        next(messages)


ROW, STATE = (
    b'{"type":"RECORD","record":{"stream":"users","data":{"id":1}}}',
    b'{"type":"STATE","state":{"type":"STREAM"}}',
)


CUT, PARTS = "is cut or is not valid JSON", "holds a state without its parts"
OTHER = "holds a record or a state, and has another type"


@pytest.mark.parametrize(
    ("lines", "number", "fault"),
    [
        ([ROW + ROW, b""], 1, CUT),
        ([ROW + b"\r" + ROW, b""], 1, CUT),
        ([ROW + STATE, ROW], 1, CUT),
        ([ROW, b"", b'{"type":', b'"RECORD"}'], 3, CUT),
        ([b'{"type":"STATE","state":', b"{}}"], 1, CUT),
        ([ROW[:-3] + b',"a":[' + ROW, b"]}}}", b""], 1, CUT),
        ([ROW, STATE, ROW], 2, PARTS),
        ([b"", b"\r", ROW, b"chatter", STATE, b""], 5, PARTS),
        ([ROW, ROW.replace(b"RECORD", b"record")], 2, OTHER),
        ([ROW, ROW.replace(b"RECORD", b"Record "), ROW], 2, OTHER),
        ([ROW.replace(b'"RECORD"', b"1")], 1, OTHER),
        ([ROW.replace(b'"type":"RECORD",', b"")], 1, OTHER),
        ([ROW[:-1] + b',"type":"LOG"}'], 1, OTHER),
        ([STATE.replace(b'"STATE"', b'"state"'), ROW], 1, OTHER),
        ([b'{"type":"State ","state":{"data":{}}}', ROW], 1, OTHER),
        ([b'{"state":{"type":"GLOBAL","global":{}}}', ROW], 1, OTHER),
        ([b'{"type":"LOG","state":{"stream":{"stream_descriptor":{}}}}', ROW], 1, OTHER),
    ],
)
def test_each_line_holds_one_message(lines: list[bytes], number: int, fault: str) -> None:
    line = lines[number - 1]
    with pytest.raises(BrokenInput) as raised:
        list(Decoder().messages(b"\n".join(lines)))
    digest = hashlib.sha256(line).hexdigest()[:16]
    assert str(raised.value).startswith(
        f"Line {number} of the input {fault} ({len(line)} bytes, SHA-256 {digest}...)"
    )


@pytest.mark.parametrize(
    "text",
    [
        b'{"type":"LOG","log":{"level":"INFO","message":"m"},"record":null,"state":null}',
        b'{"type":"customer","state":"CA","record":7}',
        b'{"text":"hello","record":{"level":{"name":"INFO"},"message":"hello"}}',
        b'{"level":"info","state":{"cursor":"2024"}}',
        b'{"id":1,"state":{"name":"CA"}}',
        b'{"state":"CA"}',
    ],
)
def test_line_with_neither_a_record_nor_a_state_is_no_fault(text: bytes) -> None:
    decoder = Decoder()
    assert len(list(decoder.messages(b"\n".join([ROW, text, ROW])))) == 2


PARTS_OF_LINES = st.one_of(
    st.builds(
        lambda stream, data: {
            "type": "RECORD",
            "record": {"stream": stream, "data": data, "emitted_at": 1},
        },
        st.sampled_from(["users", "people"]),
        st.dictionaries(st.text(), JSON, max_size=4),
    ),
    st.builds(
        lambda state, more: {"type": "STATE", "state": {"data": state}, **more},
        JSON,
        st.sampled_from([{}, {}, {}, {"more": 1.10}]),
    ),
)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(PARTS_OF_LINES, st.booleans(), st.sampled_from([(",", ":"), (" , ", " : ")])),
        max_size=12,
    )
)
def test_block_is_its_lines(messages: list[tuple[dict, bool, tuple[str, str]]]) -> None:
    """A line of chatter makes the decoder take each line by itself."""
    texts = [
        json.dumps(each, ensure_ascii=ascii_, separators=separators)
        for each, ascii_, separators in messages
    ]
    lines = [each.encode("utf-8", "surrogatepass") for each in texts]
    assert taken(*lines) == taken(b"chatter", *lines)


def test_mark_before_the_first_message_is_skipped() -> None:
    line = b'{"type":"RECORD","record":{"stream":"users","data":{"a":1}}}\n'
    decoder = Decoder()
    blocks = [b"", codecs.BOM_UTF8 + line * 2, line]
    found = [each for block in blocks for each in decoder.messages(block)]
    assert [list(map(bytes, each.data)) for each in found] == [[b'{"a":1}'] * 2, [b'{"a":1}']]
    assert (decoder.lines, decoder.chatter) == (3, 0)


@pytest.mark.parametrize("before", [b"\n", codecs.BOM_UTF8, b"Starting up\n"])
def test_mark_anywhere_else_is_not_skipped(before: bytes) -> None:
    line = b'{"type":"RECORD","record":{"stream":"users","data":{"a":1}}}\n'
    with pytest.raises(BrokenInput, match="mixes a message with other text"):
        list(Decoder().messages(before + codecs.BOM_UTF8 + line))
    decoder = Decoder()
    list(decoder.messages(line))
    with pytest.raises(BrokenInput, match="mixes a message with other text"):
        list(decoder.messages(codecs.BOM_UTF8 + line))


def test_lines_are_counted_from_one_block_to_the_next() -> None:
    decoder = Decoder()
    for lines in (
        [RECORD, RECORD],
        [b"chatter", b"", RECORD],
        [b'{"type":"STATE","state":{}}', RECORD],
    ):
        list(decoder.messages(b"\n".join(lines)))
    assert (decoder.lines, decoder.chatter) == (7, 1)


@pytest.mark.parametrize(
    ("text", "chatter"),
    [
        ('{"type":"LOG","log":{}}', 0),
        ('{"type":"CONTROL","control":{}}', 0),
        ('{"type":"record","stream":"users","data":{}}', 1),
        ('{"type":["RECORD"]}', 1),
        ('{"no":"type"}', 1),
    ],
)
def test_line_of_no_known_type_is_counted(text: str, chatter: int) -> None:
    decoder = Decoder()
    list(decoder.messages(b"\n".join([RECORD, text.encode(), RECORD])))
    assert (decoder.lines, decoder.chatter) == (3, chatter)


def test_state_names_its_stream() -> None:
    assert state(
        '{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":"eu"}}}'
    ).stream == ("eu", "users")


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"GLOBAL","global":{}}',
        '{"type":"LEGACY","data":{}}',
        '{"data":{}}',
        '{"type":null}',
    ],
)
def test_other_states_are_of_all_streams(text: str) -> None:
    assert state(text).stream is None


def test_state_leaves_byte_for_byte() -> None:
    text = '{"type":"GLOBAL","global":{"shared_state":{"a":1.10,"b":12345678901234567890123}},"id":7,"destinationStats":{"old":1}}'
    stream = io.BytesIO()
    MessageWriter(stream.write).state(SafeState(state(text), 2, 1))
    stats = b'"destinationStats":{"recordCount":2.0,"rejectedRecordCount":1.0}'
    assert (
        stream.getvalue()
        == b'{"type":"STATE","state":'
        + text.encode().replace(b'"destinationStats":{"old":1}', stats)
        + b"}\n"
    )


def test_broken_line_tells_no_content() -> None:
    decoder = Decoder()
    assert list(decoder.messages(b"chatter\n")) == []
    with pytest.raises(BrokenInput) as raised:
        list(decoder.messages(b'{"type":"RECORD","record":{"canary'))
    assert "canary" not in str(raised.value)
    assert str(raised.value).startswith(
        "Line 2 of the input is cut or is not valid JSON (34 bytes, SHA-256 "
    )


@settings(max_examples=50)
@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20),
    st.lists(st.integers(0, 700), max_size=10),
)
def test_lines_survive_any_cut(lines: list[bytes], cuts: list[int]) -> None:
    whole = b"\n".join(lines)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    *blocks, last = read([whole[start:end] for start, end in pairwise(edges)])
    assert all(block.endswith(b"\n") for block in blocks if block)
    assert (b"\n" not in last, b"".join([*blocks, last])) == (True, whole)


def test_lines_of_threads_do_not_mix() -> None:
    def write(output: MessageWriter) -> None:
        threads = [
            threading.Thread(
                target=lambda text=text: [output.log("INFO", text * 5000) for _ in range(20)]
            )
            for text in "abcd"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (
        sorted(message["log"]["message"][:1] for message in written(write))
        == ["a"] * 20 + ["b"] * 20 + ["c"] * 20 + ["d"] * 20
    )


def test_error_names_type_and_stream() -> None:
    (message,) = written(
        lambda output: output.error(ConfigError("Do this.", stream="users"), "ConfigError")
    )
    error = message["trace"].pop("error")
    assert (message["type"], message["trace"]["type"]) == ("TRACE", "ERROR")
    assert error == {
        "message": "Do this. See docs/errors.md#configerror",
        "internal_message": "ConfigError",
        "failure_type": "config_error",
        "stream_descriptor": {"name": "users"},
    }


def test_log_masks_and_drops_tracebacks() -> None:
    def write(output: MessageWriter) -> None:
        logger = logging.Logger("test")
        logger.addHandler(LogHandler(output, lambda text: text.replace("secret", "****")))
        try:
            raise ValueError("canary")
        except ValueError:
            logger.exception("the secret of %s", "it")

    assert written(write) == [
        {"type": "LOG", "log": {"level": "ERROR", "message": "the **** of it"}}
    ]


def test_short_writes_are_finished() -> None:
    taken: list[bytes] = []

    def write(data: memoryview) -> int:
        taken.append(bytes(data[:7]))
        return len(taken[-1])

    MessageWriter(write).log("INFO", "x" * 50)
    assert json.loads(b"".join(taken))["log"]["message"] == "x" * 50


def test_full_pipe_is_waited_for() -> None:
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    output = MessageWriter(Outlet(sink).write)
    writing = threading.Thread(target=lambda: [output.log("INFO", "x" * 100_000) for _ in range(5)])
    writing.start()
    with open(source, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        lines = [file.readline() for _ in range(5)]
    writing.join()
    os.close(sink)
    assert [len(json.loads(each)["log"]["message"]) for each in lines] == [100_000] * 5


def test_reader_that_does_not_read_is_given_up() -> None:
    source, sink = os.pipe()
    outlet = Outlet(sink)
    output = MessageWriter(outlet.write, hurry=outlet.hurry)
    threading.Timer(0.1, output.hurry, [0.1]).start()
    with pytest.raises(NobodyReads):
        output.log("INFO", "x" * 1_000_000)  # more than a pipe holds
    output.log("INFO", "dropped")
    os.close(sink)
    with open(source, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        assert b"dropped" not in file.read()


def test_slow_reader_is_not_given_up() -> None:
    source, sink = os.pipe()
    output = MessageWriter(Outlet(sink).write)
    writing = threading.Thread(target=output.log, args=["INFO", "x" * 1_000_000])
    writing.start()
    writing.join(1.2)
    assert writing.is_alive()
    with open(source, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        assert len(json.loads(file.readline())["log"]["message"]) == 1_000_000
    writing.join()
    os.close(sink)


def test_line_is_announced_before_it_is_written() -> None:
    order: list[str] = []
    MessageWriter(
        lambda data: order.append("line") or len(data), before=lambda: order.append("before")
    ).log("INFO", "x")
    assert order == ["before", "line"]


@pytest.mark.parametrize(
    ("namespace", "descriptor"),
    [(None, {"name": "users"}), ("crm", {"name": "users", "namespace": "crm"})],
)
def test_waiting_stream_is_told(namespace: str | None, descriptor: dict[str, str]) -> None:
    (message,) = written(lambda output: output.rate_limited("users", namespace, 1_700_000_000.1234))
    assert message["type"] == "TRACE"
    assert message["trace"]["stream_status"] == {
        "stream_descriptor": descriptor,
        "status": "RUNNING",
        "reasons": [{"type": "RATE_LIMITED", "rate_limited": {"quota_reset": 1_700_000_000_123}}],
    }


SAFE = SafeState(state('{"type":"GLOBAL","global":{"shared_state":{}}}'), 2, 1)


@pytest.mark.parametrize("kept", [True, False])
def test_states_are_counted_for_a_person(kept: bool) -> None:
    stream, states = io.BytesIO(), io.BytesIO()
    output = PlainWriter(stream.write, states=MessageWriter(states.write) if kept else None)
    output.state(SAFE)
    output.rate_limited("users", None, 1.0)
    assert (output.returned, stream.getvalue()) == (1, b"")
    assert (states.getvalue()[:15] == b'{"type":"STATE"') is kept


def test_a_file_at_fault_comes_with_help() -> None:
    stream, error = io.BytesIO(), ConfigError("It is not there.")
    output = PlainWriter(stream.write, help="x check --help")
    output.error(error, "ConfigError")
    error.path = "config.json"
    output.error(error, "ConfigError")
    assert stream.getvalue() == (
        b"ERROR It is not there. See docs/errors.md#configerror\n"
        b"ERROR It is not there. See docs/errors.md#configerror. Help: x check --help\n"
    )


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\x9b31mb", "a\rb", "a\x07b", "a\u202eb"])
def test_no_name_is_a_command_to_the_terminal(name: str) -> None:
    stream = io.BytesIO()
    output = PlainWriter(stream.write)
    output.log("WARN", f"The stream {name} is odd.\nSecond line.")
    output.error(ConfigError(f"{name} is wrong."), "ConfigError")
    told = stream.getvalue().decode()
    assert [line for line in told.split("\n") if not line.isprintable()] == []
    assert told.count("\n") == 3


def test_line_that_is_too_long_is_broken_input(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"{}\n" + b"x" * 5_000_000 + b"\n")
    with (tmp_path / "lines").open("rb") as file:
        reader = LineReader(file.fileno(), most=3_000_000)
        assert reader.read() == b"{}\n"
        with pytest.raises(BrokenInput, match="longer than 3 MB"):
            while not reader.ended:
                reader.read()


def test_input_that_cannot_be_read_is_broken(tmp_path: Path) -> None:
    with (tmp_path / "lines").open("wb") as file, pytest.raises(BrokenInput) as raised:
        LineReader(file.fileno()).read()
    assert "The input cannot be read: Bad file descriptor." in str(raised.value)


def test_input_that_does_not_block_may_have_nothing_yet() -> None:
    source, sink = os.pipe()
    os.set_blocking(source, False)
    reader = LineReader(source)
    assert (reader.read(), reader.ended) == (b"", False)
    os.write(sink, b"{}\n")
    assert (reader.read(), reader.ended) == (b"{}\n", False)
    os.close(sink)
    assert (reader.read(), reader.ended) == (b"", True)
    os.close(source)


def test_line_that_is_just_short_enough_is_read(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"x" * 2_900_000 + b"\n" + b"y" * 2_900_000 + b"\n")
    with (tmp_path / "lines").open("rb") as file:
        reader, read = LineReader(file.fileno(), most=3_000_000), b""
        while not reader.ended:
            read += reader.read()
    assert len(read) == 5_800_002


@pytest.mark.parametrize("odd", [{}, [], 5, None, {"a": [1]}])
@pytest.mark.parametrize("part", ["namespace", "name", "type"])
def test_odd_estimate_ends_nothing(odd: Any, part: str) -> None:
    estimates = Estimates()
    estimate = {"type": "STREAM", "name": "users", "namespace": None, "row_estimate": 5}
    estimates.hear({"trace": {"type": "ESTIMATE", "estimate": {**estimate, part: odd}}})
    assert estimates.records() == 5
