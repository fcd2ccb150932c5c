"""What a sync refuses by its settings alone, whatever the catalog and the rows are."""

from collections.abc import Iterator

from ..config import Config, StreamConfig
from ..errors import ConfigError
from ..service.formats import Envelope, envelope, format_named
from ..service.matching import Target

EMPTY = b"{}"  # the smallest profile


def enveloped(config: Config, target: Target) -> tuple[Envelope, int]:
    """What stands around the profiles of a target in a request, and the room for them in bytes.
    Raises ConfigError where its format cannot carry it, or it leaves no room.
    """
    wire = format_named(config.wire_format)
    around = envelope(target, config.token.reveal(), config.options, wire)
    room = config.max_bytes - around.size()
    if room < len(EMPTY):
        raise ConfigError(
            "The setting batching.max_bytes leaves no room for a profile beside the token and "
            "the matching. Raise it."
        )
    return around, room


def require_subscriptions(stream: StreamConfig) -> None:
    """Raise ConfigError where the mapping makes no subscriptions that deleted rows could end."""
    if not stream.subscriptions:
        raise ConfigError(
            f"For the stream {stream.name} on_delete is unsubscribe, but its mapping makes no "
            "subscriptions. Add them, or choose skip, reject or send.",
            stream=stream.name,
        )


def refused_settings(config: Config) -> Iterator[ConfigError]:
    """All of them."""
    for target in config.targets():
        try:
            enveloped(config, target)
        except ConfigError as error:
            yield error
    for stream in _without_subscriptions(config):
        if _is_meant_for(stream, config):
            try:
                require_subscriptions(stream)
            except ConfigError as error:
                yield error


def refused_with_deletions(config: Config) -> list[str]:
    """The names of streams that are refused only where their source tells of deleted rows: that
    these end subscriptions is said of all streams, and is right for others.
    """
    return [
        stream.name
        for stream in _without_subscriptions(config)
        if not _is_meant_for(stream, config)
    ]


def _without_subscriptions(config: Config) -> Iterator[StreamConfig]:
    """Those whose deleted rows are to end some. One without `fields` is none of them: a form of
    data activation may map its subscriptions.
    """
    for stream in config.streams:
        on_delete = stream.on_delete or config.on_delete
        if on_delete == "unsubscribe" and stream.fields and not stream.subscriptions:
            yield stream


def _is_meant_for(stream: StreamConfig, config: Config) -> bool:
    return stream.on_delete is not None or not any(each.subscriptions for each in config.streams)
