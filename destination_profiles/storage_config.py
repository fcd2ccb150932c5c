"""Settings of what is kept in the object storage, as the user wrote them, checked and frozen."""

from collections.abc import Mapping
from typing import Any

from .address import PERSONAL_DATA, read_address
from .errors import ConfigError
from .secret import Secret
from .storage.settings import (
    LocalStorage,
    MemorySetting,
    NoStorage,
    Outcomes,
    Retried,
    S3Storage,
    Storage,
)


def parse_storage(raw: Mapping[str, Any]) -> Storage:
    """The setting `object_storage_config`, which the spec allows. Raises ConfigError."""
    match raw.get("storage_type"):
        case "Local":
            return LocalStorage(raw["path"])
        case "S3":
            return _s3(raw)
        case _:
            return NoStorage()


def parse_outcomes(raw: Mapping[str, Any]) -> Outcomes | None:
    """The setting `outcomes` of a configuration, which the spec allows. Raises ConfigError where
    it has no place.
    """
    if raw.get("outcomes") is None:
        return None
    _need_place(raw, "The setting outcomes needs a place to keep them")
    return Outcomes(**raw["outcomes"])


def parse_memory(raw: Mapping[str, Any]) -> MemorySetting | None:
    """The setting `memory`, likewise."""
    if raw.get("memory") is None:
        return None
    _need_place(raw, "The setting memory needs a place to keep it")
    settings = dict(raw["memory"])
    if (retried := settings.pop("retry_rejected", None)) is not None:
        codes = tuple(dict.fromkeys(map(str, retried["codes"])))
        retried = Retried(**{**retried, "codes": codes})
    return MemorySetting(**settings, retry_rejected=retried)


def _need_place(raw: Mapping[str, Any], what: str) -> None:
    if (raw.get("object_storage_config") or {}).get("storage_type", "None") == "None":
        raise ConfigError(f"{what}: set object_storage_config to a local folder or to S3.")


def _s3(raw: Mapping[str, Any]) -> S3Storage:
    endpoint = _endpoint(raw["s3_endpoint"]) if raw.get("s3_endpoint") else None
    key, secret = (raw.get(name) for name in ("access_key_id", "secret_access_key"))
    if bool(key) != bool(secret):
        raise ConfigError(
            "The object storage in S3 needs both the access key id and its secret, or neither."
        )
    return S3Storage(
        bucket=raw["s3_bucket_name"],
        region=raw["s3_bucket_region"],
        folder=raw["bucket_path"],
        endpoint=endpoint,
        access_key_id=Secret(key) if key else None,
        secret_access_key=Secret(secret) if secret else None,
        role_arn=raw.get("role_arn") or None,
    )


def _endpoint(text: str) -> str:
    address = read_address(text, "object_storage_config.s3_endpoint")
    return address.secured("S3 endpoint", PERSONAL_DATA).url
