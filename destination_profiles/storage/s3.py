"""A folder in S3."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import IO, Any
from uuid import uuid4

import boto3
import botocore.session
from botocore.config import Config as BotoConfig
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from ..address import PERSONAL_DATA, Address, read_address
from ..errors import ConfigError, ProfilesError, StoreFailed, StoreUnavailable
from ..secret import Secret
from .folder import NOT_KEPT, busy, joined
from .settings import S3Storage

LOCKS, ALONE, SHARED = "locks", "alone", "shared"
COPIED_BYTES = 1 << 20  # at once
LEASE = timedelta(minutes=2)  # after which one that was not renewed counts no more
RENEWED_SECONDS = 30.0
PATIENCE_SECONDS = 30.0  # longer than the library tries
# environment variable in which Airbyte gives the external id of a role
EXTERNAL_ID = "AWS_ASSUME_ROLE_EXTERNAL_ID"
SESSION = "destination-profiles"
REFUSALS = {400, 401, 403, 404}  # of HTTP: what no later sync will change
LATE = {"RequestTimeout", "RequestTimeoutException"}  # codes that come with 400 all the same
FOR_THE_USER = (NoCredentialsError, PartialCredentialsError, ParamValidationError, ValueError)
CHECK = "Check the setting object_storage_config."
LATER = "No state may leave without it. Run the sync again later."


class S3Folder:
    """Objects of a bucket whose keys begin with the folder that the user gave."""

    def __init__(self, setting: S3Storage, *, client: Any = None) -> None:
        """Use the bucket that `setting` names, by `client` or else one of boto3's. Connects nowhere
        yet. Raises ConfigError for a setting that cannot be used.
        """
        self._bucket = setting.bucket
        self._root = joined(setting.folder.strip("/"), "x")[:-1]
        try:
            self._client = client or _client(setting)
        except ConfigError:
            raise
        except Exception as error:
            raise _failure(error) from None

    def write(self, name: str, content: bytes) -> None:
        """Put an object, block by block: as a whole it would have to leave within the time for
        connecting.
        """
        self._put(name, BytesIO(content))

    def store(self, name: str, path: Path) -> None:
        """Put a file, likewise."""
        with path.open("rb") as file:
            self._put(name, file)

    def _put(self, name: str, body: IO[bytes]) -> None:
        with _told():
            self._client.put_object(Bucket=self._bucket, Key=self._root + name, Body=body)

    def read(self, name: str) -> bytes:
        """An object, whole."""
        with _told():
            answer = self._client.get_object(Bucket=self._bucket, Key=self._root + name)
            content: bytes = answer["Body"].read()
            return content

    def blocks(self, name: str) -> Iterator[bytes]:
        """An object, block by block."""
        with _told():
            answer = self._client.get_object(Bucket=self._bucket, Key=self._root + name)
            while block := answer["Body"].read(COPIED_BYTES):
                yield block

    def names(self, prefix: str = "") -> list[str]:
        """Keys that begin so, without the folder."""
        return sorted(name for name, _ in self._listed(prefix))

    def remove(self, name: str) -> None:
        """Delete an object."""
        with _told():
            self._client.delete_object(Bucket=self._bucket, Key=self._root + name)

    def probe(self) -> None:
        """Write an object and delete it."""
        name = f".probe-{uuid4().hex}"
        self.write(name, b"")
        self.remove(name)

    def lock(self, *, alone: bool, where: str = "") -> "Lease":
        """An object that is renewed while it is held. Two that begin at the same moment may both be
        told that the other is there.
        """
        return Lease(self, alone=alone, where=where)

    def locked(self, where: str) -> list[tuple[str, datetime]]:
        """The names of leases, and when each was renewed by the clock of S3."""
        return self._listed(joined(where, f"{LOCKS}/"))

    def _listed(self, prefix: str) -> list[tuple[str, datetime]]:
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._root + prefix
            )
            return [
                (each["Key"][len(self._root) :], each["LastModified"])
                for page in pages
                for each in page.get("Contents", ())
            ]


class Lease:
    """Held by an object, which a thread renews; of a process that was killed it expires."""

    def __init__(
        self,
        folder: S3Folder,
        *,
        alone: bool,
        where: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take it. Raises StoreInUse where somebody else holds one that does not go with it."""
        self._folder, self._where, self._clock = folder, where, clock
        self._ended = threading.Event()
        stem = joined(where, LOCKS)
        self._name = f"{stem}/{ALONE if alone else SHARED}-{uuid4().hex}"
        self._renewed = clock()
        folder.write(self._name, b"")
        try:
            others = self._others()
        except (ConfigError, StoreFailed) as error:
            if where or isinstance(error, StoreFailed):
                folder.remove(self._name)
                raise
            others = []  # the credentials may put objects, and not list them
        is_alone = any(each.startswith(f"{stem}/{ALONE}") for each in others)
        if is_alone or (alone and others):
            folder.remove(self._name)
            raise busy(alone=is_alone)
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._renewing.start()

    def _others(self) -> list[str]:
        """Those that have not expired; what has is taken away."""
        leases = dict(self._folder.locked(self._where))
        now = leases.pop(self._name, None)
        if now is None:
            raise StoreFailed(NOT_KEPT.format(joined(self._where, LOCKS)))
        expired = [name for name, renewed in leases.items() if now - renewed > LEASE]
        for each in expired:
            self._folder.remove(each)
        return [name for name in leases if name not in expired]

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED_SECONDS):
            with suppress(ProfilesError):  # what is written next fails likewise, and tells it
                self.renew()

    def renew(self) -> None:
        """Let it hold from now on, unless it has expired and somebody has taken it away."""
        began = self._clock()
        if self._where and self._name not in dict(self._folder.locked(self._where)):
            self._renewed = float("-inf")  # another may have it
            return
        self._folder.write(self._name, b"")
        self._renewed = began

    def is_held(self) -> bool:
        """It is not held any more once it has expired, whoever is to blame."""
        return self._clock() - self._renewed < LEASE.total_seconds()

    def release(self) -> None:
        """Take the object away."""
        self._ended.set()
        self._renewing.join(PATIENCE_SECONDS)  # else it may put the object once more
        with suppress(ProfilesError):  # it expires
            self._folder.remove(self._name)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever the library raises, as an error of our own."""
    try:
        yield
    except Exception as error:
        raise _failure(error) from None


def _client(setting: S3Storage) -> Any:
    session = boto3.Session(
        region_name=setting.region,
        aws_access_key_id=_revealed(setting.access_key_id),
        aws_secret_access_key=_revealed(setting.secret_access_key),
    )
    if setting.role_arn:
        session = assumed(session, setting.role_arn)
    config = BotoConfig(
        connect_timeout=3, read_timeout=7, retries={"mode": "standard", "total_max_attempts": 3}
    )  # 30 s in all
    if setting.endpoint:  # what every S3 API knows
        config = config.merge(
            BotoConfig(
                request_checksum_calculation="when_required", s3={"addressing_style": "path"}
            )
        )
    client = session.client("s3", endpoint_url=setting.endpoint, config=config)
    if _address(client).is_of_this_machine():  # no proxy of the environment gets the rows
        config = config.merge(BotoConfig(proxies={}))
        client = session.client("s3", endpoint_url=setting.endpoint, config=config)
    return client


def _address(client: Any) -> Address:
    """Where a client's requests go: the environment or a file of AWS may name it too. Raises
    ConfigError where it is not secure.
    """
    address = read_address(client.meta.endpoint_url, "AWS_ENDPOINT_URL")
    return address.secured("AWS_ENDPOINT_URL address", PERSONAL_DATA)


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def assumed(session: boto3.Session, role_arn: str) -> boto3.Session:
    """A session with the rights of a role, which are asked for when they are needed and again
    before they end.
    """
    source = session.get_credentials()
    if source is None:
        raise NoCredentialsError
    external = {"ExternalId": os.environ[EXTERNAL_ID]} if os.environ.get(EXTERNAL_ID) else {}
    _address(session.client("sts", region_name=session.region_name))
    fetcher = AssumeRoleCredentialFetcher(
        lambda service, **options: session.client(
            service, region_name=session.region_name, **options
        ),
        source,
        role_arn,
        extra_args={"RoleSessionName": SESSION, **external},
    )
    core = botocore.session.get_session()
    credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    core._credentials = credentials  # type: ignore[attr-defined] # there is no other way
    return boto3.Session(botocore_session=core, region_name=session.region_name)


def _failure(error: Exception) -> ProfilesError:
    """What a failure means. The library's own words are left out: they may quote a key or an
    object.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = "".join(filter(str.isalnum, str(error.response.get("Error", {}).get("Code", ""))))[
            :40
        ]
        if status in REFUSALS and code not in LATE:
            return ConfigError(
                f"The object storage in S3 denies access (HTTP {status}, {code}). {CHECK}"
            )
        return StoreUnavailable(
            f"The object storage in S3 does not work (HTTP {status}, {code}). {LATER}"
        )
    name = type(error).__name__
    if isinstance(error, FOR_THE_USER):
        return ConfigError(f"The object storage in S3 cannot be used ({name}). {CHECK}")
    return StoreUnavailable(f"The object storage in S3 cannot be reached ({name}). {LATER}")
