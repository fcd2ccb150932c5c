"""Whether the schema of a stream lets a column be what the mapping takes it for: a status."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..catalog import StreamInfo
from ..config import SubscriptionConfig
from ..errors import ConfigError
from ..service.manifest import Service
from ..statuses import STATUS, numbers_in_words

NO_WORDS = frozenset({"integer", "number", "boolean"})
OF_OPT_OUTS = re.compile("unsub|opt_?out|bounc|block|suspend|complain|spam|invalid|do_?not|stop")


def check_statuses(
    info: StreamInfo, subscriptions: Sequence[SubscriptionConfig], declared: Service
) -> None:
    """Raise ConfigError for a column that holds no word of a status by the stream's schema, where
    nothing says what its values mean.
    """
    for each in subscriptions:
        source = next((part.source for part in each.parts if part.to == STATUS), None)
        if source is None or each.status.values:
            continue
        kinds = _kinds(info.schema, source)
        if kinds and (kinds <= {"boolean"} if each.status.codes else kinds <= NO_WORDS):
            trap = numbers_in_words(declared.statuses)
            raise ConfigError(
                f"The column {source} of the stream {info.label()} is "
                f"{' or '.join(sorted(kinds))} by its schema, and what that says of consent is not "
                f"guessed: to the service {trap}. Say what its values mean, such as "
                f"{_example(source, kinds)}; or set status_codes: true if they are the numbers of "
                "the service.",
                stream=info.name,
            )


def _example(source: str, kinds: frozenset[str]) -> str:
    """An entry for a column, which more likely means an opt-out where its name says so."""
    yes, no = ("true", "false") if "boolean" in kinds else ("1", "0")
    words = ("subscribed", "unsubscribed")
    first, second = reversed(words) if OF_OPT_OUTS.search(source.lower()) else words
    return (
        f"{{status_from: {source}, status_values: "
        f'[{{from: "{yes}", to: {first}}}, {{from: "{no}", to: {second}}}]}}'
    )


def _kinds(schema: Any, source: str) -> frozenset[str]:
    """The types of a column, or of a member of one, but for null; none where they are not known."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return frozenset()
    if source in properties:
        return _types(properties[source])
    name, _, rest = source.partition(".")
    return _kinds(properties.get(name), rest) if rest else frozenset()


def _types(node: Any) -> frozenset[str]:
    if not isinstance(node, Mapping):
        return frozenset()
    for keyword in ("anyOf", "oneOf"):
        if isinstance(node.get(keyword), list):
            found = [_types(each) for each in node[keyword]]
            known = [each for each in found if each]
            only_null = [each for each in node[keyword] if _is_null(each)]
            is_open = len(known) + len(only_null) < len(found)
            return frozenset() if is_open else frozenset().union(*known)
    kinds = node.get("type")
    if not isinstance(kinds, str | list):
        return frozenset()
    return frozenset({kinds} if isinstance(kinds, str) else map(str, kinds)) - {"null"}


def _is_null(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") in ("null", ["null"])
