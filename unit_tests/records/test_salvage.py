"""What is told and kept of records that no strict JSON reader takes."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.records.salvage import MAX_DEPTH, clean, fault, flattened, lenient
from destination_profiles.rejection import Rejection

CANARY = "canary-7f3a"
STEPS = st.lists(st.text(max_size=4) | st.integers(0, 3), max_size=6)
ODD = st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "1e400", "-1E+400", r'"\ud800"', r'"x\udfff"']
)


def first_fault(text: bytes) -> tuple[str, str, str]:
    found = fault(lenient(text))
    assert found is not None
    return found.reason, found.code, found.path


def kept(text: bytes) -> Any:
    """What a strict reader finds in the cleaned data."""
    return msgspec.json.decode(clean(lenient(text)))


def nested(steps: Sequence[str | int], leaf: str) -> str:
    """JSON text in which `leaf` stands behind the steps: keys of objects and indexes of arrays."""
    for step in reversed(steps):
        leaf = (
            f"{{{json.dumps(step)}: {leaf}}}"
            if isinstance(step, str)
            else f"[{'null, ' * step}{leaf}]"
        )
    return leaf


def deep(depth: int) -> bytes:
    return b'{"a":' + b"[" * depth + b"NaN" + b"]" * depth + b"}"


FAULTS = [
    (b'{"a":NaN}', "number", "$.a", {"a": "NaN"}),
    (b'{"a":Infinity}', "number", "$.a", {"a": "Infinity"}),
    (b'{"a":-Infinity}', "number", "$.a", {"a": "-Infinity"}),
    (b'{"a":1e400}', "number", "$.a", {"a": "1e400"}),
    (b'{"a":-1e400}', "number", "$.a", {"a": "-1e400"}),
    (b'{"a":1.50E+0400}', "number", "$.a", {"a": "1.50E+0400"}),
    (b'{"a":' + b"1" * 400 + b".0}", "number", "$.a", {"a": "1" * 400 + ".0"}),
    (b'{"a":{"b":[1,{"c":NaN}]}}', "number", "$.a.b[1].c", {"a": {"b": [1, {"c": "NaN"}]}}),
    (b'{"a":[[1,2],[3,NaN]]}', "number", "$.a[1][1]", {"a": [[1, 2], [3, "NaN"]]}),
    (b'{"ok":1.5,"a":NaN,"b":1e400}', "number", "$.a", {"ok": 1.5, "a": "NaN", "b": "1e400"}),
    (b'{"a":1,"a":NaN}', "number", "$.a", {"a": "NaN"}),
    (rb'{"a":"\ud800"}', "unicode", "$.a", {"a": "?"}),
    (rb'{"a":"\ude00\ud83d"}', "unicode", "$.a", {"a": "??"}),
    (rb'{"a":["ok","x\udfffy"]}', "unicode", "$.a[1]", {"a": ["ok", "x?y"]}),
    (b'{"a":"x\xffy"}', "unicode", "$.a", {"a": "x?y"}),
    (b'{"a":"\xd0\xe0\xed"}', "unicode", "$.a", {"a": "???"}),
    (b'{"a":"\xed\xa0\x80"}', "unicode", "$.a", {"a": "???"}),
    (rb'{"\ud800":1}', "unicode", "$", {"?": 1}),
    (b'{"a":{"\xff":NaN}}', "unicode", "$.a", {"a": {"?": "NaN"}}),
    (b"[NaN]", "object", "$", ["NaN"]),
    (b"NaN", "object", "$", "NaN"),
    (b'"text"', "object", "$", "text"),
    (b"null", "object", "$", None),
    (b"5", "object", "$", 5),
]

SOUND = [
    (b"{}", {}),
    (
        b'{"a":1.5,"b":[true,null],"c":{"d":"text"}}',
        {"a": 1.5, "b": [True, None], "c": {"d": "text"}},
    ),
    (b'{"a":"NaN","b":"Infinity","c":"1e400"}', {"a": "NaN", "b": "Infinity", "c": "1e400"}),
    (rb'{"a":"\ud83d\ude00"}', {"a": "😀"}),
    ('{"ключ":"значение"}'.encode(), {"ключ": "значение"}),
    (b'{"a":18446744073709551617}', {"a": 18446744073709551617}),
    (b'{"a":1e308,"b":5e-324}', {"a": 1e308, "b": 5e-324}),
]

CUT = [
    b"",
    b"{",
    b'{"a":',
    b'{"a":1',
    b'{"a":1}}',
    b'{"a":"x\ny"}',
    b'{"a":nan}',
    b'{"a":01}',
    b"\xff",
    b'{"a":1,}',
]


@pytest.mark.parametrize(("text", "code", "path"), [each[:3] for each in FAULTS])
def test_first_odd_part_is_told(text: bytes, code: str, path: str) -> None:
    assert first_fault(text) == ("json", code, path)


@pytest.mark.parametrize(("text", "value"), [(text, value) for text, *_, value in FAULTS] + SOUND)
def test_strict_reader_takes_what_is_kept(text: bytes, value: Any) -> None:
    assert kept(text) == value


@pytest.mark.parametrize("text", [text for text, _ in SOUND])
def test_sound_data_has_no_fault(text: bytes) -> None:
    assert fault(lenient(text)) is None


@pytest.mark.parametrize("text", CUT)
def test_cut_text_is_not_read(text: bytes) -> None:
    with pytest.raises(ValueError):
        lenient(text)


@pytest.mark.parametrize(
    "literal",
    [
        "NaN",
        "-Infinity",
        "1e400",
        rf'"{CANARY}\ud800"',
        rf'{{"{CANARY}\ud800": 1}}',
        f'{{"{CANARY}": NaN}}',
    ],
)
def test_log_sentence_holds_no_data(literal: str) -> None:
    found = fault(lenient(f'{{"{CANARY}": {literal}}}'.encode()))
    assert isinstance(found, Rejection)
    assert CANARY not in found.loggable + found.message + found.code


def test_log_sentence_names_the_rule() -> None:
    number, text = fault(lenient(b'{"a":NaN}')), fault(lenient(rb'{"a":"\ud800"}'))
    assert number is not None and number.loggable.startswith(
        "must be a number that JSON readers take"
    )
    assert text is not None and text.loggable == "must be valid Unicode text"


def test_cleaning_leaves_the_original_alone() -> None:
    data = lenient(rb'{"a":["\ud800"]}')
    clean(data)
    assert data == {"a": ["\ud800"]}


@given(st.text(max_size=4), STEPS, ODD)
@settings(max_examples=80)
def test_path_leads_to_the_fault(key: str, steps: list[str | int], literal: str) -> None:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in [key, *steps])
    assert first_fault(nested([key, *steps], literal).encode())[2] == f"${path}"


@given(STEPS, ODD)
@settings(max_examples=80)
def test_whatever_is_odd_can_be_kept(steps: list[str | int], literal: str) -> None:
    text = nested(steps, literal).encode()
    assert fault({"a": kept(text)}) is None


@pytest.mark.parametrize("depth", [100, 400, 700])
def test_deep_data_is_told_and_kept(depth: int) -> None:
    assert first_fault(deep(depth)) == ("json", "number", "$.a" + "[0]" * depth)
    assert clean(lenient(deep(depth))) == deep(depth).replace(b"NaN", b'"NaN"')


@pytest.mark.parametrize("digits", [b"1" * 5000, b"-" + b"1" * 5000])
def test_integer_of_any_length_is_kept(digits: bytes) -> None:
    text = b'{"a":{"b":' + digits + b"}}"
    assert first_fault(text) == ("json", "number", "$.a.b")
    assert kept(text) == {"a": {"b": digits.decode()}}


DEEP = b"[" * 3_000 + b'"]",1.50' + b"]" * 3_000


def test_what_is_nested_deeply_becomes_its_own_text() -> None:
    flat = flattened(b'{"a":"[","b":' + DEEP + b',"c":[]}')
    read = json.loads(flat)
    inner = read["b"]
    for _ in range(MAX_DEPTH - 1):
        (inner,) = inner
    depth = MAX_DEPTH - 1
    assert inner == DEEP[depth:-depth].decode()
    assert (read["a"], read["c"]) == ("[", [])


def test_what_is_no_text_within_is_told_by_a_mark() -> None:
    flat = json.loads(flattened(b"[" * (MAX_DEPTH + 1) + b'"\xff"' + b"]" * (MAX_DEPTH + 1)))
    for _ in range(MAX_DEPTH):
        (flat,) = flat
    assert flat == '["\ufffd"]'


@pytest.mark.parametrize("text", [b'{"a":[1,{"b":"]}"}]}', b'["\\"[",2]', b"5"])
def test_what_is_not_nested_deeply_stays_as_it_is(text: bytes) -> None:
    assert flattened(text) == text


@pytest.mark.parametrize("text", [DEEP[:-1], b"[" * 11_000_000])
def test_what_is_cut_or_endless_is_not_flattened(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        flattened(text)
