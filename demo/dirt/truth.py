"""What must become of each row, and what the service must hold at the end: from what the makers of
the cells know, never by the connector's own code.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from .clean import BROKEN_MAILS
from .columns import FIELDS, KEY, PHONES
from .spelling import NOTHING
from .subscriptions import (
    CHAT_NUMBER,
    CHAT_STATUS,
    LABELS,
    MAIL,
    NEWSLETTER,
    SMS_CONSENT,
    SMS_NUMBER,
)
from .table import WEBSHOP, Row

STATUSES = [
    "subscribed",
    "unsubscribed",
    "complained",
    "hardbounced",
    "unconfirmed",
    "suspended",
    "invalid",
]
OPT_OUTS = frozenset(STATUSES) - {"subscribed", "unconfirmed"}
SENT, DELETED, REJECTED = "sent", "deleted", "rejected"
NEWSLETTERS = 28  # the resource of mails; the others are of MESSAGES
MESSAGES = 3
IN_PROFILE = {"tags": "tags", "labels": "cats"}  # columns that XML may not carry
SUBSCRIPTIONS = (
    ("email", NEWSLETTERS, MAIL, NEWSLETTER, LABELS),
    ("sms", MESSAGES, SMS_NUMBER, SMS_CONSENT, None),
    ("whatsapp", MESSAGES, CHAT_NUMBER, CHAT_STATUS, None),
)
Key = tuple[str, int, str]  # channel, resource and address, as two addresses are compared


@dataclass
class Fate:
    """What must become of one row. `faults` are step, column and rule of each; of the steps
    `service` and `xml` the field that they name.
    """

    row: int
    stream: str
    customer: int
    fate: str
    faults: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Truth:
    """What must become of all: of the rows, of the profiles by customer, of who said no by row's
    last word, and the statuses of subscriptions in rows that the connector takes.
    """

    rows: list[Fate] = field(default_factory=list)
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    said_no: set[tuple[int, str, str]] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """For a file."""
        return {
            "rows": [asdict(each) for each in self.rows],
            "profiles": list(self.profiles.values()),
            "said_no": sorted(self.said_no),
            "statuses": dict(self.statuses),
        }

    def seeded(self, row: Row) -> None:
        """The customer of a row is in the service before, if it is known there."""
        if row.is_known and row.customer not in self.profiles:
            self.profiles[row.customer] = deepcopy(seed_of(row.customer))

    def enter(self, row: Row) -> None:
        """The next row."""
        update, wanted, faults = _meant(row)
        fate = Fate(row.number, row.stream, row.customer, REJECTED, faults)
        self.rows.append(fate)
        if row.is_deleted and row.stream != WEBSHOP:
            fate.fate, fate.faults = DELETED, []
            return
        if faults:
            return
        self.statuses.update(status for _, status, _ in wanted)
        if row.is_deleted and not wanted:  # each subscription of the mapping, without an address
            self.statuses["unsubscribed"] += len(SUBSCRIPTIONS)
        fate.faults = _refused(row, update, wanted)
        if fate.faults:
            return
        fate.fate = SENT
        profile = self.profiles[row.customer]
        profile |= update
        for key, status, cats in wanted:
            _subscribe(profile, key, status, cats)
            place = (row.customer, key[0], _identity(key))
            (self.said_no.add if status in OPT_OUTS else self.said_no.discard)(place)


def seed_of(customer: int) -> dict[str, Any]:
    """A profile as the service has it before: some know more of their customer."""
    profile: dict[str, Any] = {"crm_id": customer}
    if customer % 3 == 0:
        profile |= {"_city": "Old Town", "score": 1, "_fname": "Old", "points": 9, "plan": "pro"}
    if customer % 4 == 0:
        profile["subscriptions"] = [
            _stored(("email", NEWSLETTERS, f"kunde.{customer}@example.org"))
        ]
    return profile


def _meant(row: Row) -> tuple[dict[str, Any], list[tuple[Key, str, Any]], list[Any]]:
    """The fields and the subscriptions that a row is to become, and its faults."""
    update: dict[str, Any] = {}
    asked = [KEY] if row.is_deleted else [KEY, *FIELDS]
    for column in asked:
        meant = row.means[column.name]
        for to, value in zip(
            column.to, meant if isinstance(meant, tuple) else [meant], strict=True
        ):
            if value is not NOTHING:
                update[to] = value
    mail = row.means[MAIL.name]
    if not row.is_deleted:
        phones = [row.means[each.name] for each in PHONES]
        are_whole = {each["field"] for each in row.changes}.isdisjoint(each.name for each in PHONES)
        phones = [each for each in phones if each is not NOTHING]
        if phones and are_whole:  # else some of what is stored might go
            update["phones"] = phones
        if mail is not NOTHING:
            update["email"] = mail.lower()
    wanted, also = _subscriptions(row)
    faults = row.faults((*asked, *also))
    others = [each for each in faults if each[0] != "xml"]
    return update, wanted, others or [(step, IN_PROFILE[name], rule) for step, name, rule in faults]


def _subscriptions(row: Row) -> tuple[list[tuple[Key, str, Any]], list[Any]]:
    """Those that are sent, and the columns that are looked at for them."""
    wanted, looked_at = [], []
    for channel, resource, address, status, cats in SUBSCRIPTIONS:
        to = row.means[address.name]
        if to is NOTHING:
            continue
        key = (channel, resource, to)
        if row.is_deleted:
            wanted.append((key, "unsubscribed", NOTHING))
            continue
        word = row.means[status.name]
        looked_at.append(status)
        if word is NOTHING or (channel == "whatsapp" and word not in OPT_OUTS):
            continue
        looked_at += [cats] if cats else []
        wanted.append((key, word, row.means[cats.name] if cats else NOTHING))
    return wanted, looked_at


def _refused(row: Row, update: dict[str, Any], wanted: list[Any]) -> list[Any]:
    """Why the service does not take it."""
    if not row.is_known:
        return [("service", "crm_id", "404")]
    if row.is_deleted and not wanted:  # then the subscriptions have no address
        return [("service", "email", "400")]
    mails = [update.get("email"), *(key[2] for key, _, _ in wanted if key[0] == "email")]
    if any(each in BROKEN_MAILS for each in mails):
        return [("service", "email", "400")]
    return []


def _subscribe(profile: dict[str, Any], key: Key, status: str, cats: Any) -> None:
    """Into a profile as the service holds it."""
    held = profile.setdefault("subscriptions", [])
    same = (*key[:2], _identity(key))
    old = next((it for it in held if (*_key(it)[:2], _identity(_key(it))) == same), None)
    if old is None:
        held.append(old := _stored(key))
    old |= {name: value for name, value in _stored(key).items() if name != "cats"}
    old["status"] = STATUSES.index(status)
    if cats is not NOTHING:
        old["cats"] = cats


def _stored(key: Key) -> dict[str, Any]:
    """A subscription as the service shows it."""
    channel, resource, address = key
    where: dict[str, Any] = {
        "email": {"email_data": {"email": address}},
        "sms": {"phone": address},
        "whatsapp": {"cc_data": {"phone": address}},
    }[channel]
    made = {"channel": channel, "resource_id": resource, **where, "status": 0, "priority": 0}
    return {**made, "custom_fields": {}, "cats": []}


def _key(stored: dict[str, Any]) -> Key:
    where = stored.get("email_data") or stored.get("cc_data") or stored
    return stored["channel"], stored["resource_id"], where.get("email") or where["phone"]


def _identity(key: Key) -> str:
    """Mails are one without case, phones by their digits."""
    return key[2].lower() if key[0] == "email" else key[2].lstrip("+")
