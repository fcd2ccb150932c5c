import hashlib
import re
from base64 import b64encode
from typing import Any
from xml.etree import ElementTree

import pytest

from destination_profiles.protocol.figures import Reason, Requested, Sample, Subscribed
from destination_profiles.report.kept import KeptRows
from destination_profiles.report.page import MAX_REASONS, page
from destination_profiles.report.reading import read
from unit_tests.report.outputs import counts, error, figures, printed, started, state

SIGNS = "<script>alert('&\"</script>"
SAMPLES = [Sample(at, at * 10, at * 9, at, 2, 4, 0) for at in range(250, 4001, 250)]
SENT = [
    Requested(at, 300, 5_000, 1_000_000, kind, 7)
    for at, kind in enumerate(("accepted", "later", "throttled", "failed", "halved", "stopped"))
]


def made(*messages: Any, kept: list[KeptRows] | None = None, column: str | None = None) -> str:
    output = read(printed(*messages))
    return page(output, "run.jsonl", [kept] * len(output.runs), column)


def whole(**more: Any) -> str:
    return made(started(), figures(**more))


def told(html: str) -> str:
    """The text of a page."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_page_needs_nothing_else() -> None:
    html = whole(samples=SAMPLES, requests=SENT)
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://|\son\w+=|\sstyle=", html)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in html


def test_every_picture_is_whole_and_described() -> None:
    html = whole(samples=SAMPLES, requests=SENT)
    pictures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len([each for each in pictures if 'role="img"' in each]) == 5
    for each in pictures:
        root = ElementTree.fromstring(each)
        assert root.get("aria-hidden") == "true" or root.get("aria-label")


def test_every_text_is_a_text() -> None:
    html = made(
        started(),
        figures(
            streams={SIGNS: counts(2, rejected=2)},
            reasons=[Reason(SIGNS, "schema", SIGNS, SIGNS, 2, [(SIGNS, 2)])],
            omitted=[Reason(SIGNS, "schema", SIGNS, SIGNS, 2)],
            subscriptions=[Subscribed(SIGNS, SIGNS, SIGNS, 1)],
            troubles={SIGNS: 1},
            requests=[Requested(1, 1, 1, 1, SIGNS)],
            samples=SAMPLES,
            failure=SIGNS,
        ),
        state(1, stream=SIGNS),
        error(SIGNS),
        kept=[KeptRows((SIGNS,), 1, keys={SIGNS: None})],
        column=SIGNS,
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 10


def test_rows_are_told_by_what_became_of_them() -> None:
    streams = {"users": counts(10, accepted=5, superseded=1, deleted=1, unchanged=2, rejected=1)}
    text = told(whole(streams=streams))
    assert "5 arrived 2 unchanged 1 replaced 1 deleted 1 refused" in text
    assert "Stream read arrived unchanged replaced deleted refused users 10 5 2 1 1 1" in text


def test_counts_that_no_row_has_stand_nowhere() -> None:
    text = told(whole())
    assert "Stream read arrived refused users 1 1 0" in text
    assert "unchanged" not in text
    assert "replaced" not in text


def test_shapes_of_values_are_shown() -> None:
    reason = Reason("users", "conversion", "date", "$.born must be a date", 9, [("99.99", 7)], 2)
    text = told(whole(reasons=[reason]))
    assert "9 $.born must be a date users · step conversion, code date 99.99 × 7 others × 2" in text
    assert "A shape stands for the values at fault" in text


def test_less_frequent_reasons_unfold() -> None:
    reasons = [
        Reason("users", "schema", str(number), "x", 100 - number)
        for number in range(MAX_REASONS + 2)
    ]
    text = told(whole(reasons=reasons))
    assert "2 less frequent reasons, of 175 rows" in text
    assert "less frequent" not in told(whole(reasons=reasons[:MAX_REASONS]))


def test_statuses_are_told_by_resource() -> None:
    text = told(whole(subscriptions=[Subscribed("email", 28, "unsubscribed", 12)]))
    assert "email 28 unsubscribed 12" in text


def test_rows_behind_the_last_state_are_told() -> None:
    streams = {"users": counts(100, accepted=100)}
    html = made(started(), state(60), figures(streams=streams))
    assert "No state stands behind 40 of the rows" in told(html)
    assert "No state stands" not in told(made(started(), state(100), figures(streams=streams)))


@pytest.mark.parametrize(("waited", "is_told"), [(899_999, False), (900_000, True)])
def test_long_wait_for_a_state_is_told(waited: int, is_told: bool) -> None:
    text = told(whole(longest_wait=(waited, 61_000)))
    assert ("No state came back for 15 min 0 s, from 61.0 s on" in text) is is_told


def test_failure_is_told_with_its_sentence() -> None:
    text = told(made(started(), figures(failure="It is away."), error("It is away.")))
    assert "What ended it It is away." in text
    assert text.count("It is away.") == 1


def test_output_without_figures_says_so() -> None:
    text = told(made(state(7, 2), state(3, stream=None)))
    assert "Stream read arrived refused users 9 7 2 all streams 3 3 0" in text
    assert "The output holds no figures of this run" in text


def test_several_runs_stand_in_a_table() -> None:
    html = made(started(), figures(ended=False), started(), figures())
    assert "This is the last of 2 runs in the output" in told(html)
    assert re.findall(r'href="#run-(\d)"', html) == re.findall(r'id="run-(\d)"', html) == ["1", "2"]
    assert "This is the last" not in told(whole())


def test_query_is_shown_where_keys_are_asked_for() -> None:
    rows = KeptRows(("crm", "users"), 4, 1, 1, {"1": None, "'a'": None})
    text = told(made(started(), figures(), kept=[rows], column="id"))
    assert "crm.users: 4, 1 of them without a usable value in id; below are the first 2" in text
    assert "SELECT * FROM crm.users WHERE id IN (1, &#39;a&#39;);" in text
    assert "It shows the keys of refused rows, and no other value" in text
    assert "It shows no value of any record." in told(whole())


def test_store_may_hold_none_any_more() -> None:
    assert "The store holds none of this run any more" in told(made(started(), figures(), kept=[]))
