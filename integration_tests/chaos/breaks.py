"""Promises broken on purpose, in copies of the connector: chaos must find each."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import destination_profiles

PACKAGE = Path(destination_profiles.__file__).parent
Change = tuple[str, str, str]  # module, what stands there once, and what stands there instead

BREAKS: dict[str, tuple[Change, ...]] = {
    "states do not wait": (
        (
            "delivery/checkpoint.py",
            "not self._tracked or self._tracked[0].first >= self._waiting[0].position",
            "True",
        ),
        ("delivery/checkpoint.py", "                interval.check()", "                pass"),
        (
            "delivery/checkpoint.py",
            "SafeState(checkpoint.state, sums.delivered(), sums.rejected)",
            "SafeState(checkpoint.state, sums.read - sums.rejected, sums.rejected)",
        ),
    ),
    "chunks of one profile do not wait": (
        ("delivery/chunks.py", "if other not in self.after:", "if False:"),
    ),
    "each retry has another Request-ID": (
        (
            "delivery/chunks.py",
            "self._count, self.request_id, ids)",
            'self._count, __import__("uuid").uuid4().hex, ids)',
        ),
    ),
    "a body may be twice as long": (
        ("delivery/chunks.py", "and size <= self.max_bytes", "and size <= 2 * self.max_bytes"),
    ),
    "rejected rows are stored too late": (
        (
            "delivery/writer.py",
            "        self._store.flush()\n        for state",
            "        for state",
        ),
    ),
    "functions give way to later rows": (
        ("records/superseding.py", "if _is_function(earlier):", "if False:"),
        ("records/superseding.py", 'return later["action"] in self._replacing', "return True"),
    ),
    "texts of the service are logged": (
        ("service/answers.py", "words = (word if self._is_known(word)", "words = (word if True"),
    ),
    "rejected rows are not counted": (
        ("delivery/checkpoint.py", "sums.delivered(), sums.rejected)", "sums.read, 0)"),
    ),
    "a refusal to take it now counts as done": (
        (
            "service/answers.py",
            "return Retry(error, wait, throttled=True, reason=",
            "return ACCEPTED or Retry(error, wait, throttled=True, reason=",
        ),
    ),
    "nothing is forgotten before it is sent": (
        ("memory/journal.py", "_names.append(name)", "_folder.remove(name)"),
    ),
    "what nobody knows is remembered as accepted": (
        (
            "delivery/remembering.py",
            "        for chunk in under_way:",
            """        for run in [run for chunk in under_way for run in chunk.runs()]:
            stream = self._streams[run.stream]
            contents = contents_of(run.profiles, stream)
            self._enter(ids_of(run.identities, stream), contents, set())
        for chunk in ():""",
        ),
    ),
    "nothing is skipped": (("delivery/remembering.py", "day >= first[mine[0][-1]]", "not first"),),
    "failures exit with 0": (("commands/ending.py", "FAILED = 1", "FAILED = 0"),),
}


def broken_copy(changes: Iterable[Change], folder: Path) -> Path:
    """A copy of the connector with changes; gives the folder to import it from."""
    copy = folder / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for module, old, new in changes:
        text = (copy / module).read_text()
        assert text.count(old) == 1, f"{module} has no such place any more: {old}"
        (copy / module).write_text(text.replace(old, new))
    return folder
