"""What an S3 store asks of S3 and what it makes of the answers; integration_tests/test_s3.py has a
real API.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from destination_profiles.catalog import StreamInfo
from destination_profiles.errors import ConfigError, ProfilesError, StoreUnavailable
from destination_profiles.rejection import Rejection
from destination_profiles.rejects import s3

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
REJECTION = Rejection("schema", "type", "must be string", "$.a", "$.a must be string")
SETTING = {
    "s3_bucket_name": "bucket",
    "s3_bucket_region": "us-east-1",
    "bucket_path": "/set/aside/",
    "access_key_id": "a",
    "secret_access_key": "b",
}
STREAMS = [
    StreamInfo("users", None, {}, "append", 7),
    StreamInfo("a/b", "public", {}, "append", None),
]


class Bucket:
    """Takes objects, or fails with what a test gives it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.tries = 0
        self.failure: Exception | None = None

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **_: Any) -> None:  # noqa: N803 - boto's names
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        assert Key not in self.objects
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.read()

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        del self.objects[Key]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    monkeypatch.setattr(s3, "_client", lambda _: made)
    return made


def store(bucket_path: str = "/set/aside/") -> s3.S3Store:
    return s3.S3Store({**SETTING, "bucket_path": bucket_path}, STREAMS, clock=lambda: MOMENT)


def test_part_stands_under_sync_namespace_and_stream(bucket: Bucket) -> None:
    made = store()
    made.put("users", b'{"a":1}', REJECTION)
    made.put("public.a/b", b'{"a":2}', REJECTION)
    assert bucket.objects == {}
    made.flush()
    made.put("users", b'{"a":3}', REJECTION)
    made.close()
    assert list(bucket.objects) == [
        "set/aside/7/users/2026_01_02_1767323045679_0.jsonl",
        "set/aside/0/public/a%2Fb/2026_01_02_1767323045679_0.jsonl",
        "set/aside/7/users/2026_01_02_1767323045679_1.jsonl",
    ]
    assert [body.count(b"\n") for body in bucket.objects.values()] == [1, 1, 1]
    assert bucket.objects["set/aside/7/users/2026_01_02_1767323045679_1.jsonl"].startswith(
        b'{"a":3,"rejected_reason":"schema"'
    )


def test_folder_may_be_the_root(bucket: Bucket) -> None:
    made = store("")
    made.put("users", b"{}", REJECTION)
    made.close()
    assert list(bucket.objects) == ["7/users/2026_01_02_1767323045679_0.jsonl"]


def test_nothing_rejected_is_no_object(bucket: Bucket) -> None:
    made = store()
    made.flush()
    made.close()
    assert bucket.tries == 0


def test_largest_part_is_stored_when_all_are_too_large(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 1000)
    made = store()
    made.put("public.a/b", b'{"a":2}', REJECTION)
    for _ in range(20):
        made.put("users", b'{"a":1}', REJECTION)
    assert {key.rpartition("/")[0] for key in bucket.objects} == {"set/aside/7/users"}
    assert all(len(body) <= 1000 for body in bucket.objects.values())
    made.close()
    assert sum(body.count(b"\n") for body in bucket.objects.values()) == 21


def test_probe_leaves_nothing(bucket: Bucket) -> None:
    store().probe()
    assert (bucket.tries, bucket.objects) == (1, {})


def refused(status: int, code: str = "Code<>1") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "canary"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "PutObject",
    )  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("failure", "error", "told"),
    [
        (refused(403, "AccessDenied"), ConfigError, "HTTP 403, AccessDenied"),
        (refused(404, "NoSuchBucket"), ConfigError, "HTTP 404, NoSuchBucket"),
        (refused(400), ConfigError, "HTTP 400, Code1"),
        (refused(400, "RequestTimeout"), StoreUnavailable, "HTTP 400, RequestTimeout"),
        (refused(429), StoreUnavailable, "HTTP 429, Code1"),
        (refused(500), StoreUnavailable, "HTTP 500, Code1"),
        (refused(503, "SlowDown"), StoreUnavailable, "HTTP 503, SlowDown"),
        (NoCredentialsError(), ConfigError, "NoCredentialsError"),
        (ValueError("canary"), ConfigError, "ValueError"),
        (RuntimeError("canary"), StoreUnavailable, "RuntimeError"),
        (
            EndpointConnectionError(endpoint_url="http://canary"),
            StoreUnavailable,
            "EndpointConnectionError",
        ),
        (
            ConnectTimeoutError(endpoint_url="http://canary"),
            StoreUnavailable,
            "ConnectTimeoutError",
        ),
    ],
)
def test_failure_says_who_must_act(
    bucket: Bucket, failure: Exception, error: type[ProfilesError], told: str
) -> None:
    made, bucket.failure = store(), failure
    made.put("users", b"{}", REJECTION)
    for act in (made.flush, made.close, made.probe):
        with pytest.raises(error) as raised:
            act()
        assert told in str(raised.value) and "canary" not in str(raised.value)


def test_failed_part_is_not_tried_again(bucket: Bucket) -> None:
    """The library has tried for long enough, and the process must end."""
    made, bucket.failure = store(), refused(500)
    made.put("users", b"{}", REJECTION)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            made.flush()
    assert bucket.tries == 1


@pytest.mark.parametrize("left_out", ["access_key_id", "secret_access_key"])
def test_one_key_alone_is_a_config_error(left_out: str) -> None:
    with pytest.raises(
        ConfigError, match="needs both the access key id and its secret, or neither"
    ):
        s3.S3Store({**SETTING, left_out: ""}, [])


def test_role_without_credentials_is_a_config_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.Session.get_credentials", lambda _: None)
    role = {
        **SETTING,
        "access_key_id": "",
        "secret_access_key": "",
        "role_arn": "arn:aws:iam::123456789012:role/any",
    }
    with pytest.raises(ConfigError, match="NoCredentialsError"):
        s3.S3Store(role, [])


@pytest.mark.parametrize("endpoint", ["https://", "https://a b", "nothing"])
def test_endpoint_that_is_no_address_is_a_config_error(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        s3.S3Store({**SETTING, "s3_endpoint": endpoint}, [])
