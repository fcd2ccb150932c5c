"""`init`: a configuration to begin with, of what a source has, what the service asks for and what a
person answers.
"""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from ..api.client import ProfilesClient
from ..config import parse_config
from ..errors import ConfigError, ProfilesError
from ..protocol.decoder import Decoder, Records
from ..protocol.messages import printable
from ..protocol.pipes import LineReader
from ..service.answers import Answers as ServiceAnswers
from ..service.manifest import service
from ..service.matching import Target
from ..stream_config import parse_matching
from ..stream_key import StreamKey
from ..suggestion.fields import Field, fields_of
from ..suggestion.mapping import Source, StreamSuggestion, suggest
from ..suggestion.questions import TOPICS, Answers
from ..suggestion.samples import MAX_ROWS, Row, Sampled
from ..suggestion.settings_file import settings_file
from ..suggestion.unfit import There, unfit
from .arguments import parser
from .asking import REQUIRED, answered, ask_for
from .catalog_file import Stream, configured, discovered
from .discover import live_fields
from .files import read_object
from .init_page import show
from .invocation import STDERR, STDIN, STDOUT, Invocation
from .new_files import check_new, write_json, write_private
from .printing import printing
from .variables import from_environment

MANY = 50  # names of streams that are told
MAX_RESOURCES = 20  # that are asked for their channels


def run(invocation: Invocation) -> None:
    """Write the files. Raises ProfilesError where the service cannot be asked, or a file is there
    already; SystemExit where answers by options fit nothing.
    """
    arguments = invocation.arguments
    for path in (arguments.output, arguments.write_catalog):
        check_new(path, force=arguments.force)
    streams = _wanted(discovered(arguments.catalog), arguments.stream)
    asks = not arguments.answers and os.isatty(STDIN) and os.isatty(STDERR)
    given = _given(arguments.config, asks=asks)
    client, db_id = _client(given)
    service_fields = fields_of(service(), live_fields(client, db_id) or ())
    draft = _Draft(given, _sources(streams, arguments.messages), service_fields, client)
    answers = draft.settled(dict(arguments.answers or ()), asks=asks)
    if faults := draft.unfit(arguments.answers or (), answers):
        parser().of("init").error(".\n".join(map(printable, faults)))
    text = draft.text(answers)
    if arguments.write_catalog:
        write_json(arguments.write_catalog, configured(streams))
    if arguments.output is None:
        with printing(STDOUT) as out:
            out.write(text)
        return
    write_private(arguments.output, text)
    with printing(STDOUT) as out:
        show(draft.suggested(answers), arguments.output, arguments.write_catalog, out)


def _wanted(streams: list[Stream], names: Sequence[str] | None) -> list[Stream]:
    """The streams of some names, or all. Raises ConfigError for a name that none has."""
    there = [each["name"] for each in streams]
    if missing := [name for name in names or () if name not in there]:
        raise ConfigError(
            f"The catalog has no stream {', '.join(missing)}. It has: {', '.join(there[:MANY])}."
        )
    return [each for each in streams if not names or each["name"] in names]


