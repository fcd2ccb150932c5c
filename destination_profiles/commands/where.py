"""`where`: what became of a customer's records, and what the service has of the customer."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from ..api.client import ProfilesClient
from ..config import Config, parse_config
from ..errors import ConfigError, ProfilesError
from ..outcomes.history import Event, history, is_called
from ..outcomes.reading import Profile, profiles, since
from ..service.answers import Answers
from ..service.manifest import service
from ..service.matching import Target
from ..storage.folder import Folder
from ..storage.opening import existing_folder
from ..stream_key import label
from .invocation import STDOUT, Invocation
from .printing import printing
from .where_words import sentences
from .whereabouts import Found, Whereabouts

NOTHING_KNOWN = (
    "Nothing is known about this key: it is in no outcome and in no rejected record that is kept, "
    "and the service, if it could be asked, has no such profile."
)


def run(invocation: Invocation) -> None:
    """Print it on stdout. Raises ConfigError where nothing is known."""
    arguments = invocation.arguments
    config = parse_config(invocation.config)
    told = whereabouts(config, _key(arguments.key), arguments.stream)
    with printing(STDOUT) as out:
        if arguments.json:
            out.write(json.dumps(asdict(told), ensure_ascii=False) + "\n")
        else:
            out.writelines(f"{each}\n" for each in sentences(told))
    if told.is_empty():
        raise ConfigError(NOTHING_KNOWN)


def whereabouts(config: Config, key: Mapping[str, str], stream: str | None) -> Whereabouts:
    """What is known of the customer with a key. Raises ProfilesError where the configuration finds
    no profile by it, or the object storage cannot be read.
    """
    targets = _targets(config, key, stream)
    wanted = [
        each
        for target in targets
        for each in profiles(target, target.matching.identify(service())(_whole(target, key)))
    ]
    folder = existing_folder(config.storage)
    told = _kept(folder, config, wanted, stream)
    client = ProfilesClient(config, service(), Answers(service(), config.field_names()))
    return Whereabouts(
        folder is not None,
        config.outcomes is not None,
        *told,
        [_asked(client, target, key) for target in targets],
    )


def _kept(
    folder: Folder | None, config: Config, wanted: list[Profile], stream: str | None
) -> tuple[str | None, list[Event]]:
    """What the object storage tells; it is held for the time, so that no resend changes it."""
    if folder is None:
        return None, []
    lock = folder.lock(alone=False)
    try:
        return since(folder), history(folder, config, wanted, stream)
    finally:
        lock.release()


def _asked(client: ProfilesClient, target: Target, key: Mapping[str, str]) -> Found:
    db_id, by = target.db_id, target.matching.in_words()
    try:
        return Found(db_id, by, client.profile(target, key))
    except ProfilesError as error:
        return Found(db_id, by, problem=error.message)


def _key(pairs: list[tuple[str, str]]) -> dict[str, str]:
    key = dict(pairs)
    if len(key) < len(pairs):
        raise ConfigError("The same field appears twice in --key.")
    try:
        "".join(key.values()).encode()
    except UnicodeError:
        raise ConfigError("The value of --key is not valid Unicode.") from None
    return key


def _targets(config: Config, key: Mapping[str, str], stream: str | None) -> list[Target]:
    """Where a profile with a key may be, each place once. Raises ConfigError where there is
    none.
    """
    targets = [each for each in _of_stream(config, stream) if each.matching.named_by(key)]
    if not targets:
        known = dict.fromkeys(each.matching.in_words() for each in _of_stream(config, stream))
        raise ConfigError(
            f"No profile is found by {' and '.join(key)}. By the configuration, profiles are found "
            f"by {' or '.join(known)}: name that in --key."
        )
    places = {(each.db_id, each.matching.in_words()): each for each in reversed(targets)}
    return list(places.values())[::-1]


def _of_stream(config: Config, stream: str | None) -> Iterator[Target]:
    """The targets of the entries of a stream, or of all; that of the connection is for others."""
    named = [
        each
        for each in config.streams
        if is_called(label((each.namespace, each.name)), stream)
        or (each.namespace is None and is_called(str(stream), each.name))
    ]
    yield from (each.target or config.target for each in named)
    if stream is None or not named:
        yield config.target


def _whole(target: Target, key: Mapping[str, str]) -> dict[str, str | None]:
    return {name: key.get(name) for name in target.matching.fields()}
