"""What the gate does where it cannot test the image."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The gate, alone: `make` says what it is to do."""
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    program(folder / ".ci" / "browser", "")
    program(folder / "bin" / "make", 'echo "$1 ${IMAGE_NOT_TESTED:-}"')
    return folder


def gate(checkout: Path, **environment: str) -> tuple[int, list[str]]:
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [checkout / ".ci" / "run"],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_gate_goes_on_without_tools_for_the_image(checkout: Path) -> None:
    code, said = gate(checkout)
    assert code == 0
    assert said[-2].startswith("IMAGE NOT TESTED: it takes ../shared/tools/image-env.sh")
    assert said[-1] == "test 1"  # which tells the tests' last lines


def test_gate_fails_without_tools_for_an_image_that_is_required(checkout: Path) -> None:
    code, said = gate(checkout, REQUIRE_IMAGE="1")
    assert code == 1
    assert said[-1].startswith("IMAGE NOT TESTED: ")


@pytest.mark.parametrize(("status", "code", "last"), [(0, 0, "test "), (1, 1, "sbom ")])
def test_gate_follows_the_image(checkout: Path, status: int, code: int, last: str) -> None:
    program(checkout / ".ci" / "image", f"exit {status}")
    assert gate(checkout) == (code, ["check ", "guard ", "demo ", "sbom ", "test "][: 5 - status])
    assert gate(checkout, REQUIRE_IMAGE="1")[1][-1] == last


@pytest.mark.parametrize("untested", ["", "1"])
def test_last_lines_say_that_the_image_is_not_tested(untested: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "unit_tests/test_layers.py"],
        cwd=ROOT,
        env={**os.environ, "IMAGE_NOT_TESTED": untested},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("IMAGE NOT TESTED: " in done.stdout.splitlines()[-2]) == bool(untested)
