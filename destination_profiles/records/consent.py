"""Whether the schema of a stream lets a column be what the mapping takes it for: a status."""

import re
from collections.abc import Sequence

from ..catalog import StreamInfo
from ..config import SubscriptionConfig
from ..errors import ConfigError
from ..service.manifest import Service
from ..statuses import STATUS, numbers_in_words
from .paths import Declared

NO_WORDS = frozenset({"integer", "number", "boolean"})
OF_OPT_OUTS = re.compile("unsub|opt_?out|bounc|block|suspend|complain|spam|invalid|do_?not|stop")


def check_statuses(
    info: StreamInfo, subscriptions: Sequence[SubscriptionConfig], declared: Service
) -> None:
    """Raise ConfigError for a column that holds no word of a status by the stream's schema, where
    nothing says what its values mean.
    """
    columns = Declared(info.schema)
    for each in subscriptions:
        source = next((part.source for part in each.parts if part.to == STATUS), None)
        if source is None or each.status.values:
            continue
        place = columns.parted(source)
        kinds = columns.kinds(*place) if place else None
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
