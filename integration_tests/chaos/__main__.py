"""`python -m integration_tests.chaos 1..200` plays these seeds, two at once; each that breaks a
promise is played again with fewer troubles, until none can be left out.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from integration_tests.chaos.breaks import BREAKS, broken_copy
from integration_tests.chaos.checks import broken
from integration_tests.chaos.plan import Plan, make_plan
from integration_tests.chaos.run import Arena
from integration_tests.chaos.shrink import shrink

AT_ONCE = 2


def judge(plan: Plan, package: Path | None = None) -> list[str]:
    """Play a plan in a folder of its own; the promises that it breaks."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Arena(plan, Path(folder), package) as arena,
    ):
        return broken(arena.play())


def report(seed: int, package: Path | None = None) -> list[str]:
    """What a seed breaks, and the fewest troubles that break a promise of the same name."""
    plan = make_plan(seed)
    faults = judge(plan, package)
    if not faults:
        return []
    fewest = shrink(plan, lambda each: bool(kinds(faults) & kinds(judge(each, package))))
    told = "; ".join(map(str, fewest.troubles)) or "nothing goes wrong"
    return [f"seed {seed}: {each}" for each in faults[:10]] + [f"  with: {told}"]


def kinds(faults: list[str]) -> set[str]:
    return {each.split(":")[0] for each in faults}


def seeds(text: str) -> list[int]:
    """`7`, or `1..200` with both ends."""
    first, _, last = text.partition("..")
    return list(range(int(first), int(last or first) + 1))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m integration_tests.chaos")
    parser.add_argument("seeds", nargs="+", help="such as 7 or 1..200")
    parser.add_argument("--broken", choices=BREAKS, help="play a connector that is broken so")
    asked = parser.parse_args()
    chosen = [seed for each in asked.seeds for seed in seeds(each)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(AT_ONCE) as pool:
        package = broken_copy(BREAKS[asked.broken], Path(folder)) if asked.broken else None
        played = pool.map(partial(report, package=package), chosen)
        for seed, lines in zip(chosen, played, strict=True):
            failed += bool(lines)
            print(*(lines or [f"seed {seed}: all promises held"]), sep="\n", flush=True)
    print(f"{len(chosen)} seeds, {failed} of them broke a promise.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
