"""Answers that fit nothing."""

import pytest

from destination_profiles.api.client import ServiceField
from destination_profiles.service.manifest import service
from destination_profiles.suggestion.fields import fields_of
from destination_profiles.suggestion.mapping import Source, suggest
from destination_profiles.suggestion.questions import KEY, REGION, RESOURCE, STATUS
from destination_profiles.suggestion.samples import Sampled
from destination_profiles.suggestion.unfit import There, unfit

FIELDS = fields_of(service(), [ServiceField("crm_id", "int"), ServiceField("card", "string")])
ROW = {"kdnr": 1, "email": "a@example.org", "newsletter": 1, "weight": 2, "push_ok": 1}
ALL = "kdnr, email, newsletter, weight, push_ok"
RESOURCES = {"email": ["28 (News)", "3"]}
Told = tuple[tuple[str, str], str]


def faults(
    *told: Told,
    given: dict[str, str] | None = None,
    resources: dict[str, list[str]] | None = RESOURCES,
    row: dict[str, object] = ROW,
) -> list[str]:
    stream = suggest(
        Source("users", None, Sampled([row], {"properties": {name: {} for name in row}})),
        FIELDS,
        given=given,
        answers=dict(told),
        known=lambda *_: None,
        resources={},
    )
    found = unfit(told, There([stream], FIELDS, given, resources))
    return [each.removeprefix("argument --") for each in found]


def test_answers_that_fit_are_no_faults() -> None:
    told = [
        ((KEY, ""), "crm_id=kdnr"),
        ((REGION, ""), "DE"),
        ((RESOURCE, "email"), "28"),
        ((STATUS, "newsletter:1"), "subscribed"),
        ((STATUS, "newsletter:0"), "unsubscribed"),
    ]
    assert faults(*told, *told) == []


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            ((KEY, ""), "crm=kdnr"),
            "key: no field crm finds profiles. There are crm_id, card, email, phones",
        ),
        (((KEY, ""), "crm_id=kdnrr"), f"key: there is no column kdnrr. There are {ALL}"),
        (((KEY, ""), "crm_id="), f"key: there is no column . There are {ALL}"),
        (((KEY, ""), "card"), f"key: no column fits card. There are {ALL}"),
        (
            ((STATUS, "newsleter:1"), "subscribed"),
            f"status: there is no column newsleter. There are {ALL}",
        ),
        (
            ((STATUS, "push_ok:1"), "subscribed"),
            "status: no column has addresses for that which push_ok tells of",
        ),
        (
            ((RESOURCE, "fax"), "3"),
            f"resource: there is no channel fax. There are {', '.join(service().channels)}",
        ),
        (
            ((RESOURCE, "viber"), "3"),
            "resource: no column tells of viber. Columns tell of email",
        ),
        (
            ((RESOURCE, "email"), "2"),
            "resource: email has no such resource. There are 28 (News), 3",
        ),
    ],
)
def test_answer_that_fits_nothing_is_told(told: Told, sentence: str) -> None:
    assert faults(told) == [sentence]


def test_resource_is_not_looked_for_among_some() -> None:
    assert faults(((RESOURCE, "email"), "2"), resources=None) == []


def test_key_that_is_settled_is_not_answered_otherwise() -> None:
    given = {"mode": "custom", "field_name": "crm_id"}
    assert faults(((KEY, ""), "crm_id=kdnr"), given=given) == []
    assert faults(((KEY, ""), "card=kdnr"), given=given) == [
        "key: matching in --config has another key than card"
    ]


def test_answers_that_contradict_are_told_once() -> None:
    found = faults(
        ((STATUS, "newsletter:1"), "subscribed"),
        ((STATUS, "newsletter:1"), "unsubscribed"),
        ((STATUS, "newsletter:1"), "subscribed"),
        ((RESOURCE, "email"), "28"),
        ((RESOURCE, "email"), "3"),
        ((REGION, ""), "DE"),
        ((REGION, ""), "AT"),
    )
    assert found == [
        f"{about}: there are two answers, which contradict"
        for about in ("status newsletter", "resource email", "region")
    ]


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(((KEY, ""), "crm=kdnrr"), ((RESOURCE, "fax"), "3"))) == 3


def test_column_without_a_name_is_a_column_where_it_is_one() -> None:
    assert faults(((KEY, ""), "crm_id="), row={"": 1}) == []
