"""What a JSON schema has against an instance, in jsonschema's errors, for so much work at most:
some rules take Python for ever, others build an error for each member. Who decides needs neither;
where it would take too long, less is said.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ..violations import validator

MOST_ERRORS = 100  # of one instance that are looked at
MOST_STEPS = 10_000  # keywords that are held against a value: a tenth of a second
# of what is looked at: a member counts one, and so do some characters of text, as each error quotes
# its instance
MOST_WEIGHT, CHARACTERS = 10_000, 8
LEFT_TO_THE_DECIDER = {  # Python's patterns may take for ever
    "pattern": None,
    "patternProperties": None,
    "unevaluatedProperties": None,
}


class _EnoughError(Exception):
    """No more work is to be done."""


class Explainer:
    """One JSON schema for jsonschema. `gave_up`: there was more work than may be done."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile it, in a tenth of a second: most syncs have no use for it."""
        from jsonschema.validators import extend  # noqa: PLC0415 - see above

        drafted = type(validator(schema))
        self._left = 0
        rules = {**drafted.VALIDATORS, **_BOUNDED, **LEFT_TO_THE_DECIDER}
        counted = {name: rule and self._counted(rule) for name, rule in rules.items()}
        self._validator = extend(drafted, counted)(schema)  # type: ignore[no-untyped-call]

    def errors(self, instance: Any) -> Iterator[Any]:
        """Errors, as many as the work that may be done finds."""
        self._left = MOST_STEPS
        try:
            for _, error in zip(
                range(MOST_ERRORS), self._validator.iter_errors(instance), strict=False
            ):
                yield error
        except Exception:  # enough, or whatever else explaining meets: it costs no sync
            return

    @property
    def gave_up(self) -> bool:
        """Whether the last errors are not all of them."""
        return self._left < 0

    def _counted(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        def held(*args: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise _EnoughError
            return rule(*args)

        return held


def _unique(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[Any]:
    """The library compares each member with each other."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see above

    if wanted is True and isinstance(instance, list):
        encoded = {msgspec.json.encode(each, order="sorted") for each in instance}
        if len(encoded) < len(instance):
            yield ValidationError("")


def _additional(checker: Any, wanted: Any, instance: Any, schema: Any) -> Any:
    """The library looks for the patterns beside it."""
    if "patternProperties" in schema:
        return ()
    from jsonschema import Draft7Validator  # noqa: PLC0415 - see above

    return Draft7Validator.VALIDATORS["additionalProperties"](checker, wanted, instance, schema)


_BOUNDED = {"uniqueItems": _unique, "additionalProperties": _additional}


def is_heavy(value: Any) -> bool:
    """Whether explaining a value would take too long."""
    weight, pending = 0, [value]
    while pending and weight <= MOST_WEIGHT:
        each = pending.pop()
        weight += 1
        if isinstance(each, str):
            weight += len(each) // CHARACTERS
        elif isinstance(each, list):
            pending += each[:MOST_WEIGHT]
        elif isinstance(each, dict):
            pending += [*each, *each.values()][: 2 * MOST_WEIGHT]
    return weight > MOST_WEIGHT
