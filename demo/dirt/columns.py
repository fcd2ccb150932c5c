"""The columns of the table."""

import json
from datetime import date
from typing import Any

from .clean import (
    FIRST,
    NAMES_OF_COUNTRIES,
    ODD_NAMES,
    a_day,
    a_landline,
    a_mobile,
    a_moment,
    an_address,
    as_object,
    by_the_clocks,
    germanly,
    local,
    midnight,
    padded,
    some_tags,
    with_number,
    without_city,
    zulu,
)
from .spelling import (
    ABSENT,
    NOTHING,
    NUMBER,
    TEXT,
    XML_EMPTY,
    Column,
    Fault,
    empty,
    fixed,
    itself,
    spellings,
    wrote,
)


def _names(to: str, *, wrong: float, empties: Any) -> Column:
    return Column(
        "first_name" if to == "_fname" else "last_name",
        TEXT,
        lambda rng, _: rng.choice(FIRST),
        spellings(
            wrote(90),
            *(fixed(0.8, each, means=each) for each in ODD_NAMES),
            fixed(3, None, ABSENT),
            empties,
            fixed(wrong, 7, True, ["Ann"], means=Fault("schema", "type")),
        ),
        (to,),
    )


KEY = Column(
    "customer_no",
    NUMBER,
    lambda _, customer: customer,
    spellings(
        wrote(50),
        wrote(25, float),
        wrote(8, str),
        wrote(8, lambda number: f" {number}.0 "),
        fixed(0.12, None, "", "  ", ABSENT, means=Fault("profile", "required")),
        fixed(0.06, "K-77", 77.5, [77], means=Fault("conversion", "int")),
    ),
    ("crm_id",),
)

