"""The bytes in which a profile may have been sent, whatever came with it."""

from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.records.batch import Batch
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.other_bytes import OtherBytes
from destination_profiles.service.manifest import service
from unit_tests.settings import config, target

TEXT = {"type": ["null", "string"]}
SCHEMA = {
    "type": "object",
    "properties": {"_city": TEXT, "_region": TEXT, "crm_id": {"type": "integer"}},
}
INFO = StreamInfo("users", None, SCHEMA, "append")
PLAIN = b'{"crm_id":5,"_city":"Oslo"}'
BY_SCHEMA = b'{"_city":"Oslo","crm_id":5}'
WITH_NULL = b'{"crm_id":6,"_region":null,"_city":"Rome"}'
ODD = b'{"crm_id":7,"_city":8}'


def configured(**changes: Any) -> Any:
    return config(target=target(field_name="crm_id"), **changes)


def others(*originals: bytes, **changes: Any) -> list[list[bytes | None]]:
    return list(OtherBytes(INFO, configured(**changes), service())(originals))


def test_each_encoder_by_types_has_its_own() -> None:
    assert others(PLAIN) == [[PLAIN], [BY_SCHEMA]]


def test_what_one_declines_takes_nothing_from_the_others() -> None:
    assert others(PLAIN, WITH_NULL, ODD, PLAIN) == [
        [PLAIN, None, None, PLAIN],
        [BY_SCHEMA, b'{"_city":"Rome","crm_id":6}', None, BY_SCHEMA],
    ]


def test_null_that_is_sent_stands_in_all() -> None:
    """With a setting under which it is."""
    assert others(PLAIN, WITH_NULL, null_values="send") == [[PLAIN, WITH_NULL]]


@pytest.mark.parametrize("originals", [(PLAIN,), (PLAIN, WITH_NULL), (WITH_NULL,), (PLAIN, PLAIN)])
def test_what_is_sent_is_among_them(originals: tuple[bytes, ...]) -> None:
    (taken,) = StreamCodec(INFO, configured(), service()).take(originals)
    assert isinstance(taken, Batch)
    for place, profile in enumerate(taken.profiles()):
        assert profile in [each[place] for each in others(*originals)]
