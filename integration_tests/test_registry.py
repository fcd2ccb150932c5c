"""`make registry`: its files over HTTP, held against what Airbyte publishes of registries."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from destination_profiles.spec import spec

ROOT = Path(__file__).parents[1]
QA = ROOT / ".venv-qa" / "bin" / "python"
PIPELINES = ROOT / ".venv-pipelines" / "bin" / "python"
METADATA = ROOT / "metadata.yaml"
LISTING = "registries/v0/oss_registry.json"
ENTRY = "metadata/airbyte/destination-profiles/0.1.0/oss.json"
OTHER = {"destinationDefinitionId": "6d1a8b6e-0000-4a0b-9c0c-5a4d6d0f0a11", "name": "Other"}

needs_models = pytest.mark.skipif(not QA.is_file(), reason="`make test` installs the models")
needs_pyairbyte = pytest.mark.skipif(
    not PIPELINES.is_file(), reason="`make test` installs PyAirbyte"
)


def make(folder: Path, *options: str) -> None:
    command = [sys.executable, ROOT / "registry" / "build.py", "--out", folder, *options]
    subprocess.run(command, check=True, capture_output=True)


def check(folder: Path) -> tuple[int, str]:
    command = [QA, ROOT / "registry" / "check.py", folder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    make(folder)
    return folder


@pytest.fixture(scope="module")
def address(registry: Path) -> Iterator[str]:
    """A static server with the files, which ends its address with a slash."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--directory", str(registry)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split()[0]
        yield f"http://127.0.0.1:{port}/"  # ignore-https-check
        server.terminate()


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=300) as answer:
        return json.load(answer)


def test_entry_says_what_a_custom_image_cannot(address: str) -> None:
    listing, entry = fetched(address + LISTING), fetched(address + ENTRY)
    assert listing == {"sources": [], "destinations": [entry]}
    assert (entry["supportsDataActivation"], entry["supportsRefreshes"]) == (True, True)
    assert entry["spec"] == spec()
    assert "object_storage_config" in entry["spec"]["connectionSpecification"]["properties"]
    metadata = yaml.safe_load(METADATA.read_text(encoding="utf-8"))["data"]
    assert entry["destinationDefinitionId"] == metadata["definitionId"]
    for name in ("resourceRequirements", "allowedHosts", "dockerRepository", "dockerImageTag"):
        assert entry[name] == metadata[name]


def test_page_of_the_version_is_the_connectors(address: str) -> None:
    with urllib.request.urlopen(address + ENTRY.replace("oss.json", "doc.md"), timeout=300) as page:
        assert page.read() == (ROOT / "docs" / "profiles.md").read_bytes()


@needs_models
def test_files_have_the_form_that_is_published(registry: Path) -> None:
    assert check(registry) == (0, "The registry has the form of the published models.\n")


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"supportsDataActivatoin": True}, "supportsDataActivatoin: no part of an entry"),
    ({"supportsRefreshes": "perhaps"}, "supportsRefreshes: Input should be a valid boolean"),
    ({"destinationDefinitionId": "1"}, "destinationDefinitionId: Input should be a valid UUID"),
    ({"dockerImageTag": "0.2.0"}, f"{ENTRY}: not the place of its version"),
    ({"name": "Another"}, f"{ENTRY}: the listing has another entry of it, or none"),
]


@needs_models
@pytest.mark.parametrize(("change", "told"), BROKEN)
def test_a_fault_is_seen(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    make(tmp_path)
    path = tmp_path / ENTRY
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    code, out = check(tmp_path)
    assert (code, told in out) == (1, True), out


@needs_models
def test_entry_is_the_one_that_airbytes_tool_makes() -> None:
    made = json.loads(
        subprocess.run(
            [QA, ROOT / "integration_tests" / "qa" / "registry.py", METADATA],
            input=json.dumps(spec()),
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()[-1]
    )
    entry = own_entry()
    of_the_build = {"connectorBuildOptions", "connectorTestSuitesOptions", "githubIssueLabel"}
    assert made.keys() - entry.keys() == of_the_build | {
        *("license", "sourceType"),
        *("generated", "iconUrl", "packageInfo"),  # of Airbyte's own storage
    }
    same = entry.keys() - {"ab_internal", "releases"}  # which it fills up with defaults
    assert {name: made[name] for name in same} == {name: entry[name] for name in same}
    assert entry["ab_internal"].items() <= made["ab_internal"].items()
    rollout = "rolloutConfiguration"
    assert entry["releases"][rollout].items() <= made["releases"][rollout].items()


def own_entry() -> dict[str, Any]:
    from registry.build import entry  # noqa: PLC0415 - not a package that is installed

    return entry()


def test_others_are_listed_too(tmp_path: Path) -> None:
    listing = tmp_path / "others.json"
    mine = {"destinationDefinitionId": own_entry()["destinationDefinitionId"], "name": "Old"}
    listing.write_text(json.dumps({"sources": [{"name": "S"}], "destinations": [OTHER, mine]}))
    image = "registry.example.com/crm/destination-profiles:1.2.3"
    make(tmp_path, "--others", str(listing), "--image", image)
    made = json.loads((tmp_path / LISTING).read_text())
    assert made["sources"] == [{"name": "S"}]
    assert [each["name"] for each in made["destinations"]] == ["Other", "Profiles"]
    repository, tag = image.split(":")
    entry = json.loads((tmp_path / "metadata" / repository / tag / "oss.json").read_text())
    assert (entry["dockerRepository"], entry["dockerImageTag"]) == (repository, tag)


@needs_pyairbyte
def test_pyairbyte_finds_the_connector(address: str) -> None:
    environment = {**os.environ, "AIRBYTE_LOCAL_REGISTRY": address + LISTING, "DO_NOT_TRACK": "1"}
    script = ROOT / "integration_tests" / "pipelines" / "registry.py"
    done = subprocess.run(
        [PIPELINES, script, "destination-profiles"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["display_name"], found["latest_available_version"], found["language"]) == (
        "Profiles",
        "0.1.0",
        "python",
    )
