"""What became of each row, held against what must become of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN_BY_THE_SERVICE = frozenset({"id", "db_id"})
TOLD_BY_PLACE = ("service", "xml")  # the first fault alone, by the place in the profile
NO_STORY = "was rejected, and is not in the table"
OPT_OUTS = (1, 2, 3, 5, 6)


@dataclass
class Found:
    """Rows by what became of them; `wrong` are number and reason of those that are neither right
    nor explained, `against_consent` are customers who said no and are subscribed.
    """

    right: int = 0
    deleted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    against_consent: list[int] = field(default_factory=list)

    def rows(self) -> int:
        """All of them."""
        return self.right + self.deleted + sum(self.rejected.values()) + len(self.wrong)

    def is_good(self) -> bool:
        """Whether each row is right or explained."""
        return not self.wrong and not self.against_consent


def compare(
    truth: Mapping[str, Any],
    profiles: Iterable[Mapping[str, Any]],
    rejected: Iterable[Mapping[str, Any]],
) -> Found:
    """Every row of the `truth` against the profiles of the service and the rejected records."""
    found, held = Found(), {each["crm_id"]: each for each in profiles}
    wanted = {each["crm_id"]: each for each in truth["profiles"]}
    different = {key: _differences(wanted.get(key), held.get(key)) for key in wanted | held}
    refused: dict[int, list[Mapping[str, Any]]] = {}
    for record in rejected:
        refused.setdefault(record.get("row_no", 0), []).append(record)
    for row in truth["rows"]:
        _judge(found, row, refused.pop(row["row"], []), different.get(row["customer"], ""))
    touched = {row["customer"] for row in truth["rows"]}
    found.wrong += [
        (0, f"{why}, though no row is its")
        for customer, why in different.items()
        if why and customer not in touched
    ]
    found.wrong += [(number, NO_STORY) for number in sorted(refused)]
    found.against_consent = sorted(_subscribed_against(truth["said_no"], held))
    return found


def _judge(
    found: Found, row: Mapping[str, Any], records: list[Mapping[str, Any]], different: str
) -> None:
    wanted = sorted(map(tuple, row["faults"]))
    if len(records) > 1:
        found.wrong.append((row["row"], "was rejected twice"))
    elif records and not wanted:
        found.wrong.append((row["row"], f"was rejected: {_told(records[0])}"))
    elif wanted and not records:
        found.wrong.append((row["row"], f"was not rejected, in spite of {wanted[0]}"))
    elif wanted and not _explains(records[0], wanted):
        found.wrong.append((row["row"], f"was rejected for {_told(records[0])}, not {wanted}"))
    elif wanted:
        found.rejected[" ".join(wanted[0])] += 1
    elif different:
        found.wrong.append((row["row"], different))
    elif row["fate"] == "deleted":
        found.deleted += 1
    else:
        found.right += 1


def _explains(record: Mapping[str, Any], wanted: list[tuple[str, str, str]]) -> bool:
    """Whether a rejected record tells all its faults, and nothing else."""
    told = record["rejected_faults"]
    if wanted[0][0] in TOLD_BY_PLACE:
        said = (record["rejected_reason"], record["rejected_code"])
        place = record["rejected_message"] + record["rejected_path"]
        return any(said == (step, rule) and name in place for step, name, rule in wanted)
    return sorted((each["step"], each["column"], each["rule"]) for each in told) == wanted


def _told(record: Mapping[str, Any]) -> str:
    faults = [(each["step"], each["column"], each["rule"]) for each in record["rejected_faults"]]
    return f"{faults}: {record['rejected_message']}"


def _differences(wanted: Mapping[str, Any] | None, held: Mapping[str, Any] | None) -> str:
    """Names of the fields of a profile that are not as they must be."""
    if wanted is None or held is None:
        return "the service must not have its profile" if wanted is None else "has no profile"
    shown = {
        name: value
        for name, value in held.items()
        if name not in SHOWN_BY_THE_SERVICE and value != []
    }
    expected = {name: value for name, value in wanted.items() if value != []}
    names = sorted(
        name for name in shown.keys() | expected.keys() if shown.get(name) != expected.get(name)
    )
    return f"the profile differs in {', '.join(names)}" if names else ""


def _subscribed_against(
    said_no: Iterable[tuple[int, str, str]], held: Mapping[int, Mapping[str, Any]]
) -> set[int]:
    """Customers with a subscription of a channel and address they have refused."""
    refused = set(map(tuple, said_no))
    return {
        customer
        for customer, profile in held.items()
        for each in profile["subscriptions"]
        if each["status"] not in OPT_OUTS and (customer, each["channel"], _address(each)) in refused
    }


def _address(subscription: Mapping[str, Any]) -> str:
    where = subscription.get("email_data") or subscription.get("cc_data") or subscription
    return str(where.get("email") or where["phone"]).lower().lstrip("+")
