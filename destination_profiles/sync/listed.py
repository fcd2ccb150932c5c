"""Whether the configuration and the catalog mean the same streams."""

from collections.abc import Sequence

from ..catalog import StreamInfo
from ..config import Config
from ..errors import ConfigError
from ..stream_key import label

MAX_NAMED = 10  # streams in one sentence


def check_listed(config: Config, streams: Sequence[StreamInfo]) -> list[str]:
    """The entries that no stream of the catalog has. Raises ConfigError where a stream would be
    sent without the mapping that is meant for it: its name is another one, or its namespace. A
    stream of data activation is mapped already.
    """
    keys = {(info.namespace, info.name) for info in streams}
    names = {name for _, name in keys}
    for each in config.streams:
        if each.name in names and each.namespace and (each.namespace, each.name) not in keys:
            raise ConfigError(
                f"The stream {each.name} is configured for the namespace "
                f"{each.namespace}, where the catalog does not have it. "
                "Correct the namespace, or leave it out.",
                stream=each.name,
            )
    unlisted = [
        info
        for info in streams
        if info.object_name is None and config.entry(info.name, info.namespace) is None
    ]
    if unlisted and config.streams and config.unlisted_streams == "refuse":
        raise _unlisted(config, unlisted)
    return [each.name for each in config.streams if each.name not in names]


def _unlisted(config: Config, unlisted: Sequence[StreamInfo]) -> ConfigError:
    configured = [label((each.namespace, each.name)) for each in config.streams]
    return ConfigError(
        f"The catalog has {_listed([info.label() for info in unlisted])}, for which the setting "
        f"streams has no entry; it has {_listed(configured)}. Nothing is "
        "sent that the mapping does not name: correct the name or the namespace (a prefix of the "
        "connection is part of the name), or add an entry, which sends a stream as it comes where "
        "it has no fields. To send all such streams as they come, set unlisted_streams to send.",
        stream=unlisted[0].name,
    )


def _listed(names: Sequence[str]) -> str:
    beyond = len(names) - MAX_NAMED
    shown = ", ".join(names[:MAX_NAMED])
    return f"{shown} and {beyond:,} more" if beyond > 0 else shown
