"""Why a record was not delivered, and how often each reason occurred."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one record was set aside.

    `reason` is the step that refused it (`json`, `schema`, `conversion`, `profile`, `xml`, `size`,
    `service`, `superseded`), `code` the rule it breaks or the service's own code, `message` what is
    wanted, `path` where in the record (JSON path). `message` goes to the store of rejected records
    and, for reason `service`, may quote a value; `loggable` is the sentence for the log and holds
    none.
    """

    reason: str
    code: str
    message: str
    path: str
    loggable: str
