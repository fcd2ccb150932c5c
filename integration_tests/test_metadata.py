"""metadata.yaml and what goes with it, held against Airbyte's own checks before a connector is
published.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME, PAGE = "destination-profiles", "profiles.md"
PYTHON = ROOT / ".venv-qa" / "bin" / "python"
POETRY, CONTAINER = "the brief asks for setup.py", "the brief asks for a Dockerfile"
EXPECTED = {  # check that fails: why it does
    "Connectors must use Poetry for dependency management": POETRY,
    "Python connectors must have a CDK tag in metadata": POETRY,  # looks for the CDK in it
    "Connector license in metadata.yaml and pyproject.toml file must match": POETRY,
    "Connector version in metadata.yaml and pyproject.toml file must match": POETRY,
    (
        "Python connectors must not use a Dockerfile and must declare their "
        "base image in metadata.yaml file"
    ): CONTAINER,
}
NOT_OURS = {
    "destination",
    "python",
}  # kinds of connectors for which a check says that it is not made

Results = dict[str, tuple[str, str]]

needs_checks = pytest.mark.skipif(
    not PYTHON.is_file(), reason="`make test` installs Airbyte's checks"
)


def checked(monorepo: Path) -> Results:
    command = [PYTHON, Path(__file__).parent / "qa" / "checks.py", monorepo, NAME]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {
        check: (status, message)
        for check, status, message in json.loads(done.stdout.splitlines()[-1])
    }


def failed(results: Results) -> dict[str, str]:
    return {check: message for check, (status, message) in results.items() if status == "FAILED"}


@pytest.fixture
def monorepo(tmp_path: Path) -> Iterator[Path]:
    """The files of the project where Airbyte would have them."""
    listed = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        .stdout.decode()
        .split("\0")
    )
    for name in filter(None, listed):
        copy = tmp_path / "airbyte-integrations" / "connectors" / NAME / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy)
    pages = tmp_path / "docs" / "integrations" / "destinations"
    pages.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / PAGE, pages / PAGE)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    yield tmp_path


@needs_checks
def test_only_what_the_brief_asks_for_fails(monorepo: Path) -> None:
    results = checked(monorepo)
    assert len(results) == 30
    assert failed(results).keys() == EXPECTED.keys(), failed(results)
    passed = [check for check, (status, _) in results.items() if status == "PASSED"]
    assert len(passed) == 12, passed
    skipped = {message for status, message in results.values() if status == "SKIPPED"}
    assert skipped == {f"Check does not apply to {kind} connectors" for kind in NOT_OURS}


@needs_checks
def test_poetry_and_a_dockerfile_are_all_that_is_missing(monorepo: Path) -> None:
    """The same tree with a Poetry project in the place of setup.py and without the Dockerfile
    passes everything.
    """
    connector = monorepo / "airbyte-integrations" / "connectors" / NAME
    (connector / "pyproject.toml").write_text(
        '[tool.poetry]\nname = "destination-profiles"\nversion = "0.1.0"\nlicense = "MIT"\n'
        "[tool.poetry.dependencies]\n"
    )
    (connector / "poetry.lock").touch()
    for name in ("setup.py", "Dockerfile"):
        (connector / name).unlink()
    assert failed(checked(monorepo)) == {}


@needs_checks
@pytest.mark.parametrize(
    ("file", "text", "other", "check"),
    [
        (
            "metadata.yaml",
            "allowedHosts:",
            "allowed_hosts:",
            "Connectors must have valid metadata.yaml file",
        ),
        ("metadata.yaml", "@sha256:", "@sha256-", "Connectors must have valid metadata.yaml file"),
        (
            "metadata.yaml",
            "- language:python",
            "- language:java",
            "Connector must have a language tag in metadata",
        ),
        ("demo/config.json", "localhost", "example.com", "Connectors must use HTTPS only"),
        (
            f"../../../docs/integrations/destinations/{PAGE}",
            "| 0.1.0 ",
            "| 0.0.9 ",
            "Connectors must have a changelog entry for each version",
        ),
    ],
)
def test_a_fault_is_seen(monorepo: Path, file: str, text: str, other: str, check: str) -> None:
    path = monorepo / "airbyte-integrations" / "connectors" / NAME / file
    before = path.read_text()
    assert text in before
    path.write_text(before.replace(text, other))
    assert failed(checked(monorepo)).keys() - EXPECTED.keys() == {check}
