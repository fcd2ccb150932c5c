"""Where things are kept, as the user chose."""

from dataclasses import dataclass

from ..secret import Secret


@dataclass(frozen=True, slots=True)
class NoStorage:
    """Nowhere."""


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """In a folder of this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class S3Storage:
    """In a bucket of S3, or of another service with its API at `endpoint`. Without keys, with the
    credentials of the machine; `role_arn` is assumed with either.
    """

    bucket: str
    region: str
    folder: str
    endpoint: str | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    role_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each record is kept, for so many days; `values`: with the keys of profiles
    themselves, else with digests of them.
    """

    values: bool = False
    keep_days: int = 90


@dataclass(frozen=True, slots=True)
class Retried:
    """Rows that the service rejected with one of these `codes` are sent again by later syncs, at
    most `max_attempts` times, and for so many days.
    """

    codes: tuple[str, ...]
    max_attempts: int = 5
    max_age_days: int = 14


@dataclass(frozen=True, slots=True)
class MemorySetting:
    """What was sent is remembered under a name. `skip_unchanged`: what did not change is not sent,
    unless that was `resend_after_days` days ago or longer, and then without subscribing anybody;
    `resubscribe` lifts the latter.
    """

    name: str
    skip_unchanged: bool = True
    resend_after_days: int = 30
    resubscribe: bool = False
    retry_rejected: Retried | None = None


Storage = NoStorage | LocalStorage | S3Storage
