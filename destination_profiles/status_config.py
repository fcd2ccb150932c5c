"""How the status of a subscription is told, as the user configured it."""

from collections.abc import Mapping
from typing import Any

from .cells import OTHERWISE, folded
from .service.manifest import Service
from .statuses import KEEPS, StatusRule


class Guess(Exception):
    """Consent would be a guess, or the settings contradict each other: the end of a sentence."""


def status_rule(
    raw: Mapping[str, Any], service: Service, *, varies: bool, constant: Any
) -> StatusRule:
    """The rule of one subscription, whose status `varies` with a column or is a `constant`. Raises
    Guess.
    """
    rule = StatusRule(
        tuple((each["from"], each["to"]) for each in raw.get("status_values") or ()),
        bool(raw.get("status_codes")),
        raw.get("status_if_null") == "keep",
        bool(raw.get("only_opt_out")),
    )
    _check_values(rule, varies=varies)
    if rule.only_opt_out and rule.keeps_null:
        raise Guess(
            "has only_opt_out, with which none is sent without a status, and status_if_null: keep"
        )
    if not varies and constant in (None, KEEPS):
        if not rule.keeps_null:
            raise Guess(
                "has no status, and the service may subscribe who is sent without one: set status "
                "or status_from, or status_if_null: keep if that is meant"
            )
    elif not varies and rule.only_opt_out and not _is_opt_out(constant, service):
        raise Guess("has only_opt_out and a status that is not an opt-out")
    return rule


def _check_values(rule: StatusRule, *, varies: bool) -> None:
    texts = [OTHERWISE if text == OTHERWISE else folded(text) for text, _ in rule.values]
    if (rule.values or rule.codes) and not varies:
        raise Guess("has status_values or status_codes without status_from")
    if rule.values and rule.codes:
        raise Guess("has both status_values and status_codes")
    if len(set(texts)) < len(texts):
        raise Guess("has status_values that name a value twice")


def _is_opt_out(status: Any, service: Service) -> bool:
    words = service.opt_outs
    return status in words or status in {service.statuses[word] for word in words}
