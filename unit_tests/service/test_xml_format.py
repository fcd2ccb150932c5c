"""What a profile is in XML, what XML cannot carry, and how answers in XML are read."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from destination_profiles.errors import BadAnswer, ConfigError, InvalidRecord
from destination_profiles.rejection import Rejection
from destination_profiles.service.answers import Answers
from destination_profiles.service.formats import Envelope, envelope, format_named
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted, Retry, Stop
from destination_profiles.service.xml_format import Xml, decode
from unit_tests.settings import target

CANARY = "canary-7f3a"
EXAMPLES = Path(__file__).parents[2] / "integration_tests" / "examples"

ENCODED = [
    ({"_fname": "Ann"}, "<_fname>Ann</_fname>"),
    (
        {"a": 1, "b": 2**70, "c": -1.5, "d": 1e300},
        "<a>1</a><b>1180591620717411303424</b><c>-1.5</c><d>1e300</d>",
    ),
    ({"a": True, "b": False}, "<a>true</a><b>false</b>"),
    ({"a": ""}, "<a></a>"),
    ({"a": " x\n\ty\r"}, "<a> x\n\ty&#13;</a>"),
    ({"a": "Борис & <Ко> ]]> 'x' \"y\" 🎂"}, "<a>Борис &amp; &lt;Ко&gt; ]]&gt; 'x' \"y\" 🎂</a>"),
    ({"tags": ["vip"]}, '<tags array="true">vip</tags>'),
    ({"tags": ["vip", "beta"]}, '<tags array="true">vip</tags><tags array="true">beta</tags>'),
    ({"a": {"b": ["x", "y"]}}, "<a><b>x</b><b>y</b></a>"),
    ({"a": {"b": ["x"]}}, '<a><b array="true">x</b></a>'),
    (
        {"tags": {"action": "add", "value": ["vip"]}},
        '<tags><action>add</action><value array="true">vip</value></tags>',
    ),
    (
        {"a": [{"b": 1}, {"b": {"c": 2}}]},
        '<a array="true"><b>1</b></a><a array="true"><b><c>2</c></b></a>',
    ),
]

IMPOSSIBLE = [
    ({"a": None}, "null", "$.a", "$.* is a null, which XML does not have"),
    ({"a": {"b": None}}, "null", "$.a.b", "$.*.* is a null, which XML does not have"),
    ({"tags": []}, "empty", "$.tags", "$.* is an empty array, which XML cannot tell from none"),
    ({"a": {}}, "empty", "$.a", "$.* is an empty object, which XML cannot tell from an empty text"),
    (
        {"a": [1, {}]},
        "empty",
        "$.a[1]",
        "$.*[*] is an empty object, which XML cannot tell from an empty text",
    ),
    (
        {"a": [1, [2]]},
        "nested",
        "$.a[1]",
        "$.*[*] is an array within an array, which XML cannot tell from one",
    ),
    *(
        (
            {"a": [f"{CANARY}{odd}"]},
            "character",
            "$.a[0]",
            "$.*[*] holds a character that XML cannot carry",
        )
        for odd in "\x00\x08\x1f\ufffe\uffff"
    ),
    *(
        ({"a": {name: CANARY}}, "name", f"$.a.{name}", "$.*.* has a name that XML does not allow")
        for name in ("", " a", "Custom ID", "1a", "a:b", "a<b", "{x}b", "{", "a\x00")
    ),
]


def inner(profile: dict[str, Any]) -> str:
    text = Xml().encode(profile).decode()
    assert text.startswith("<data>") and text.endswith("</data>")
    return text.removeprefix("<data>").removesuffix("</data>")


@pytest.mark.parametrize(("profile", "text"), ENCODED)
def test_profile_is_an_element(profile: dict[str, Any], text: str) -> None:
    assert inner(profile) == text


@pytest.mark.parametrize(("profile", "code", "path", "loggable"), IMPOSSIBLE)
def test_what_xml_cannot_carry_is_named(
    profile: dict[str, Any], code: str, path: str, loggable: str
) -> None:
    with pytest.raises(InvalidRecord) as raised:
        Xml().encode(profile)
    rejection = raised.value.rejection
    message = loggable.partition(" ")[2]
    assert dataclasses.replace(rejection, shape=None) == Rejection(
        "xml", code, message, path, loggable
    )
    assert (rejection.shape is not None) is (code in {"character", "name"})
    assert CANARY not in f"{rejection}{raised.value}"


@pytest.mark.parametrize("shape", [lambda inner: {"a": inner}, lambda inner: [{"a": inner}]])
def test_nesting_beyond_a_parser_is_refused(shape: Any) -> None:
    value: Any = "x"
    for depth in range(300):
        value = shape(value)
        try:
            encoded = Xml().encode({"top": value})
        except InvalidRecord as invalid:
            assert (invalid.rejection.code, depth > 90) == ("depth", True)
            return
        assert Xml().decode(encoded)
    raise AssertionError


@pytest.mark.parametrize(("length", "taken"), [(1000, True), (1001, False), (60_000, False)])
def test_name_of_any_length_is_read_or_refused(length: int, taken: bool) -> None:
    try:
        assert Xml().decode(Xml().encode({"a" * length: "x"})) == {"a" * length: "x"}
    except InvalidRecord as invalid:
        assert (invalid.rejection.code, taken) == ("name", False)


XML_TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"]), max_size=8)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,6}", fullmatch=True)
LEAVES = XML_TEXT | st.integers().map(str)
MEMBERS = st.recursive(
    LEAVES,
    lambda inner: st.dictionaries(
        NAMES, inner | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        NAMES, MEMBERS | st.lists(MEMBERS, min_size=1, max_size=3), min_size=1, max_size=4
    )
)
def test_texts_come_back_as_they_were(profile: dict[str, Any]) -> None:
    assert Xml().decode(Xml().encode(profile)) == profile


def test_body_frames_the_profiles() -> None:
    made = envelope(
        target(7, field_name="crm_id"), "to<ken", {"skip_triggers": True}, format_named("xml")
    )
    body = b"".join(made.body([b"<data><a>1</a></data>", b"<data><a>2</a></data>"]))
    assert body == (
        b'<?xml version="1.0" encoding="UTF-8"?><xml><token>to&lt;ken</token><db_id>7</db_id><matching>custom</matching>'
        b"<field_name>crm_id</field_name><skip_triggers>true</skip_triggers><data><a>1</a></data><data><a>2</a></data></xml>"
    )
    assert len(body) == made.size() + 2 * len(b"<data><a>1</a></data>")


def test_token_that_xml_cannot_carry_is_told_without_it() -> None:
    with pytest.raises(
        ConfigError, match="The setting token holds a character that XML cannot carry"
    ) as raised:
        envelope(target(), f"{CANARY}\x01", {}, Xml())
    assert CANARY not in str(raised.value)


def test_example_of_the_page_is_written_alike() -> None:
    """Element by element and attribute by attribute; blanks between elements are the page's own."""
    message = json.loads((EXAMPLES / "update_batch.request.json").read_text(encoding="utf-8"))
    profiles = [Xml().encode(profile) for profile in message.pop("data")]
    body = b"".join(Envelope(*Xml().frame(message)).body(profiles))
    wanted = etree.fromstring(
        (EXAMPLES / "update_batch.request.xml").read_bytes(),
        etree.XMLParser(remove_blank_text=True),
    )
    assert etree.tostring(etree.fromstring(body)).decode() == etree.tostring(wanted).decode()


