"""What a run came to, in one sentence that everybody understands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .numbers import duration
from .reading import Run

GOOD, MIXED, BAD = "good", "mixed", "bad"
LEFT_OUT = {  # counts of rows that were not sent, and what is said of so many
    "superseded": ("was replaced by a newer row of its customer", "were replaced by a newer row"),
    "unchanged": ("had not changed since", "had not changed and were not sent again"),
    "deleted": ("was deleted by the source", "were deleted by the source and left out"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence, whether it is good news, and one or two words for it."""

    sentence: str
    tone: str
    word: str


def verdict(run: Run) -> Verdict:
    """What is said of a run."""
    sums = sums_of(run)
    said = _capital("; ".join(_parts(run, sums))) + "."
    if run.figures is None:
        return _without_figures(run)
    if not run.is_whole():
        after = duration(run.figures.at)
        told = f"The output breaks off after {after}, so the sync was stopped from outside. {said}"
        return Verdict(told, BAD, "Cut off")
    if run.error is not None:
        return Verdict(f"The sync failed. {said}", BAD, "Failed")
    if sums["read"] == 0:
        return Verdict("The source sent no rows.", GOOD, "Nothing to do")
    return Verdict(said, *((MIXED, "Some refused") if sums["rejected"] else (GOOD, "Delivered")))


def sums_of(run: Run) -> Mapping[str, int]:
    """The counts of a run over all its streams; those of its states where it told no others."""
    if run.figures is None:
        delivered, rejected = run.delivered.total(), run.rejected.total()
        return {"read": delivered + rejected, "accepted": delivered, "rejected": rejected}
    sums: dict[str, int] = {"read": 0, "accepted": 0, "rejected": 0}
    for counts in run.figures.streams.values():
        for name, count in counts.items():
            sums[name] = sums.get(name, 0) + count
    return sums


def open_rows(counts: Mapping[str, int]) -> int:
    """Rows without a last word."""
    return counts["read"] - sum(count for name, count in counts.items() if name != "read")


def _parts(run: Run, sums: Mapping[str, int]) -> Iterator[str]:
    """The parts of the sentence: what arrived, what was refused, what was left out."""
    read, accepted, rejected = sums["read"], sums["accepted"], sums["rejected"]
    if read and accepted == read:
        yield "the one row arrived" if read == 1 else f"all {read:,} rows arrived"
        return
    yield f"{accepted:,} of {read:,} rows arrived"
    if rejected:
        yield f"{rejected:,} {_were(rejected)} refused{_reasons(run)}"
    for name, (one, many) in LEFT_OUT.items():
        if count := sums.get(name, 0):
            yield f"{count:,} {one if count == 1 else many}"
    if (left := open_rows(sums)) > 0:
        yield f"{left:,} {_were(left)} still on the way"


def _reasons(run: Run) -> str:
    """For how many reasons rows were refused."""
    figures = run.figures
    if figures is None or not figures.reasons:
        return ""
    kinds = len({(each.step, each.code, each.text) for each in figures.reasons})
    if figures.other_reasons:
        return f" for more than {kinds} reasons"
    if kinds > 1:
        return f" for {kinds} reasons"
    return ", for one reason" if figures.reasons[0].count == 1 else ", all for one reason"


def _without_figures(run: Run) -> Verdict:
    sums = sums_of(run)
    told = (
        f"The states that came back stand for {sums['accepted']:,} rows that arrived and "
        f"{sums['rejected']:,} that were refused."
    )
    if run.started is not None:
        return Verdict(f"The output breaks off right after the start. {told}", BAD, "Cut off")
    if run.error is not None and not run.states:
        return Verdict("The sync ended before it began: nothing was sent.", BAD, "Not started")
    if run.error is not None:
        return Verdict(f"The sync failed. {told}", BAD, "Failed")
    return Verdict(told, MIXED, "No figures")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
