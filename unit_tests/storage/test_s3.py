"""What a folder in S3 asks of S3 and what it makes of the answers; integration_tests/test_s3.py has a
real API.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from destination_profiles.errors import (
    ConfigError,
    ProfilesError,
    StoreFailed,
    StoreInUse,
    StoreUnavailable,
)
from destination_profiles.secret import Secret
from destination_profiles.storage import s3
from destination_profiles.storage.settings import S3Storage

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
SETTING = S3Storage("bucket", "us-east-1", "/set/aside/", None, Secret("a"), Secret("b"))


class Bucket:
    """Takes objects, or fails with what a test gives it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.tries = 0
        self.failure: Exception | None = None
        self.forbids_listing = False
        self.now = MOMENT
        self.times: dict[str, datetime] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **_: Any) -> None:  # noqa: N803 - boto's names
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        self.objects[Key] = Body.read()
        self.times[Key] = self.now

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": BytesIO(self.objects[Key])}

    def get_paginator(self, _: str) -> "Listing":
        return Listing(self)

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)  # as S3 takes it


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


class Listing:
    """Pages of the objects, two in each."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if self.bucket.forbids_listing:
            raise refused(403, "AccessDenied")
        found = [key for key in self.bucket.objects if key.startswith(Prefix)]
        for start in range(0, max(len(found), 1), 2):
            part = found[start : start + 2]
            yield {
                "Contents": [{"Key": key, "LastModified": self.bucket.times[key]} for key in part]
            }


def folder(bucket: Bucket, name: str = "/set/aside/") -> s3.S3Folder:
    return s3.S3Folder(replace(SETTING, folder=name), client=bucket)


def test_names_stand_under_the_folder(bucket: Bucket) -> None:
    made = folder(bucket)
    for name in ("b/2", "a/1", "b/1"):
        made.write(name, name.encode())
    assert list(bucket.objects) == ["set/aside/b/2", "set/aside/a/1", "set/aside/b/1"]
    assert (made.names(), made.names("b/")) == (["a/1", "b/1", "b/2"], ["b/1", "b/2"])
    assert made.read("b/1") == b"b/1"
    made.remove("b/1")
    assert made.names("b/") == ["b/2"]


def test_folder_may_be_the_root(bucket: Bucket) -> None:
    folder(bucket, "").write("7/users/1", b"")
    assert list(bucket.objects) == ["7/users/1"]


def test_probe_leaves_nothing(bucket: Bucket) -> None:
    folder(bucket).probe()
    assert (bucket.tries, bucket.objects) == (1, {})


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_who_is_alone_holds_the_folder(bucket: Bucket, first: bool, second: bool) -> None:
    made = folder(bucket)
    held = made.lock(alone=first)
    holder = "a resend" if first else "a sync or a command that looks at it"
    with pytest.raises(StoreInUse, match=f"in use: {holder} runs with it"):
        made.lock(alone=second)
    held.release()
    made.lock(alone=second).release()
    assert bucket.objects == {}


def test_syncs_hold_the_folder_together(bucket: Bucket) -> None:
    held = [folder(bucket).lock(alone=False) for _ in range(2)]
    assert len(bucket.objects) == 2
    for each in held:
        each.release()


@pytest.mark.parametrize(("seconds", "counts"), [(120, True), (121, False)])
def test_lease_of_a_killed_process_expires(bucket: Bucket, seconds: int, counts: bool) -> None:
    made = folder(bucket)
    bucket.objects["set/aside/locks/shared-1"] = b""
    bucket.times["set/aside/locks/shared-1"] = bucket.now - timedelta(seconds=seconds)
    with pytest.raises(StoreUnavailable) if counts else nullcontext():
        made.lock(alone=True).release()
    assert ("set/aside/locks/shared-1" in bucket.objects) == counts


def test_credentials_that_only_put_do_for_a_sync(bucket: Bucket) -> None:
    bucket.forbids_listing = True
    folder(bucket).lock(alone=False).release()
    assert bucket.objects == {}


def test_lock_of_a_folder_below_stands_in_it(bucket: Bucket) -> None:
    made = folder(bucket)
    whole, held = made.lock(alone=False), made.lock(alone=True, where="memory/crm")
    assert (
        len([key for key in bucket.objects if key.startswith("set/aside/memory/crm/locks/")]) == 1
    )
    with pytest.raises(StoreUnavailable):
        made.lock(alone=True, where="memory/crm")
    made.lock(alone=True, where="memory/other").release()
    held.release()
    whole.release()
    assert bucket.objects == {}


def test_owner_of_a_folder_below_must_be_seen(bucket: Bucket) -> None:
    """Who cannot list cannot know that nobody else has it."""
    bucket.forbids_listing = True
    with pytest.raises(ConfigError):
        folder(bucket).lock(alone=True, where="memory/crm")
    assert bucket.objects == {}


class Late(Bucket):
    """Lists no object that was just put."""

    def get_paginator(self, _: str) -> Listing:
        return Listing(Bucket())


@pytest.mark.parametrize("where", ["", "memory/crm"])
def test_lease_that_is_not_listed_is_told_and_taken_away(where: str) -> None:
    late = Late()
    with pytest.raises(StoreFailed, match="does not list or give back"):
        folder(late).lock(alone=False, where=where)
    assert late.objects == {}


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lease_is_lost_when_it_is_not_renewed(bucket: Bucket) -> None:
    clock = Seconds()
    held = s3.Lease(folder(bucket), alone=True, where="memory/crm", clock=clock)
    clock.now = 119.0
    assert held.is_held()
    held.renew()
    clock.now = 238.0
    assert held.is_held()
    bucket.failure = refused(503)
    with pytest.raises(StoreUnavailable):
        held.renew()
    clock.now = 239.0
    assert not held.is_held()
    bucket.failure = None
    held.release()


def test_lease_that_another_has_taken_away_is_not_renewed(bucket: Bucket) -> None:
    """It had expired, as this process stood still."""
    clock = Seconds()
    held = s3.Lease(folder(bucket), alone=True, where="memory/crm", clock=clock)
    (name,) = bucket.objects
    del bucket.objects[name]
    clock.now = 100.0
    held.renew()
    assert bucket.objects == {}
    assert not held.is_held()  # at once


def test_files_are_stored_and_come_back_in_blocks(bucket: Bucket, tmp_path: Path) -> None:
    made, content = folder(bucket), bytes(range(256)) * 5_000
    (tmp_path / "a").write_bytes(content)
    made.store("x/a", tmp_path / "a")
    assert list(made.blocks("x/a")) == [content[: 1 << 20], content[1 << 20 :]]
    assert made.read("x/a") == content


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
    made, bucket.failure = folder(bucket), failure
    for act in (partial(made.write, "a", b""), made.probe, partial(made.lock, alone=False)):
        with pytest.raises(error) as raised:
            act()
        assert told in str(raised.value) and "canary" not in str(raised.value)


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
        s3.S3Folder(replace(SETTING, endpoint=endpoint))


@pytest.mark.parametrize(
    ("endpoint", "proxies"), [("http://127.0.0.1:9000", {}), ("https://minio.example.com", None)]
)
def test_proxy_gets_nothing_of_this_machine(endpoint: str, proxies: dict[str, str] | None) -> None:
    """None: those of the environment."""
    client = s3._client(replace(SETTING, endpoint=endpoint))
    assert client.meta.config.proxies == proxies
    client.close()


ODD = ["http://evil.example", "http://evil.invalid\\@127.0.0.1", "http://127.0.0.1@evil.example"]
VARIABLES = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"]


@pytest.mark.parametrize("address", ODD)
@pytest.mark.parametrize("variable", VARIABLES)
def test_environment_leads_to_no_insecure_address(
    monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL") as raised:
        s3.S3Folder(SETTING)
    assert "evil" not in raised.value.message


def test_file_of_aws_leads_to_no_insecure_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\nendpoint_url = http://evil.example\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(ConfigError, match="must begin with https"):
        s3.S3Folder(SETTING)


@pytest.mark.parametrize(
    "address", ["https://s3.example", "http://127.0.0.1:9", "http://localhost"]
)
def test_environment_may_name_a_secure_address(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    client = s3.S3Folder(SETTING)._client
    assert client.meta.endpoint_url == address
    assert (client.meta.config.proxies == {}) is address.startswith("http:")


def test_role_is_asked_for_at_no_insecure_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://evil.example")
    with pytest.raises(ConfigError, match="must begin with https"):
        s3.S3Folder(replace(SETTING, role_arn="arn:aws:iam::1:role/x"))
