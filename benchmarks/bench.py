"""`make bench`: the connector beside the floor and beside other ways to do the same, in one run, in
turns; tables and a picture.

Each figure is the median of the rounds, a ratio that of the ratios within each round: a machine may
be slower in one than in the next. "Net" is without start-up, which is what the same command takes
on empty input.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cases import Line, beside_floor, beside_peers
from loads import LOADS, Figure
from measure import Bench, Failed
from report import parts, save, text
from shapes import FLAT, SHAPES

PEERS = "peers"
PARTS = (*SHAPES, PEERS, *LOADS)
ON_REQUEST = ("deep",)  # it takes some minutes a round
Result = TypeVar("Result")


def options() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the numbers of records; default: %(default)s"
    )
    parser.add_argument(
        "--only",
        type=lambda value: value.split(","),
        metavar="PART,PART",
        help=f"some of {', '.join(PARTS)}; their results are printed and not kept "
        f"(default: all but {', '.join(ON_REQUEST)}, and kept)",
    )
    asked = parser.parse_args()
    if unknown := set(asked.only or ()) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return asked


def attempt(name: str, work: Callable[[], Sequence[Result]], failures: list[str]) -> list[Result]:
    """What some work gives; where it fails, nothing, and why is added to the failures."""
    print(name, flush=True)
    try:
        return list(work())
    except Failed as failure:
        failures.append(f"{name}: {failure}")
        print(f"    {failure}", flush=True)
        return []


def main() -> int:
    """Measure all, or the parts that are named; give 1 where one failed."""
    asked, failures = options(), list[str]()
    chosen = asked.only or [part for part in PARTS if part not in ON_REQUEST]
    cases: dict[str, list[Line]] = {}
    peers: list[Line] = []
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), asked.rounds, asked.scale)
        for key, shape in SHAPES.items():
            if key in chosen or (PEERS in chosen and shape is FLAT):
                cases[key] = attempt(key, lambda shape=shape: beside_floor(bench, shape), failures)
        if PEERS in chosen and (flat := cases[FLAT.key]):
            peers = attempt(PEERS, lambda: beside_peers(bench, flat[1]), failures)
        for name, load in LOADS.items():
            if name in chosen:
                figures += attempt(name, lambda load=load: load(bench), failures)
    rows = parts(cases, peers, figures)
    print(text(rows), *failures, sep="\n")
    if not asked.only and not failures:
        save(rows, cases, peers)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
