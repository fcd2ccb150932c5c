"""The parts in which rejected records stand, and how one takes the place of another."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..storage.folder import Folder, joined, quoted
from ..storage.part_names import number_in
from ..stream_key import StreamKey, label

NAME = re.compile(r"(?P<stem>.+?)(?:(?P<mark>[.!])(?P<generation>[0-9]+))?\.jsonl")
SYNC = re.compile(r"[0-9]+")
OTHERS: StreamKey = (None, "")  # the stream of parts of which it is not asked


@dataclass(frozen=True)
class Part:
    """A part, and the stream whose records stand in it. Of those that share a `stem`, the one of
    the highest `generation` counts: it was written anew so often.
    """

    stem: str
    generation: int
    stream: StreamKey

    @property
    def name(self) -> str:
        """Its name in the folder."""
        # a stream may be called `a.1`, and none has the other mark in the name of its file
        mark = "." if "/" in self.stem else "!"
        end = f"{mark}{self.generation}" if self.generation else ""
        return f"{self.stem}{end}.jsonl"

    def written(self) -> tuple[int, int, str]:
        """What is larger was written later: the time and number in its name."""
        *_, epoch, number = ["0", "0", *self.stem.rpartition("/")[-1].split("_")]
        is_told = epoch.isdecimal() and number.isdecimal()
        return (int(epoch), number_in(number), self.stem) if is_told else (0, 0, self.stem)

    def next(self) -> "Part":
        """The one that takes its place."""
        return Part(self.stem, self.generation + 1, self.stream)


def parts_of(
    folder: Folder, streams: Iterable[StreamKey], *, others: bool = False
) -> tuple[list[Part], list[Part]]:
    """The parts of some streams that count, as they were written, and those that another has taken
    the place of; with `others`, those of all other streams too, as parts of OTHERS.
    """
    known = {place(each): each for each in streams}
    before = {quoted(label(each)): each for each in known.values()}
    newest: dict[str, Part] = {}
    replaced = []
    names, other = folder.names(), OTHERS if others else None
    for part in filter(None, (_part(name, known, before, other) for name in names)):
        its = newest.get(part.stem, part)
        if its is not part:
            replaced.append(min(part, its, key=lambda each: each.generation))
        newest[part.stem] = max(part, its, key=lambda each: each.generation)
    return sorted(newest.values(), key=Part.written), replaced


def lines(folder: Folder, part: Part) -> list[bytes]:
    """The lines of a part, without their ends."""
    return split(folder.read(part.name))


def split(text: bytes) -> list[bytes]:
    """The lines of a text, which an editor may have marked; no other sign than the end of one ends
    it.
    """
    text = text.removeprefix(BOM_UTF8)
    return text.removesuffix(b"\n").split(b"\n") if text else []


def replace(folder: Folder, part: Part, content: Iterable[bytes]) -> None:
    """Let lines take the place of a part. A process that is killed within leaves the part as it
    was, or both, of which the newer one counts.
    """
    text = b"".join(each.rstrip(b"\n") + b"\n" for each in content)
    if text:
        folder.write(part.next().name, text)
    folder.remove(part.name)


def _part(
    name: str,
    known: Mapping[str, StreamKey],
    before: Mapping[str, StreamKey],
    other: StreamKey | None,
) -> Part | None:
    """The part of that name, if it is one of those streams, or `other` stands for all others."""
    parsed = NAME.fullmatch(name)
    if parsed is None:
        return None
    stem, generation = parsed["stem"], parsed["generation"]
    if generation and parsed["mark"] != ("." if "/" in stem else "!"):
        stem, generation = name.removesuffix(".jsonl"), None
    folders, _, file = stem.rpartition("/")
    sync, _, below = folders.partition("/")
    # as earlier versions had it: a file a stream, in the folder itself
    if SYNC.fullmatch(sync):
        stream = known.get(below, other)
    else:
        stream = None if folders else before.get(file)
    return None if stream is None else Part(stem, int(generation or 0), stream)


def place(stream: StreamKey) -> str:
    """The folder of a stream, below that of its sync."""
    namespace, name = stream
    return joined(quoted(namespace or ""), quoted(name))
