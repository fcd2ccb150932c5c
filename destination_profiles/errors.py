"""The error tree: everything that can end or spoil a sync, grouped by what happens next.

ProfilesError                 the sync ends; `failure_type` says who must act
├── ConfigError               config_error: the user changes something
│   ├── Refused               ... in the service: token, right or tariff
│   ├── TooManyRejected       ... or the data: more records were rejected than the user allows
│   ├── MostRejected          ... or a larger part of them
│   └── NoMessages            ... or what is fed in: it holds no message
├── Unavailable               transient_error: a later run may pass
│   └── StoreUnavailable      the object storage does not answer
│       └── StoreInUse        ... or another command holds it
├── Interrupted               ... a signal asked to stop; the exit code says which
├── NobodyReads               ... or nobody reads what is to be told
├── SystemFault               system_error: somebody reads the log
│   ├── BadAnswer             the service's answer cannot be read
│   ├── BrokenInput           a line of stdin is cut or broken
│   ├── BooksDoNotBalance     records read are not those accounted for
│   └── StoreFailed           the object storage cannot keep something
InvalidRecord                 one record is set aside, the sync goes on

No error carries a record's value or a secret: paths, names of the schema, codes, counts and digests
only.
"""

from typing import ClassVar, Literal

from .rejection import Rejection

FailureType = Literal["config_error", "transient_error", "system_error"]


def entry(heading: str) -> str:
    """Where a heading of the page of all messages is."""
    return f"docs/errors.md#{heading.lower().replace(' ', '-')}"


class ProfilesError(Exception):
    """An error that ends the sync. `str()` of it is the sentence for the user."""

    failure_type: ClassVar[FailureType] = "system_error"

    def __init__(self, message: str, *, stream: str | None = None) -> None:
        """Keep the sentence for the user and, where one is meant, the stream."""
        super().__init__(message)
        self.message = message
        self.stream = stream
        self.namespace: str | None = None
        self.path: str | None = None  # of a file that a command was given

    def told(self) -> str:
        """The sentence as it ends a command, with the place where its cause and cure stand."""
        return f"{self.message} See {entry(type(self).__name__)}"


class ConfigError(ProfilesError):
    """The user must change the configuration, the catalog or something in the service."""

    failure_type = "config_error"


class Refused(ConfigError):
    """The service refuses the caller: token, right or tariff. `code` is the service's own, `detail`
    its code and text in words for a log.

    `spoken`: the service itself says it, in an answer of its form; else it is a status of HTTP
    alone.
    """

    def __init__(self, message: str, *, code: int, detail: str = "", spoken: bool = True) -> None:
        """Keep the service's code beside the sentence."""
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.spoken = spoken


class TooManyRejected(ConfigError):
    """More records were rejected than the configuration allows."""

    def __init__(self, allowed: int, reasons: str) -> None:
        """Name the setting and the most frequent reasons."""
        super().__init__(
            f"More than {allowed:,} records were rejected, so the sync stops, as "
            "the setting max_rejected asks. "
            f"What was accepted is safe. The most frequent reasons: {reasons}."
        )


class MostRejected(ConfigError):
    """A larger part of the records was rejected than the configuration allows."""

    def __init__(self, rejected: int, resolved: int, allowed: int, reasons: str) -> None:
        """Name the setting and the most frequent reasons."""
        super().__init__(
            f"{rejected:,} of {resolved:,} records were rejected, which is more than the "
            f"{allowed} percent that the setting max_rejected_percent allows. The sync is not "
            f"taken for a success, and no further state leaves. The most frequent reasons: "
            f"{reasons}. Repair them; where most profiles are not found and that is as you want "
            "it, raise max_rejected_percent."
        )


class NoMessages(ConfigError):
    """Something came in, and no message was in it. `look`: what it looks like."""

    def __init__(self, lines: int, look: str) -> None:
        """Say what came, and what is wanted."""
        super().__init__(
            f"The input holds no Airbyte message: its {lines:,} lines look like {look}. Nothing "
            "was sent. What is wanted is a JSON message a line, in UTF-8 and not compressed: "
            '{"type": "RECORD", "record": {"stream": ..., "data": {...}}}.'
        )


class Unavailable(ProfilesError):
    """The service gave no usable answer for as long as the configuration allows; a later run may
    pass. `reason`: why, in part of a sentence; `retry_after`: the seconds that it asks to wait.
    """

    failure_type = "transient_error"

    def __init__(self, message: str, *, reason: str = "", retry_after: float | None = None) -> None:
        """Keep both beside the sentence."""
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


class StoreUnavailable(Unavailable):
    """The object storage does not answer, or cannot be had; a later run may pass."""


class StoreInUse(StoreUnavailable):
    """Another command holds the object storage, or a memory in it; once it has ended, a run may
    pass.
    """


class Interrupted(ProfilesError):
    """A signal asked the sync to stop. `exit_code` is 128 and the signal's number, as shells have
    it.
    """

    failure_type = "transient_error"

    def __init__(self, signal_number: int) -> None:
        """Say it in the sentence too."""
        super().__init__(
            "The sync was asked to stop. What was acknowledged is safe; the "
            "rest is sent by the next sync."
        )
        self.exit_code = 128 + signal_number


class NobodyReads(ProfilesError):
    """Stdout cannot be written: its reader has gone, or stopped reading before a signal asked to
    stop.
    """

    failure_type = "transient_error"

    def __init__(self) -> None:
        """There is nobody to tell it to."""
        super().__init__("Whoever started the sync does not read its output any more.")


class SystemFault(ProfilesError):
    """Neither the user nor time can repair it."""


class BadAnswer(SystemFault):
    """The service's answer cannot be read, or does not tell the fate of every profile."""


class BrokenInput(SystemFault):
    """A line of the input starts as a JSON object but is cut or broken."""


class BooksDoNotBalance(SystemFault):
    """The records read are not the records accepted, rejected, superseded, deleted and
    unchanged.
    """


class StoreFailed(SystemFault):
    """The object storage cannot keep or read something."""


class InvalidRecord(Exception):
    """One record that cannot be sent; `rejection` says why."""

    def __init__(
        self,
        rejection: Rejection,
        kept: bytes | None = None,
        parts: tuple[str | int, ...] = (),
    ) -> None:
        """Keep the rejection, the data to store where the original bytes are no JSON, and the parts
        of the path where these are known. The text names the rule only.
        """
        super().__init__(f"{rejection.reason}: {rejection.code}")
        self.rejection = rejection
        self.kept = kept
        self.parts = parts
