"""Which keywords say something of which values, and which types a value may have."""

import pytest

from destination_profiles.records.keywords import (
    KEYWORDS,
    NOTES,
    Impossible,
    Uncertain,
    is_of_family,
    must_be,
)

KINDS = ["string", "integer", "number", "array", "object", "boolean", "null"]
FAMILY = {"integer": "number"}


@pytest.mark.parametrize("kind", KINDS)
def test_keyword_constrains_its_own_kind_alone(kind: str) -> None:
    for family, keywords in KEYWORDS.items():
        for keyword in keywords:
            assert is_of_family(keyword, kind) is (FAMILY.get(kind, kind) == family)
    assert not any(is_of_family(keyword, kind) for keyword in NOTES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keyword", ["not", "const", "enum", "unevaluatedProperties", "x", ""])
def test_keyword_that_is_not_known_is_uncertain(kind: str, keyword: str) -> None:
    with pytest.raises(Uncertain) as raised:
        is_of_family(keyword, kind)
    assert type(raised.value) is Uncertain


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_kind_is_among_types_or_cannot_be(kind: str, other: str) -> None:
    """A number may be a whole one, so that it is among integers in part."""
    wanted = None if kind == other or (kind, other) == ("integer", "number") else Impossible
    if (kind, other) == ("number", "integer"):
        wanted = Uncertain
    for types in (other, [other], ["text", other]):
        if wanted is None:
            must_be(kind, types)
            continue
        with pytest.raises(Uncertain) as raised:
            must_be(kind, types)
        assert type(raised.value) is wanted


def test_kind_is_among_several_types() -> None:
    for kind in KINDS:
        must_be(kind, KINDS)
    with pytest.raises(Impossible):
        must_be("string", [])
