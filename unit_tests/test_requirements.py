"""What is installed and built is what setup.py asks for, in the versions that are pinned."""

import re
import tomllib
from importlib.metadata import distributions

import pytest
import yaml

from supply.declared import BUILDS, ROOT, pins, reasons

CDK = "airbyte-cdk"  # for hosts of its class; no command imports it
IMAGE, ALL = pins("requirements.txt"), pins("constraints.txt")
ASKED = {name for name, _ in reasons("install_requires")}
MAKEFILE, DOCKERFILE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "Dockerfile")
)


def test_image_has_what_the_commands_ask_for() -> None:
    assert ASKED - {CDK} <= IMAGE.keys()
    assert CDK in ASKED and CDK not in IMAGE
    assert BUILDS in IMAGE


def test_image_has_the_versions_of_all() -> None:
    assert {name: pin.version for name, pin in IMAGE.items()} == {
        name: ALL[name].version for name in IMAGE
    }


def test_every_file_of_the_image_has_its_hash() -> None:
    assert all(pin.hashes for pin in IMAGE.values())
    assert "--require-hashes" in DOCKERFILE and "--no-index --no-deps" in DOCKERFILE


def test_image_begins_with_a_digest() -> None:
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))
    base = metadata["data"]["connectorBuildOptions"]["baseImage"]
    assert re.fullmatch(r"\S+:4\.0\.0@sha256:[0-9a-f]{64}", base)
    assert f"ARG BASE_IMAGE={base}\n" in DOCKERFILE
    assert re.findall("^FROM (\\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE_IMAGE}"] * 2


def test_what_builds_the_package_is_pinned() -> None:
    """Of an isolated build too, and of that which is tested here."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    assert build["requires"] == [f"{BUILDS}=={IMAGE[BUILDS].version}"]
    wheels = [each.read_text("WHEEL") for each in distributions(name="destination-profiles")]
    built_by = [re.findall("^Generator: (.+)$", each, re.MULTILINE) for each in wheels if each]
    assert built_by == [[f"{BUILDS} ({IMAGE[BUILDS].version})"]]


def test_the_project_is_installed_by_its_pins_alone() -> None:
    (line,) = re.findall("^.*--editable.*$", MAKEFILE, re.MULTILINE)
    assert line.startswith("INSTALL := ")
    assert "--only-binary :all: --constraint constraints.txt" in line
    assert len(re.findall(r"python \$\(INSTALL\) '\.\[", MAKEFILE)) == 5


@pytest.mark.parametrize(("argument", "count"), [("install_requires", 16), ("extras_require", 24)])
def test_every_dependency_has_its_reason(argument: str, count: int) -> None:
    asked = reasons(argument)
    assert len(asked) == count
    assert [name for name, reason in asked if not reason] == []
