"""Records of streams that are not in the catalog."""

import pytest

from destination_profiles.delivery.strangers import Strangers
from destination_profiles.errors import ConfigError
from destination_profiles.stream_key import StreamKey
from unit_tests.pipeline import Link, Pipeline

LISTED = [("public", "users"), (None, "orders")]
OTHER = (None, "visits")


def strangers(*known: StreamKey) -> Strangers:
    made = Strangers(LISTED)
    for key in known:
        made.know(key, 1)
    return made


def test_those_of_the_catalog_are_not_counted() -> None:
    made = Strangers(LISTED)
    assert [made.know(key, 2) for key in (*LISTED, OTHER, OTHER, ("eu", "visits"))] == [
        *[True] * 2,
        *[False] * 3,
    ]
    assert made.by_stream() == {"visits": 4, "eu.visits": 2}
    assert made.told() == "visits (4), eu.visits (2)"


def test_streams_of_one_label_are_counted_together() -> None:
    assert strangers(("a", "b.c"), ("a.b", "c")).by_stream() == {"a.b.c": 2}


def test_ten_streams_are_named_in_a_sentence() -> None:
    made = strangers(*((None, f"s{number:02}") for number in range(11)))
    assert made.told().count("(1)") == 10 and len(made.by_stream()) == 11


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((None, "users"), "stream users come with no namespace, but the catalog lists it with the"),
        (("eu", "users"), "with the namespace eu, but the catalog lists it with the namespace pub"),
        (("eu", "orders"), "with the namespace eu, but the catalog lists it with no namespace, of"),
    ],
)
@pytest.mark.parametrize("beside", [*LISTED, OTHER])
def test_stream_in_another_namespace_only_is_a_fault(
    found: StreamKey, said: str, beside: StreamKey
) -> None:
    made = strangers(found, beside)
    if beside[1] == found[1]:  # the one that is meant came too
        assert made.let_pass(found)
        made.check_end()
        return
    for held in (found, beside, None):
        with pytest.raises(ConfigError, match=said):
            made.let_pass(held)
    with pytest.raises(ConfigError, match=said):
        made.check_end()


def test_sentences_say_what_to_do() -> None:
    made = strangers((None, "users"), ("eu", "users"))
    with pytest.raises(ConfigError) as raised:
        made.check()
    told = (
        "Records of the stream users come with {}, but the catalog lists it with the namespace "
        "public, of which no record came. No state passes them. Let the source and the catalog "
        "name it alike, or select the other stream too."
    )
    assert raised.value.message == " ".join(
        f"({place}) {told.format(found)}"
        for place, found in enumerate(("the namespace eu", "no namespace"), 1)
    )
    with pytest.raises(ConfigError) as raised:
        strangers(OTHER).check_end()
    assert raised.value.message == (
        "No record is of a stream of the catalog: they are of visits (1). None of them is sent, "
        "and no state passes them. Select these streams, or give the catalog of this source."
    )


def test_one_of_several_namespaces_makes_up_for_no_other() -> None:
    made = Strangers([("eu", "users"), ("us", "users"), ("jp", "users")])
    for key in (("eu", "users"), ("US", "users")):
        made.know(key, 1)
    said = "the namespace US, but the catalog lists it with the namespace us and the namespace jp, "
    with pytest.raises(ConfigError, match=said):
        made.check()
    for key in (("us", "users"), ("jp", "users")):
        made.know(key, 1)
    made.check_end()


def test_own_state_makes_up_for_no_record_in_another_namespace() -> None:
    made = strangers((None, "users"))
    with pytest.raises(ConfigError):
        made.let_pass(("public", "users"))


def test_all_streams_in_another_namespace_are_named() -> None:
    with pytest.raises(ConfigError) as raised:
        strangers(("eu", "users"), ("eu", "orders"), ("us", "users")).check()
    assert [part in str(raised.value) for part in ("users", "orders", "space eu", "space us")] == [
        *[True] * 4
    ]


def test_no_state_passes_strangers_alone() -> None:
    made = strangers(OTHER)
    assert not made.let_pass(OTHER) and not made.let_pass(None)
    with pytest.raises(ConfigError, match=r"they are of visits \(1\)"):
        made.check_end()


@pytest.mark.parametrize("key", LISTED)
def test_strangers_beside_a_stream_without_changes_are_no_fault(key: StreamKey) -> None:
    """It has a state, and no record."""
    made = strangers(OTHER)
    assert made.let_pass(key) and made.let_pass(OTHER)
    made.check_end()


def test_strangers_beside_a_record_are_no_fault() -> None:
    made = strangers(OTHER, LISTED[1])
    assert made.let_pass(OTHER) and made.let_pass(None)
    made.check_end()


def test_nothing_is_no_fault() -> None:
    made = strangers()
    assert made.let_pass(None) and made.let_pass(OTHER)
    made.check_end()


def test_state_that_does_not_pass_never_leaves() -> None:
    pipeline = Pipeline(Link())
    pipeline.writer.records(OTHER, [b"{}"])
    pipeline.writer.checkpoint("lost", OTHER)
    pipeline.feed(1, "kept")
    pipeline.pump.finish()
    assert [name for name, *_ in pipeline.states] == ["kept"]


def test_sync_of_strangers_alone_fails() -> None:
    pipeline = Pipeline(Link())
    pipeline.writer.records(OTHER, [b"{}"])
    with pytest.raises(ConfigError, match="No record is of a stream of the catalog"):
        pipeline.pump.finish()
    assert pipeline.states == []
