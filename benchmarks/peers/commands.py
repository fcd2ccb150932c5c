"""The commands of the peers, and the kind of input that each reads."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Peer:
    """Another way to do the same. `reads` is airbyte, singer or syslog, which is Airbyte's with
    more records.
    """

    name: str
    reads: str
    command: list[str | Path]


def peers(folder: Path, config: Path, catalog: Path, url: str) -> Iterator[Peer]:
    """Those that are installed; they send to `url` and may write into a folder."""
    arguments: list[str | Path] = ["write", "--config", config, "--catalog", catalog]
    yield Peer("CDK", "airbyte", [sys.executable, HERE / "airbyte.py", *arguments])
    singer, dlt = (ROOT / f".venv-{name}/bin/python" for name in ("singer", "dlt"))
    if singer.exists():
        yield Peer("Singer SDK", "singer", [singer, HERE / "singer.py", "--config", config])
    if dlt.exists():
        yield Peer("dlt", "airbyte", [dlt, HERE / "load.py", config])
    if program := shutil.which("syslog-ng", path=f"{os.environ['PATH']}:/usr/sbin"):
        yield Peer("syslog-ng", "syslog", _syslog(program, folder, url))


def _syslog(program: str, folder: Path, url: str) -> list[str | Path]:
    """Of a peer that is not of Python, and is measured where it is installed."""
    files = {"--persist-file": "kept", "--pidfile": "pid", "--control": "ctl"}
    # Only with poll does it read a file as it would a pipe.
    variables = [f"url={url}", "IV_EXCLUDE_POLL_METHOD=epoll-timerfd epoll"]
    options = ["--foreground", "--no-caps", f"--cfgfile={HERE / 'syslog-ng.conf'}"]
    own = [f"{option}={folder / name}" for option, name in files.items()]
    return ["env", *variables, program, *options, *own]
