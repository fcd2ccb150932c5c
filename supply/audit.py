"""Asks a service of vulnerabilities about requirements.txt: `python -m supply.audit`.

Run by the Python of .venv-supply. Ends with 0 where each version was looked up and none has a known
vulnerability, with 1 where one has, and with 2 where not all were looked up: pip-audit itself ends
with 0 where the service knows no package at all.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from supply.declared import ROOT, pins

VULNERABLE = "jinja2==2.4.1"  # since 2014; a service that does not say so was not reached
Answer = Mapping[str, Any]


def main() -> int:
    """Ask, and say what came of it."""
    with TemporaryDirectory() as folder:
        probe = Path(folder, "probe.txt")
        probe.write_text(VULNERABLE + "\n", encoding="utf-8")
        code, said = verdict(
            _asked(probe), _asked(ROOT / "requirements.txt"), pins("requirements.txt")
        )
    print(*said, sep="\n", file=sys.stderr if code else sys.stdout)
    return code


def verdict(probe: Answer, answer: Answer, wanted: Collection[str]) -> tuple[int, list[str]]:
    """The exit code and the sentences of an answer, which counts where the probe was found out."""
    known = {each["name"]: each for each in answer.get("dependencies", ())}
    left_out = [name for name in wanted if "vulns" not in known.get(name, ())]
    if left_out or not any(each.get("vulns") for each in probe.get("dependencies", ())):
        return 2, [
            f"NOT AUDITED: {len(left_out)} of {len(wanted)} versions were not looked up.",
            f"The service was asked about {VULNERABLE} too, which is vulnerable.",
            "Run it where pypi.org can be reached.",
        ]
    found = [
        f"{name} {each['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version'}"
        for name, each in sorted(known.items())
        for vulnerability in each["vulns"]
    ]
    return bool(found), found or [f"{len(wanted)} versions were looked up: none is vulnerable."]


def _asked(requirements: Path) -> Answer:
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--disable-pip", "--no-deps", "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer: Answer = json.loads(done.stdout)
    except ValueError:
        print(*done.stderr.splitlines()[-1:], sep="\n", file=sys.stderr)
        return {}
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
