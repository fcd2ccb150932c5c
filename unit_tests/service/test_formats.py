"""JSON and XML bodies of the same chunk carry the same profiles, and both keep the limits."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.catalog import StreamInfo
from destination_profiles.delivery.checkpoint import Checkpointer
from destination_profiles.delivery.chunks import Chunk, ChunkPolicy
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.open_chunks import OpenChunks
from destination_profiles.records.batch import Rejected
from destination_profiles.records.codec import StreamCodec
from destination_profiles.service.manifest import service
from profiles_sandbox.calls.texts import Types
from profiles_sandbox.profiles.setup import load_setup
from profiles_sandbox.switches import Switches
from profiles_sandbox.wire.xml_format import XML
from unit_tests.settings import config, target

TYPES = Types(load_setup(), Switches())
LIMIT = 1_500  # bytes of a body

TEXT = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=["Cc", "Cs"],
        exclude_characters="\ufffe\uffff",
        include_characters="\t\n\r",
    ),
    max_size=12,
)
WORD = st.text("abcxyz", min_size=1, max_size=6)
OBJECT = st.dictionaries(WORD, TEXT, min_size=1, max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "_fname": TEXT,
    "_status": st.integers(-(2**70), 2**70),
    "_bdate": st.dates().map(str),
    "score": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    "points": st.integers()
    | st.builds(lambda step: {"action": "incr", "value": step}, st.integers()),
    "vip": st.booleans(),
    "tags": st.lists(TEXT, min_size=1, max_size=3)
    | st.builds(
        lambda tags: {"action": "add", "value": tags}, st.lists(TEXT, min_size=1, max_size=3)
    ),
    "phones": st.lists(TEXT, min_size=1, max_size=3),
    "address": OBJECT
    | st.builds(lambda value: {"action": "upsert", "submatch": "city", "value": value}, TEXT),
    "devices": st.lists(OBJECT, min_size=1, max_size=2),
    "source": TEXT | st.just({"action": "unset"}),
}
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.integers(-1, 6) | st.sampled_from(["subscribed", "invalid"]),
    "priority": st.integers(-1, 9),
    "cats": st.lists(TEXT, min_size=1, max_size=3),
    "custom_fields": st.fixed_dictionaries(
        {"subscriber_id": st.integers()}, optional={"source": TEXT}
    ),
}
SUBSCRIPTION = st.fixed_dictionaries(
    {
        "channel": st.just("email"),
        "resource_id": st.just(3),
        "email_data": st.fixed_dictionaries({"email": WORD}),
    },
    optional=PARTS,
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {}, optional={**FIELDS, "subscriptions": st.lists(SUBSCRIPTION, min_size=1, max_size=2)}
    ),
    min_size=1,
    max_size=12,
)


def bodies(records: list[dict[str, Any]], wire: str) -> list[bytes]:
    """The bodies of the chunks that the records become."""
    made = config(
        target=target(field_name="crm_id"),
        wire_format=wire,
        options={"skip_triggers": True},
        max_bytes=LIMIT,
    )
    codec = StreamCodec(StreamInfo("users", None, {"type": "object"}, "append"), made, service())
    policy = ChunkPolicy(5, LIMIT, 60)
    waiting = OpenChunks(policy, track=Checkpointer().track, new_id=lambda: "id")
    originals = [
        json.dumps({"crm_id": number, **record}).encode() for number, record in enumerate(records)
    ]
    chunks: list[Chunk] = []
    for number, each in enumerate(codec.take(originals)):
        if isinstance(each, Rejected):
            assert each.rejection.reason == "size"  # all else can be carried
        else:
            each.ordinals = range(number, number + len(each))
            chunks += waiting.put(each, codec.route, Interval("users"))
    chunks += waiting.close()
    for chunk in chunks:
        assert sum(map(len, chunk.body())) == chunk.size <= LIMIT
    return [b"".join(chunk.body()) for chunk in chunks]


def profiles(messages: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(profile) for message in messages for profile in message["data"]]


@given(RECORDS)
@settings(max_examples=150)
def test_xml_carries_what_json_does(records: list[dict[str, Any]]) -> None:
    in_json = [json.loads(body) for body in bodies(records, "json")]
    in_xml = [TYPES.request(XML.decode(body)) for body in bodies(records, "xml")]
    heads = [
        {name: value for name, value in message.items() if name != "data"}
        for message in in_json + in_xml
    ]
    assert all(
        head
        == {
            "token": "token",
            "db_id": 1,
            "matching": "custom",
            "field_name": "crm_id",
            "skip_triggers": True,
        }
        for head in heads
    )
    carried = profiles(in_xml)
    large = {json.loads(profile)["crm_id"] for profile in profiles(in_json)} - {
        json.loads(profile)["crm_id"] for profile in carried
    }
    assert [
        profile for profile in profiles(in_json) if json.loads(profile)["crm_id"] not in large
    ] == carried
    assert all(
        len(json.dumps(records[number])) * 2 > LIMIT // 2 for number in large
    )  # tags are longer than brackets: only large ones are left out
