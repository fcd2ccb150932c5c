"""Store of rejected records in S3, laid out as Airbyte's platform looks for them."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
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

from ..address import read_address
from ..errors import ConfigError, ProfilesError, StoreUnavailable
from ..rejection import Rejection
from ..secret import Secret
from .settings import S3Rejects
from .store import Place, line, quoted, utc_now

PART_BYTES = 8_000_000  # held in memory at most, over all streams
# environment variable in which Airbyte gives the external id of a role
EXTERNAL_ID = "AWS_ASSUME_ROLE_EXTERNAL_ID"
SESSION = "destination-profiles"
REFUSALS = {400, 401, 403, 404}  # of HTTP: what no later sync will change
LATE = {"RequestTimeout", "RequestTimeoutException"}  # codes that come with 400 all the same
FOR_THE_USER = (NoCredentialsError, PartialCredentialsError, ParamValidationError, ValueError)
CHECK = "Check the setting object_storage_config."
LATER = "No state may leave without it. Run the sync again later."


class S3Store:
    """One object for each stream and state, or more where they grow large.

    Its key is `<bucket_path>/<sync id>/<namespace>/<stream>/<date>_<epoch ms>_<part>.jsonl`.
    """

    def __init__(
        self,
        setting: S3Rejects,
        places: Mapping[str, Place],
        clock: Callable[[], datetime] = utc_now,
        *,
        client: Any = None,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """Use the bucket that `setting` names, by `client` or else one of boto3's; `places` are the
        folders of streams by their labels. Connects nowhere yet. Raises ConfigError for a setting
        that cannot be used.
        """
        self._bucket = setting.bucket
        self._root = setting.folder.strip("/")
        self._folders = {
            label: _joined(self._root, *map(quoted, names)) for label, names in places.items()
        }
        self._clock = clock
        self._part_bytes = part_bytes
        self._open: dict[str, bytearray] = {}
        self._size = 0
        self._parts: dict[str, int] = {}
        self._failure: ProfilesError | None = None
        try:
            self._client = client or _client(setting)
        except ConfigError:
            raise
        except Exception as error:
            raise _failure(error) from None

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        """Add a line to the stream's open part; the largest part is stored when all together are
        too large.
        """
        added = line(original, rejection, self._clock())
        self._open.setdefault(stream, bytearray()).extend(added)
        self._size += len(added)
        if self._size >= self._part_bytes:
            self._store(max(self._open, key=lambda each: len(self._open[each])))

    def flush(self) -> None:
        """Store all open parts."""
        for stream in list(self._open):
            self._store(stream)

    def close(self) -> None:
        """Store what is open."""
        self.flush()

    def probe(self) -> None:
        """Write an object and delete it. Raises ConfigError or StoreUnavailable."""
        key = _joined(self._root, f".probe-{uuid4().hex}")
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=b"")
            self._client.delete_object(Bucket=self._bucket, Key=key)
        except Exception as error:
            raise _failure(error) from None

    def _store(self, stream: str) -> None:
        """Put one part. After a failure nothing is tried again: the library has tried for long
        enough.
        """
        if self._failure is not None:
            raise self._failure
        now, part = self._clock(), self._parts.get(stream, 0)
        name = f"{now:%Y_%m_%d}_{now.timestamp() * 1000:.0f}_{part}.jsonl"
        key = f"{self._folders[stream]}/{name}"
        try:
            body = BytesIO(
                self._open[stream]
                # sent block by block: as a whole it would have to leave within the time for
                # connecting
            )
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson"
            )
        except Exception as error:  # whatever the library raises, the part is not stored
            self._failure = _failure(error)
            raise self._failure from None
        self._parts[stream] = part + 1
        self._size -= len(self._open.pop(stream))


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _client(setting: S3Rejects) -> Any:
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
    endpoint = setting.endpoint
    if endpoint and read_address(endpoint, "s3_endpoint").is_of_this_machine():
        config = config.merge(BotoConfig(proxies={}))  # no proxy of the environment gets the rows
    if setting.endpoint:  # what every S3 API knows
        config = config.merge(
            BotoConfig(
                request_checksum_calculation="when_required", s3={"addressing_style": "path"}
            )
        )
    return session.client("s3", endpoint_url=setting.endpoint, config=config)


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
                f"The S3 store of rejected records refuses its use (HTTP {status}, {code}). {CHECK}"
            )
        return StoreUnavailable(
            f"The S3 store of rejected records does not work (HTTP {status}, {code}). {LATER}"
        )
    name = type(error).__name__
    if isinstance(error, FOR_THE_USER):
        return ConfigError(f"The S3 store of rejected records cannot be used ({name}). {CHECK}")
    return StoreUnavailable(f"The S3 store of rejected records cannot be reached ({name}). {LATER}")