# Answers


def answer(*results: tuple[int, str], error: int = 0) -> bytes:
    items = "".join(
        f"<result><error>{code}</error><error_text>{text}</error_text></result>"
        for code, text in results
    )
    return f"<xml><error>{error}</error><error_text>text</error_text>{items}</xml>".encode()


@pytest.mark.parametrize("before", ["", '<?xml version="1.0" encoding="UTF-8"?>\n', "\n "])
@pytest.mark.parametrize("count", [1, 2])
def test_each_result_is_read(before: str, count: int) -> None:
    refused = (404, "Custom_ID: no profile found")
    outcome = Answers(service()).interpret(
        200, before.strip(" \n").encode() + answer(refused, *[(0, "")] * (count - 1)), count
    )
    assert isinstance(outcome, Accepted) and list(outcome.rejected) == [0]
    assert outcome.rejected[0].code == "404"


@pytest.mark.parametrize(
    "empty", ["", "<result/>", "<result array='true'/>", "<result>\n </result>"]
)
def test_error_of_the_whole_is_read(empty: str) -> None:
    body = (
        answer(error=401)
        .replace(b"<error>401<", b"<error> 401\n<")
        .replace(b"</xml>", f"{empty}</xml>".encode())
    )
    outcome = Answers(service()).interpret(200, body, 1)
    assert isinstance(outcome, Stop)
    assert outcome.error.message.startswith("The service does not accept the API token. Set a ")


@pytest.mark.parametrize("wire", ["json", "xml"])
def test_example_of_an_answer_is_read(wire: str) -> None:
    outcome = Answers(service()).interpret(
        200, (EXAMPLES / f"update_batch.response.{wire}").read_bytes(), 3
    )
    assert outcome == Accepted()


BOMB = (
    b'<!DOCTYPE xml [<!ENTITY a "1111111111"><!ENTITY b "&a;&a;&a;">]><xml><error>&b;</error></xml>'
)
OUTSIDE = b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><error>0</error><error_text>&a;</error_text></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Sign in</body></html>",
        b"<xml><error>0</error>",
        b"<xml/>",
        b"<xml>text</xml>",
        b"<xml><error>zero</error></xml>",
        b"<xml><error>0</error><result>0</result></xml>",
        b"<" * 10_000,
        b"<a>" * 100_000,
        BOMB,
        OUTSIDE,
    ],
)
def test_what_cannot_be_read_is_unknown(body: bytes) -> None:
    outcome = Answers(service()).interpret(200, body, 1)
    assert isinstance(outcome, Retry) and outcome.unknown
    assert isinstance(outcome.error, BadAnswer)


def test_nothing_outside_is_read() -> None:
    with pytest.raises(ValueError, match="mixed content"):
        decode(OUTSIDE)
