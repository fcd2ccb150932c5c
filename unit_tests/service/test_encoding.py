import json

from hypothesis import given
from hypothesis import strategies as st

from destination_profiles.service.formats import Json, decode_json, encode_json, envelope
from unit_tests.settings import target


def test_envelope_says_target_and_options() -> None:
    made = envelope(target(7, field_name="crm_id"), 'to"ken', {"skip_triggers": True}, Json())
    body = b"".join(made.body([b'{"a":1}', b'{"a":2}']))
    assert (
        body
        == b'{"token":"to\\"ken","db_id":7,"matching":"custom","field_name":"crm_id","skip_triggers":true,"data":[{"a":1},{"a":2}]}'
    )


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=3), max_size=5))
def test_size_is_that_of_the_body(profiles: list[dict[str, str]]) -> None:
    made = envelope(target(), "token", {}, Json())
    encoded = [json.dumps(each).encode() for each in profiles]
    assert sum(map(len, made.body(encoded))) == made.size() + sum(map(len, encoded)) + max(
        0, len(encoded) - 1
    )


@given(st.integers())
def test_integers_keep_every_digit(number: int) -> None:
    assert decode_json(encode_json({"n": number})) == {"n": number}
