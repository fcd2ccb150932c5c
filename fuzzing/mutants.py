"""`make mutants`: tries what mutmut has broken, in minutes instead of half a day.

The tests are collected once. Each mutant is tried in a process of its own, which runs the tests
that call what is broken, the quickest first, until one fails. Run in the folder that mutmut made.
"""

import argparse
import json
import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

AT_ONCE = 2  # processes
TOLD_EACH = 100  # mutants
LIVES, IS_FOUND = 0, 1
QUIET = (
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:unraisableexception",
    "-p",
    "no:threadexception",
)


class Mutants:
    """A plugin of pytest: in the place of the tests, mutants are tried by them."""

    def __init__(self, only: str, seconds: float) -> None:
        """Those whose names `only` matches; each by tests that take so many `seconds` together."""
        self._most = seconds
        told = json.loads(Path("mutmut-stats.json").read_bytes())
        self._tests: dict[str, list[str]] = told["tests_by_mangled_function_name"]
        self._seconds: dict[str, float] = told["duration_by_test"]
        kept = (json.loads(each.read_bytes()) for each in Path().rglob("*.py.meta"))
        names = (name for each in kept for name in each["exit_code_by_key"])
        self._names = sorted(name for name in names if fnmatchcase(name, only))
        self._running: dict[int, tuple[str, Path]] = {}
        self.counts: Counter[str] = Counter()

    def pytest_collection(self) -> None:
        """An example that fails is enough: none is made smaller."""
        from hypothesis import Phase, settings  # noqa: PLC0415 - pytest wants to import it first

        usual = settings.get_profile("steady")
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", usual, phases=phases, database=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each: first all by themselves, which must pass."""
        items = {item.nodeid: item for item in session.items}
        if self._try(session, None, list(items.values())):
            while self._running:
                self._reap()
        if self.counts["found"]:
            raise pytest.UsageError("a test fails without a mutant")
        self.counts.clear()
        for name in self._names:
            calling = self._tests.get(name.rpartition("__mutmut_")[0], [])
            chosen = self._chosen(each for each in calling if each in items)
            if not chosen:
                self.counts["without a test"] += 1
            elif self._try(session, name, [items[each] for each in chosen]):
                while len(self._running) >= AT_ONCE:
                    self._reap()
        while self._running:
            self._reap()
        return True

    def _chosen(self, tests: Iterable[str]) -> list[str]:
        """The quickest, in their order."""
        quickest = sorted(tests, key=self._duration)
        ends = accumulate(map(self._duration, quickest))
        return [test for test, end in zip(quickest, ends, strict=True) if end <= self._most]

    def _duration(self, test: str) -> float:
        return self._seconds.get(test, 0.0)

    def _try(self, session: pytest.Session, name: str | None, items: list[pytest.Item]) -> bool:
        """Begin with one; None is no mutant."""
        base = Path(tempfile.mkdtemp(prefix="mutant-"))
        pid = os.fork()
        if pid:
            self._running[pid] = name or "", base
            return True
        code = IS_FOUND
        try:
            _alone(session, base)
            if name:
                _break(name)
            code = self._run(session, items)
        finally:
            os._exit(code)

    def _run(self, session: pytest.Session, items: list[pytest.Item]) -> int:
        for item, following in zip(items, [*items[1:], None], strict=True):
            _end_within(self._duration(item.nodeid))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return IS_FOUND
        return LIVES

    def _reap(self) -> None:
        pid, status = os.wait()
        name, base = self._running.pop(pid)
        shutil.rmtree(base, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status)
        self.counts["lives" if code == LIVES else "found"] += 1
        if code == LIVES and name:
            print(name, flush=True)  # at once: a run of hours may be ended
        tried = sum(self.counts.values())
        if not tried % TOLD_EACH:
            told = f"{tried:,} of {len(self._names):,}, {self.counts['lives']:,} live"
            print(told, file=sys.stderr, flush=True)


def _alone(session: pytest.Session, base: Path) -> None:
    """Let this process have no input, no output, and a folder."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    factory: Any = session.config._tmp_path_factory  # type: ignore[attr-defined] # its own folder
    factory._basetemp, factory._given_basetemp = None, base / "tests"


def _break(name: str) -> None:
    from mutmut.mutation.trampoline import set_mutant_under_test  # noqa: PLC0415 - of .venv-mutants

    set_mutant_under_test(name)


def _end_within(seconds: float) -> None:
    """End where it takes some times as many seconds: a loop without an end is found."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = int(usage.ru_utime + usage.ru_stime + 5 * seconds) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
    signal.alarm(int(20 * seconds) + 20)


def main() -> int:
    """Try them, and print those that live."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="names of mutants; default: all")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="tests of so long for each; default: all"
    )
    asked = parser.parse_args()
    mutants = Mutants(asked.only, asked.seconds)
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    began = time.monotonic()
    selection = settings["pytest_add_cli_args_test_selection"]
    code = pytest.main([*QUIET, "--rootdir=.", *selection], plugins=[mutants])
    print(", ".join(f"{count:,} {what}" for what, count in mutants.counts.items()), end="")
    print(f", {time.monotonic() - began:.0f} s")
    return 0 if code == pytest.ExitCode.OK else 1


if __name__ == "__main__":
    sys.exit(main())
