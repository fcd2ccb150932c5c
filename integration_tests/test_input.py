"""What a real source writes on its stdout, and what no source should."""

import codecs
import gzip
import hashlib
import json

import pytest

from integration_tests.connector import (
    Connector,
    line,
    record,
    rejected,
    sent,
    sent_profiles,
    state,
    stream,
)


def test_chatter_is_counted_and_said_once(connector: Connector, bodies) -> None:
    chatter = [
        b"Starting up...\n",
        b"\n",
        b"12\n",
        b'["a"]\n',
        b'{"level":"info"}\n',
        b"\xff\xfe\n",
    ]
    said = connector.write(*chatter, record({"crm_id": 1}), *chatter, state(1))
    assert (said.code, said.stats, sent_profiles(bodies)) == (0, [(1.0, 0.0)], [{"crm_id": 1}])
    assert said.log.count("Ignored 10 lines of the input that are not Airbyte messages.") == 1
    assert b"Starting up" not in said.raw


@pytest.mark.parametrize(
    "message",
    [
        {"type": "LOG", "log": {"level": "INFO", "message": "hello"}},
        {"type": "TRACE", "trace": {"type": "ESTIMATE", "emitted_at": 1.5}},
        {"type": "CONTROL", "control": {}},
        {"type": "SOMETHING_NEW", "record": None},
        {"type": "DESTINATION_CATALOG"},
    ],
)
def test_other_messages_are_passed_over(connector: Connector, message: dict) -> None:
    said = connector.write(line(message), record({"crm_id": 1}), state(1))
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])


@pytest.mark.parametrize(
    "more",
    [
        {"emitted_at": 1795487209.61},
        {"emitted_at": None},
        {"namespace": None},
        {"meta": {"changes": []}, "new": 1},
    ],
)
def test_odd_but_legal_records_are_taken(connector: Connector, bodies, more: dict) -> None:
    said = connector.write(
        record({"crm_id": 1}, **more),
        line({"type": "RECORD", "record": {"stream": "users", "data": {"crm_id": 2}}}),
        state(2),
    )
    assert (said.stats, sent_profiles(bodies)) == ([(2.0, 0.0)], [{"crm_id": 1}, {"crm_id": 2}])


def test_nan_outside_the_data_is_harmless(connector: Connector, bodies) -> None:
    connector.write(
        b'{"type":"RECORD","record":{"stream":"users","data":{"crm_id":1},"emitted_at":NaN}}\n'
    )
    assert sent_profiles(bodies) == [{"crm_id": 1}]


@pytest.mark.parametrize(
    ("value", "code", "kept"),
    [
        (b"NaN", "number", "NaN"),
        (b"Infinity", "number", "Infinity"),
        (b"-Infinity", "number", "-Infinity"),
        (b"1e400", "number", "1e400"),
        (b'"\\ud800"', "unicode", "?"),
        (b'"\xff"', "unicode", "?"),
    ],
)
def test_unspeakable_value_rejects_its_record(
    storing: Connector, bodies, value: bytes, code: str, kept: str
) -> None:
    odd = (
        b'{"type":"RECORD","record":{"stream":"users","data":{"crm_id":2,"deep":[{"score":'
        + value
        + b'}]},"emitted_at":1}}\n'
    )
    said = storing.write(record({"crm_id": 1}), odd, record({"crm_id": 3}), state(3))
    assert (said.code, said.stats, [each["crm_id"] for each in sent_profiles(bodies)]) == (
        0,
        [(2.0, 1.0)],
        [1, 3],
    )
    (row,) = rejected(storing)
    assert (row["rejected_reason"], row["rejected_code"], row["rejected_path"]) == (
        "json",
        code,
        "$.deep[0].score",
    )
    assert row["deep"] == [{"score": kept}]


def test_long_integers_keep_every_digit(connector: Connector, bodies) -> None:
    connector.write(record({"crm_id": 123456789012345678901234567890, "score": 2**63}))
    assert b'"crm_id":123456789012345678901234567890,"score":9223372036854775808' in sent(bodies)[0]


@pytest.mark.parametrize(
    "broken",
    [
        b'{"type":"RECORD","record":{"stream":"users","data":{"crm_id":2,"na\n',
        b'{"type":"RECORD","record":{"stream":"users"}}\n',
        b'{"type":"RECORD","record":{"data":{"crm_id":2}}}\n',
        b'{"type":"RECORD"}\n',
        b'{"type":"STATE"}\n',
        b'{"type":"STATE","state":{"type":"STREAM","stream":{}}}\n',
        b'{not json}\n',
        b'INFO {"type":"RECORD","record":{"stream":"users","data":{"crm_id":2}}}\n',
        b'\xef\xbb\xbf{"type":"RECORD","record":{"stream":"users","data":{"crm_id":2}}}\n',
        b'{"type":"RECORD","record":{"stream":"users","data":' + b'{"a":' * 5000 + b"1" + b"}" * 5001 + b"}}\n",
        b'{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"x":NaN}}}}\n',
    ],
)  # fmt: skip
def test_broken_line_stops_with_its_number(connector: Connector, bodies, broken: bytes) -> None:
    said = connector.write(record({"crm_id": 1}), state(1), broken, record({"crm_id": 3}), state(3))
    digest = hashlib.sha256(broken[:-1]).hexdigest()[:16]
    assert (said.code, said.stats, said.error["failure_type"]) == (1, [(1.0, 0.0)], "system_error")
    assert said.error["message"].startswith("Line 3 of the input ")
    assert f"({len(broken) - 1:,} bytes, SHA-256 {digest}...)" in said.error["message"]
    assert sent_profiles(bodies) == [{"crm_id": 1}]


