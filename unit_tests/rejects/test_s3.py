"""What an S3 store asks of S3 and what it makes of the answers; integration_tests/test_s3.py has a
real API.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from destination_profiles.errors import ConfigError, ProfilesError, StoreUnavailable
from destination_profiles.rejection import Rejection
from destination_profiles.rejects import s3
from destination_profiles.rejects.settings import S3Rejects
from destination_profiles.secret import Secret

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
REJECTION = Rejection("schema", "type", "must be string", "$.a", "$.a must be string")
SETTING = S3Rejects("bucket", "us-east-1", "/set/aside/", None, Secret("a"), Secret("b"))
PLACES = {"users": ("7", "", "users"), "public.a/b": ("0", "public", "a/b")}


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
def bucket() -> Bucket:
    return Bucket()


def store(bucket: Bucket, folder: str = "/set/aside/", **more: Any) -> s3.S3Store:
    setting = replace(SETTING, folder=folder)
    return s3.S3Store(setting, PLACES, lambda: MOMENT, client=bucket, **more)


def test_part_stands_under_sync_namespace_and_stream(bucket: Bucket) -> None:
    made = store(bucket)
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
    made = store(bucket, "")
    made.put("users", b"{}", REJECTION)
    made.close()
    assert list(bucket.objects) == ["7/users/2026_01_02_1767323045679_0.jsonl"]


def test_nothing_rejected_is_no_object(bucket: Bucket) -> None:
    made = store(bucket)
    made.flush()
    made.close()
    assert bucket.tries == 0


def test_largest_part_is_stored_when_all_are_too_large(bucket: Bucket) -> None:
    made = store(bucket, part_bytes=1000)
    made.put("public.a/b", b'{"a":2}', REJECTION)
    for _ in range(20):
        made.put("users", b'{"a":1}', REJECTION)
    assert {key.rpartition("/")[0] for key in bucket.objects} == {"set/aside/7/users"}
    assert all(len(body) <= 1000 for body in bucket.objects.values())
    made.close()
    assert sum(body.count(b"\n") for body in bucket.objects.values()) == 21


def test_probe_leaves_nothing(bucket: Bucket) -> None:
    store(bucket).probe()
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
    made, bucket.failure = store(bucket), failure
    made.put("users", b"{}", REJECTION)
    for act in (made.flush, made.close, made.probe):
        with pytest.raises(error) as raised:
            act()
        assert told in str(raised.value) and "canary" not in str(raised.value)


def test_failed_part_is_not_tried_again(bucket: Bucket) -> None:
    """The library has tried for long enough, and the process must end."""
    made, bucket.failure = store(bucket), refused(500)
    made.put("users", b"{}", REJECTION)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            made.flush()
    assert bucket.tries == 1


class Machine:
    """A session of boto3's on a machine without credentials."""

    def get_credentials(self) -> None:
        return None


def test_role_needs_credentials_to_begin_with() -> None:
    with pytest.raises(NoCredentialsError):
        s3.assumed(Machine(), "arn:aws:iam::123456789012:role/any")  # type: ignore[arg-type]


@pytest.mark.parametrize("endpoint", ["https://", "https://a b", "nothing"])
def test_endpoint_that_is_no_address_is_a_config_error(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        s3.S3Store(replace(SETTING, endpoint=endpoint), {})


@pytest.mark.parametrize(
    ("endpoint", "proxies"), [("http://127.0.0.1:9000", {}), ("https://minio.example.com", None)]
)
def test_proxy_gets_nothing_of_this_machine(endpoint: str, proxies: dict[str, str] | None) -> None:
    """None: those of the environment."""
    client = s3._client(replace(SETTING, endpoint=endpoint))
    assert client.meta.config.proxies == proxies
    client.close()