class _Draft:
    """A configuration that questions and answers make whole."""

    def __init__(
        self,
        given: Mapping[str, Any],
        sources: Sequence[Source],
        fields: Sequence[Field],
        client: ProfilesClient,
    ) -> None:
        """Of settings that are given, and streams whose entries are not among them."""
        named = {each.get("name") for each in given.get("streams") or () if isinstance(each, dict)}
        self._given, self._fields, self._client = given, fields, client
        self._sources = [each for each in sources if each.name not in named]
        self._asked: dict[tuple[str, Sequence[Any]], int | None] = {}
        self._suggested: tuple[Answers, list[StreamSuggestion]] | None = None
        self._resources, self._are_all = _resources(client)

    def suggested(self, answers: Answers) -> list[StreamSuggestion]:
        """For each stream; made once for the same answers, as all rows are looked at for it."""
        if self._suggested is None or self._suggested[0] != answers:
            self._suggested = dict(answers), self._suggest(answers)
        return self._suggested[1]

    def _suggest(self, answers: Answers) -> list[StreamSuggestion]:
        return [
            suggest(
                each,
                self._fields,
                given=self._given.get("matching"),
                answers=answers,
                known=self._known,
                resources=self._resources,
            )
            for each in self._sources
        ]

    def settled(self, answers: dict[tuple[str, str], str], *, asks: bool) -> Answers:
        """All answers, once nothing more is to be asked: one may lead to another question."""
        seen: set[tuple[str, str]] = set(answers)
        while asks:
            questions = {
                each.place: each
                for stream in self.suggested(answers)
                for each in stream.questions
                if each.place not in seen
            }
            if not questions:
                break
            seen |= set(questions)
            in_turn = sorted(questions.values(), key=lambda each: TOPICS.index(each.topic))
            answers |= answered(in_turn)
        return answers

    def unfit(self, told: Sequence[tuple[tuple[str, str], str]], answers: Answers) -> list[str]:
        """What is wrong with answers that options gave, among all."""
        resources = self._resources if self._are_all else None
        given = self._given.get("matching")
        return unfit(told, There(self.suggested(answers), self._fields, given, resources))

    def text(self, answers: Answers) -> str:
        """The configuration."""
        streams = self.suggested(answers)
        found = (each.matching for each in streams if each.matching is not None)
        matching = self._given.get("matching") or next(found, None)
        return settings_file(self._given, matching, streams, answers)

    def _known(self, matching: Mapping[str, Any], values: Sequence[Any]) -> int | None:
        """How many of some values the service finds a profile by; None where it does not tell."""
        name = str(matching.get("field_name", matching["mode"]))
        place = name, tuple(values)
        if place not in self._asked:
            target = Target(int(self._given["db_id"]), parse_matching(matching, service()))
            try:
                found = [self._client.profile(target, {name: each}) for each in values]
                self._asked[place] = sum(each is not None for each in found)
            except ProfilesError:
                self._asked[place] = None
        return self._asked[place]


def _given(path: str | None, *, asks: bool) -> dict[str, Any]:
    """The settings that there are, those that have to be there asked for."""
    given = dict(read_object(path, "configuration")) if path else {}
    for name, about in REQUIRED.items():
        if given.get(name) is None and asks:
            told = ask_for(name, about, is_secret=name == "token")
            if told is not None:
                given[name] = int(told) if told.isdecimal() and name == "db_id" else told
    missing = [name for name in REQUIRED if given.get(name) is None]
    if missing:
        raise ConfigError(
            f"To ask the service, these settings are needed: {', '.join(missing)}. Write them into "
            "a file, and give it with --config."
        )
    return given


def _client(given: Mapping[str, Any]) -> tuple[ProfilesClient, int]:
    """The service, by the settings that it takes to ask."""
    needed = {name: given[name] for name in REQUIRED}
    config = parse_config(from_environment(needed))
    answers = ServiceAnswers(service(), config.field_names())
    return ProfilesClient(config, service(), answers), config.target.db_id


def _resources(client: ProfilesClient) -> tuple[Mapping[str, list[str]], bool]:
    """The ids and names of resources by channel, as far as the service tells them, and whether
    those are all.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    with suppress(ProfilesError):
        there = client.resources()
        for each in there[:MAX_RESOURCES]:
            for channel in client.channels(each.id):
                found[channel].append(f"{each.id} ({each.name})" if each.name else str(each.id))
        return found, len(there) <= MAX_RESOURCES
    return found, False


def _sources(streams: Sequence[Stream], path: str | None) -> list[Source]:
    rows = _rows(path, streams) if path else {}
    names = [each["name"] for each in streams]
    return [
        Source(
            each["name"],
            (each.get("namespace") or None) if names.count(each["name"]) > 1 else None,
            Sampled(rows.get(_key(each), []), each.get("json_schema")),
        )
        for each in streams
    ]


def _rows(path: str, streams: Sequence[Stream]) -> dict[StreamKey, list[Row]]:
    """The first rows of each stream in a file of messages. Raises ProfilesError where there are
    none to be read.
    """
    found: dict[StreamKey, list[Row]] = {_key(each): [] for each in streams}
    decoder, decode = Decoder(), msgspec.json.Decoder(dict[str, Any]).decode
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(
            f"The file {path} of the messages cannot be read: {error.strerror}."
        ) from None
    try:
        reader = LineReader(descriptor)
        while not reader.ended and any(len(rows) < MAX_ROWS for rows in found.values()):
            for message in decoder.messages(reader.read()):
                if isinstance(message, Records):
                    rows = found.get((message.namespace or None, message.stream))
                    if rows is not None and len(rows) < MAX_ROWS:
                        rows += map(decode, message.data)
        decoder.check()
    finally:
        os.close(descriptor)
    return found


def _key(stream: Stream) -> StreamKey:
    return stream.get("namespace") or None, stream["name"]