def test_last_line_needs_no_newline(connector: Connector, bodies) -> None:
    assert connector.write(record({"crm_id": 1}), state(1).rstrip()).stats == [(1.0, 0.0)]


def test_mark_of_windows_before_the_input_is_skipped(connector: Connector, bodies) -> None:
    rows = [record({"crm_id": 1}), state(1), record({"crm_id": 2}), state(2)]
    said = connector.write(codecs.BOM_UTF8, *rows)
    assert (said.code, said.stats) == (0, [(1.0, 0.0), (1.0, 0.0)])
    assert sent_profiles(bodies) == [{"crm_id": 1}, {"crm_id": 2}]
    assert "Ignored" not in said.log


WHOLE = (record({"crm_id": 1}) + state(1)).decode()


@pytest.mark.parametrize(
    ("content", "look"),
    [
        (WHOLE.encode("utf-16"), "text in UTF-16"),
        (WHOLE.encode("utf-16-be"), "text in UTF-16"),
        (gzip.compress(WHOLE.encode(), mtime=0), "a file compressed with gzip"),
        (b"crm_id,_fname\n1,Ann\n", "a table such as CSV"),
        (b'{"crm_id": 1, "_fname": "Ann"}\n', "JSON objects that are not Airbyte messages"),
    ],
)
def test_input_without_a_message_is_no_success(
    connector: Connector, bodies, content: bytes, look: str
) -> None:
    said = connector.write(content)
    assert (said.code, said.states, sent(bodies)) == (1, [], [])
    assert f"look like {look}" in said.error["message"]
    assert b"Ann" not in said.raw


def test_cut_last_line_stops(connector: Connector) -> None:
    said = connector.write(record({"crm_id": 1}), state(1), record({"crm_id": 2})[:40])
    assert (said.code, said.stats) == (1, [(1.0, 0.0)])


def test_lines_longer_than_a_block_are_whole(connector: Connector, bodies) -> None:
    texts = ["a" * 3_000_000, "b" * 2_000_001]
    connector.write(
        *(record({"crm_id": number, "source": text}) for number, text in enumerate(texts, 1))
    )
    assert [profile["source"] for profile in sent_profiles(bodies)] == texts


def test_record_that_is_no_object_is_rejected(storing: Connector) -> None:
    said = storing.write(record([1, 2]), record({"crm_id": 1}), state(2))
    assert said.stats == [(1.0, 1.0)]
    assert (rejected(storing)[0]["data"], rejected(storing)[0]["rejected_message"]) == (
        [1, 2],
        "must be a JSON object",
    )


def test_unknown_streams_are_counted_and_said_once(connector: Connector) -> None:
    said = connector.write(
        *[record({"crm_id": 1}, "orders")] * 3, record({"crm_id": 1}), state(1), state(2, "orders")
    )
    assert (said.code, said.stats) == (0, [(1.0, 0.0), (0.0, 0.0)])
    assert "Ignored records of streams that are not in the catalog: orders (3)." in said.log


@pytest.mark.parametrize("namespace", [None, "eu"])
def test_rows_whose_namespace_is_not_the_catalogs_fail_the_sync(
    connector: Connector, bodies, namespace: str | None
) -> None:
    connector.catalog = {"streams": [stream(namespace="us"), stream("orders")]}
    more = {} if namespace is None else {"namespace": namespace}
    rows = [record({"crm_id": number}, **more) for number in range(100)]
    said = connector.write(record({"crm_id": 200}, "orders"), *rows, state(1))
    found = f"the namespace {namespace}" if namespace else "no namespace"
    assert (said.code, said.stats, said.error["failure_type"]) == (1, [], "config_error")
    assert (
        f"stream users come with {found}, but the catalog lists it with the"
        in said.error["message"]
    )


def test_rows_of_another_catalog_fail_the_sync(connector: Connector, bodies) -> None:
    said = connector.write(*[record({"crm_id": 1}, "orders")] * 3, state(2, "orders"))
    assert (said.code, said.stats, said.error["failure_type"]) == (1, [], "config_error")
    assert "they are of orders (3)" in said.error["message"] and sent_profiles(bodies) == []


def test_namespaces_are_told_apart(connector: Connector, bodies) -> None:
    connector.catalog = {"streams": [stream(namespace="eu"), stream(namespace="us")]}
    descriptor = {"stream_descriptor": {"name": "users", "namespace": "us"}, "stream_state": {}}
    of_us = line({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor}})
    said = connector.write(
        record({"crm_id": 1}, namespace="eu"), record({"crm_id": 2}, namespace="us"), of_us
    )
    assert (len(sent_profiles(bodies)), said.stats) == (2, [(1.0, 0.0)])


def test_every_output_line_is_one_message(connector: Connector) -> None:
    said = connector.write(
        *(
            message
            for number in range(1, 10)
            for message in (record({"crm_id": number}), state(number))
        )
    )
    assert len([each for each in said.messages if each["type"] != "TRACE"]) == 10
    assert all(json.dumps(message) for message in said.messages)
