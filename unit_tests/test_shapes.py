"""What may be told of a value, and what cannot be had from it."""

import string
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_profiles.shapes import MAX_SIGNS, is_word, shape_of

SHAPES = [
    ("31.12.1999", "9.9.9"),
    ("Ann Müller", "Aa Aa"),
    ("ann", "a"),
    ("m", "a"),
    ("ANN-9", "A-9"),
    ("+49 (0) 30/12", "+9 (9) 9/9"),
    ("a@b.org", "a@a.a"),
    ("a  \t\n\u00a0b ", "a a "),
    (" ", " "),
    ("日本語", "a"),
    ("नमस्ते", "a"),  # its vowels are marks
    ("e\u0301", "a"),
    ("ǅ", "A"),
    ("٣٤½Ⅷ", "9"),
    ("a\x00\x1b\u200bb", "a\ufffda"),  # what cannot be seen is often what is wrong
    ("9 €", "9 •"),
    ("👩🏽‍🦰!", "•\ufffd•"),
    (":-)", ":"),
    ("-.-- .- -", "- . -"),  # a run of signs could spell something
    ("", "empty"),
    ("null", "a"),
    ("a…", "a•"),
    (None, "null"),
    (True, "boolean"),
    (False, "boolean"),
    (["Ann"], "array"),
    ({"Ann": 1}, "object"),
    (0, "9"),
    (-17, "-9"),
    (10**400, "9"),
    (12.5, "9.9"),
    (-1e300, "-9a+9"),
    (Decimal("12.50"), "9.9"),
]


@pytest.mark.parametrize(("value", "shape"), SHAPES)
def test_shape_of(value: Any, shape: str) -> None:
    assert shape_of(value) == shape


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a1" * 12, "a9" * 12),
        ("a1" * 13, ("a9" * 12)[:23] + "…"),
        ("a" * 500, "a"),
        ("a" * 501, "a…"),
        ("a1" * 1_000_000, ("a9" * 12)[:23] + "…"),
    ],
)
def test_long_texts_are_cut(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@given(st.text(st.characters(), max_size=600))
def test_shape_holds_signs_of_a_few_kinds(text: str) -> None:
    shape = shape_of(text)
    assert 0 < len(shape) <= MAX_SIGNS
    if not is_word(shape):
        assert set(shape) <= {*"Aa9 •…\ufffd", *string.punctuation}
        signs = set(string.punctuation) | {"•"}
        assert not any(a == b or {a, b} <= signs for a, b in pairwise(shape))


@given(st.text(st.characters(), min_size=1, max_size=40), st.sampled_from(["ß", "z", "語"]))
def test_letters_of_one_case_are_alike(text: str, other: str) -> None:
    lower = "".join(other if each in "abcxyzäя日" else each for each in text)
    assert shape_of(lower) == shape_of(text)


@pytest.mark.parametrize("shape", ["null", "boolean", "array", "object", "empty"])
def test_words_are_no_shapes_of_texts(shape: str) -> None:
    assert is_word(shape) and shape_of(shape) == "a" and not is_word("a")