FIELDS = (
    _names("_fname", wrong=0.06, empties=fixed(3, "", means="")),
    _names("_lname", wrong=0, empties=fixed(3, "", "  ", means="")),
    Column(
        "born",
        TEXT,
        a_day,
        spellings(
            wrote(50, date.isoformat, date.isoformat),
            wrote(20, lambda day: day.strftime("%d.%m.%Y"), date.isoformat),
            wrote(10, lambda day: f"{day}T00:00:00", date.isoformat),
            wrote(5, lambda day: f"{day} 00:00:00.000000", date.isoformat),
            fixed(5, "0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z"),
            empty(),
            fixed(2, "unbekannt", "31.02.1984", "1984", "05/27/84", 1984),
        ),
        ("_bdate",),
    ),
    Column(
        "registered_at",
        TEXT,
        a_moment,
        spellings(
            wrote(30, zulu, zulu),
            wrote(20, local, local),
            wrote(20, by_the_clocks("%Y-%m-%d %H:%M:%S"), local),
            wrote(5, by_the_clocks("%Y-%m-%d %H:%M:%S.000000"), local),
            wrote(5, by_the_clocks("%d.%m.%Y %H:%M:%S"), local),
            wrote(5, by_the_clocks("%Y-%m-%d"), midnight),
            wrote(4, lambda moment: zulu(moment).replace("T", " ").replace("Z", "+00"), zulu),
            fixed(4, "0000-00-00 00:00:00", "0000-00-00T00:00:00"),
            empty(),
            fixed(0.06, "gestern", "13 Uhr", "2020", means=Fault("conversion", "datetime")),
        ),
        ("_regdate",),
    ),
    Column(
        "last_login",
        NUMBER,
        a_moment,
        spellings(
            wrote(50, lambda moment: int(moment.timestamp()), local),
            wrote(20, lambda moment: moment.timestamp(), local),
            wrote(20, lambda moment: int(moment.timestamp()) * 1000, local),
            empty(),
            fixed(0.06, True, {"at": None}, 20_240_101, means=Fault("conversion", "datetime")),
        ),
        ("last_seen",),
    ),
    Column(
        "revenue",
        TEXT,
        lambda rng, _: rng.randrange(100, 10_000_000) / 100,
        spellings(
            wrote(30),
            wrote(30, germanly),
            wrote(10, lambda number: f"{number:.2f}".replace(".", ",")),
            wrote(5, lambda number: germanly(number).replace(".", "\u00a0")),
            wrote(5, lambda number: f" {int(number)} ", int),
            empty(),
            fixed(0.12, "n/a", "12 EUR", "1,2,3", {"sum": 1}, means=Fault("conversion", "float")),
        ),
        ("score",),
    ),
    Column(
        "orders",
        NUMBER,
        lambda rng, _: rng.randrange(500),
        spellings(
            wrote(40),
            wrote(25, float),
            wrote(10, str),
            wrote(5, lambda number: f"{number}.0"),
            empty(),
            fixed(0.12, "viele", 1.5, "3x", [3], means=Fault("conversion", "int")),
        ),
        ("points",),
    ),
    Column(
        "country",
        TEXT,
        lambda rng, _: rng.choice(list(NAMES_OF_COUNTRIES)),
        spellings(
            wrote(40),
            *(wrote(10, lambda code, at=at: NAMES_OF_COUNTRIES[code][at]) for at in range(4)),
            wrote(5, lambda code: f" {NAMES_OF_COUNTRIES[code][0].upper()} "),
            empty(),
            fixed(2, "Absurdistan", "??", 49),
        ),
        ("_country",),
    ),
    Column(
        "plan",
        TEXT,
        lambda rng, _: rng.choice(("basic", "pro")),
        spellings(
            wrote(40, {"basic": "Free", "pro": "Gold"}.get),
            wrote(10, {"basic": "starter", "pro": " PREMIUM"}.get),
            fixed(8, None, "", " ", means="basic"),
            fixed(2, ABSENT),
        ),
        ("plan",),
    ),
    Column(
        "vip",
        {"type": ["null", "boolean"]},
        lambda rng, _: rng.choice((True, False, False)),
        spellings(
            wrote(40),
            wrote(10, int),
            wrote(10, float),
            wrote(10, {True: "t", False: "f"}.get),
            wrote(10, {True: "Yes ", False: "NO"}.get),
            empty(),
        ),
        ("vip",),
    ),
    Column(
        "tags",
        TEXT,
        some_tags,
        spellings(
            wrote(20),
            wrote(20, json.dumps),
            wrote(20, ", ".join),
            wrote(10, lambda tags: [None, *tags, "", tags[0]]),
            wrote(5, lambda tags: f" {json.dumps([*tags, None])}"),
            fixed(2, [], [None], "[]", means=[], xml=XML_EMPTY),
            fixed(3, "null"),
            empty(),
        ),
        ("tags",),
    ),
    Column(
        "legacy_ref",
        {"type": ["null", "string", "number"]},
        lambda rng, _: rng.randrange(1, 100_000),
        spellings(
            wrote(40, float, str),
            wrote(10, itself, str),
            wrote(10, lambda number: f"A-{number}", lambda number: f"A-{number}"),
            wrote(10, lambda number: number + 0.25, lambda number: f"{number}.25"),
            fixed(5, 1e16, means="10000000000000000"),
            fixed(2, "", means=""),
            fixed(5, None, ABSENT),
        ),
        ("source",),
    ),
    Column(
        "address",
        {"type": ["null", "object", "string"]},
        an_address,
        spellings(
            wrote(40, as_object()),
            wrote(20, as_object(json.dumps)),
            wrote(5, as_object(padded)),
            wrote(10, as_object(with_number)),
            wrote(5, as_object(without_city), lambda address: (NOTHING, address[1])),
            fixed(6, None, "", "null", ABSENT, {}, "{}", "Hauptstr. 1", means=(NOTHING, NOTHING)),
        ),
        ("_city", "_postal_code"),
    ),
)

PHONES = tuple(
    Column(
        name,
        TEXT,
        clean,
        spellings(
            wrote(40),
            wrote(15, lambda phone, at=at: f"0{phone[3:at]} {phone[at:]}"),
            wrote(5, lambda phone, at=at: f"0{phone[3:at]}/{phone[at:]}"),
            wrote(
                5, lambda phone, at=at: f"(0{phone[3:at]}) {phone[at : at + 3]}-{phone[at + 3 :]}"
            ),
            wrote(5, lambda phone: f"0049{phone[3:]}"),
            wrote(5, lambda phone: float(phone[3:])),
            fixed(2, "call me", "n/a", "-", "12"),
            empty(10),
        ),
    )
    for name, clean, at in (("mobile", a_mobile, 6), ("landline", a_landline, 5))
)
