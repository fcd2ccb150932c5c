"""Where the profiles of a stream go, how they are found, and what sync modes there are."""

from dataclasses import replace

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import FieldConfig, StreamConfig
from destination_profiles.errors import ConfigError
from destination_profiles.records.codec import StreamCodec, target_of
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Target
from unit_tests.settings import config, target

INFO = StreamInfo("users", "shop", {"type": "object"}, "append_dedup", object_name="profiles")
CONNECTION = target(7)
NONE = StreamConfig("users", "shop")
OWN = StreamConfig("users", "shop", target=target(8, "email", None), matched=True)


def found(info: StreamInfo, configured: StreamConfig = NONE) -> Target:
    return target_of(info, configured, CONNECTION, service())


def test_profiles_are_found_as_the_connection_says() -> None:
    assert found(INFO) is CONNECTION


def test_matching_of_a_stream_goes_before_that_of_the_connection() -> None:
    assert found(INFO, OWN) is OWN.target


@pytest.mark.parametrize(
    ("key", "mode", "given"),
    [
        (("email",), "email", {}),
        (("phones",), "phone", {}),
        (("crm_id",), "custom", {"field_name": "crm_id"}),
        (("id",), "custom", {"field_name": "id"}),
    ],
)
def test_key_that_was_chosen_finds_profiles(
    key: tuple[str, ...], mode: str, given: dict[str, str]
) -> None:
    made = found(replace(INFO, key=key))
    assert made.db_id == 7
    assert (made.matching.mode, dict(made.matching.given)) == (
        service().matching_modes[mode],
        given,
    )


def test_matching_of_a_stream_goes_before_its_key() -> None:
    assert found(replace(INFO, key=("crm_id",)), OWN) is OWN.target


def test_key_by_which_profiles_are_found_anyway_changes_nothing() -> None:
    assert found(replace(INFO, key=("id",))).matching is CONNECTION.matching


def test_key_finds_profiles_in_the_database_of_the_stream() -> None:
    elsewhere = StreamConfig("users", "shop", target=target(9))
    made = found(replace(INFO, key=("crm_id",)), elsewhere)
    assert (made.db_id, made.matching.fields()) == (9, ("crm_id",))


def test_fields_that_hold_no_key_are_told() -> None:
    configured = StreamConfig("users", "shop", fields=(FieldConfig("_fname", "name"),))
    with pytest.raises(ConfigError) as raised:
        found(INFO, configured)
    assert raised.value.message == (
        "The fields of the stream shop.users hold nothing that profiles are found by. "
        "Add id, or choose another matching."
    )


def test_other_objects_are_told() -> None:
    with pytest.raises(ConfigError) as raised:
        found(replace(INFO, object_name="contacts"))
    assert raised.value.message == (
        "The stream shop.users is mapped to contacts, which this destination does not have. "
        "Choose profiles."
    )


def test_sync_mode_that_is_not_there_is_told_with_those_that_are() -> None:
    info = replace(INFO, object_name=None, sync_mode="overwrite_dedup")
    with pytest.raises(ConfigError) as raised:
        StreamCodec(info, config(), service())
    assert raised.value.message == (
        "The stream shop.users is set to the sync mode overwrite_dedup, which this destination "
        "does not have. Choose one of append, append_dedup, overwrite, update."
    )


@pytest.mark.parametrize("namespace", [None, "shop"])
def test_entry_of_the_stream_itself_counts(namespace: str | None) -> None:
    own = StreamConfig("users", namespace, target=target(9))
    other = StreamConfig("users", "branches", target=target(10))
    codec = StreamCodec(replace(INFO, object_name=None), config(streams=(other, own)), service())
    assert codec.route.target.db_id == 9
