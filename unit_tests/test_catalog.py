from destination_profiles.catalog import StreamInfo


def test_place_is_that_of_the_platform() -> None:
    users = StreamInfo("users", None, {}, "append")
    assert users.place() == ("0", "", "users")
    named = StreamInfo("a/b", "public", {}, "append", sync_id=7)
    assert named.place() == ("7", "public", "a/b")
