"""`python -m integration_tests.chaos 1..200` plays these seeds, two at once; each that breaks a
promise is played again with fewer troubles, until none can be left out.
"""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from integration_tests.chaos.checks import broken
from integration_tests.chaos.plan import Plan, make_plan
from integration_tests.chaos.run import Arena
from integration_tests.chaos.shrink import shrink

AT_ONCE = 2


def judge(plan: Plan) -> list[str]:
    """Play a plan in a folder of its own; the promises that it breaks."""
    with tempfile.TemporaryDirectory() as folder, Arena(plan, Path(folder)) as arena:
        return broken(arena.play())


def report(seed: int) -> list[str]:
    """What a seed breaks, and the fewest troubles that break a promise of the same name."""
    plan = make_plan(seed)
    faults = judge(plan)
    if not faults:
        return []
    fewest = shrink(plan, lambda each: bool(kinds(faults) & kinds(judge(each))))
    told = "; ".join(map(str, fewest.troubles)) or "nothing goes wrong"
    return [f"seed {seed}: {each}" for each in faults[:10]] + [f"  with: {told}"]


def kinds(faults: list[str]) -> set[str]:
    return {each.split(":")[0] for each in faults}


def seeds(text: str) -> list[int]:
    """`7`, or `1..200` with both ends."""
    first, _, last = text.partition("..")
    return list(range(int(first), int(last or first) + 1))


def main() -> int:
    chosen = [seed for each in sys.argv[1:] for seed in seeds(each)]
    failed = 0
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for seed, lines in zip(chosen, pool.map(report, chosen), strict=True):
            failed += bool(lines)
            print(*(lines or [f"seed {seed}: all promises held"]), sep="\n", flush=True)
    print(f"{len(chosen)} seeds, {failed} of them broke a promise.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
