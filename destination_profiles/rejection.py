"""Why a record was not delivered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One of the things that are wrong with a record: the step that finds it, the column of the
    source and the JSON path in the profile, where these are known, and the rule.
    """

    step: str
    column: str | None
    field: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one record was set aside.

    `reason` is the step that refused it (`json`, `schema`, `conversion`, `profile`, `xml`, `size`,
    `service`, `superseded`, `deleted`, `source`), `code` the rule it breaks or the service's own
    code, `message` what is wanted, `path` where in the record (JSON path). `message` goes to the
    store of rejected records and, for reason `service`, may quote a value; `loggable` is the
    sentence for the log and holds none. It is that of the first of `faults`, where they were looked
    for. `shape` is that of the value that is refused, where one is known.
    """

    reason: str
    code: str
    message: str
    path: str
    loggable: str
    faults: tuple[Fault, ...] = ()
    shape: str | None = None

    def all_faults(self) -> tuple[Fault, ...]:
        """At least one."""
        return self.faults or (Fault(self.reason, None, None, self.code),)
