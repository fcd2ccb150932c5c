"""What stands in several places says the same."""

import re
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from destination_profiles.config import Config, parse_storage
from destination_profiles.conversion import TYPES
from destination_profiles.records.codec import OVERWRITE, SENDS_ALL, SUPERSEDES
from destination_profiles.service.manifest import service
from destination_profiles.spec import spec
from destination_profiles.storage.opening import open_folder

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
METADATA = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))["data"]
PROPERTIES: dict[str, Any] = spec()["connectionSpecification"]["properties"]
NAMED_OTHERWISE = {
    "matching": "target",
    "db_id": "target",
    "object_storage_config": "storage",
}  # setting: part of Config
GROUPS = ("batching", "delivery")  # settings whose members are parts of Config themselves
OPTIONS = {"skip_triggers", "skip_invalid_subscriptions"}  # go to the service as they are


def settings() -> dict[str, Any]:
    """Every setting with its form; those of a group by their own names."""
    flat = {name: form for name, form in PROPERTIES.items() if name not in GROUPS}
    for group in GROUPS:
        flat |= PROPERTIES[group]["properties"]
    return flat


def test_every_setting_is_a_part_of_config() -> None:
    parts = {NAMED_OTHERWISE.get(name, name) for name in settings() if name not in OPTIONS}
    assert parts | {"options"} == set(Config.__dataclass_fields__)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (name, form)
        for name, form in settings().items()
        if "default" in form and name not in OPTIONS | NAMED_OTHERWISE.keys()
    ],
)
def test_defaults_are_those_of_config(name: str, form: dict[str, Any]) -> None:
    assert Config.__dataclass_fields__[name].default == form["default"]


def test_limits_are_those_of_the_service() -> None:
    limits = {
        name: PROPERTIES["batching"]["properties"][name]["maximum"]
        for name in ("max_profiles", "max_bytes")
    }
    assert limits == {"max_profiles": service().max_profiles, "max_bytes": service().max_bytes}


def test_modes_of_the_form_are_those_of_the_manifest() -> None:
    modes = [form["properties"]["mode"]["const"] for form in PROPERTIES["matching"]["oneOf"]]
    assert (modes, len(modes)) == (list(service().matching_modes), 11)


def test_types_of_the_form_are_those_that_convert() -> None:
    fields = PROPERTIES["streams"]["items"]["properties"]["fields"]["items"]["properties"]
    assert fields["type"]["enum"] == list(TYPES)


def test_stores_of_the_form_exist(tmp_path: Path) -> None:
    kinds = [
        form["properties"]["storage_type"]["const"]
        for form in PROPERTIES["object_storage_config"]["oneOf"]
    ]
    assert kinds == ["None", "Local", "S3"]
    s3 = {"s3_bucket_name": "b", "s3_bucket_region": "us-east-1", "bucket_path": ""}
    more = {"None": {}, "Local": {"path": str(tmp_path)}, "S3": s3}
    settings = [parse_storage({"storage_type": kind, **more[kind]}) for kind in kinds]
    assert len({type(open_folder(each)) for each in settings}) == 3


def test_sync_modes_are_those_of_the_pipeline() -> None:
    assert set(spec()["supported_destination_sync_modes"]) == (SENDS_ALL | SUPERSEDES | {OVERWRITE})


def test_version_is_the_same_everywhere() -> None:
    newest = re.search(
        r"^## (\S+) - ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    label = re.search(
        r'io\.airbyte\.version="(.+)"', (ROOT / "Dockerfile").read_text(encoding="utf-8")
    )
    assert newest and label
    assert {newest[1], label[1], METADATA["dockerImageTag"]} == {version("destination-profiles")}


def test_image_and_entry_point_agree() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    entry = re.search(r'AIRBYTE_ENTRYPOINT="(.+)"', text)
    point = re.search(r'ENTRYPOINT \["(.+)"\]', text)
    assert entry and point
    assert (entry[1], Path(entry[1]).name) == (point[1], "destination-profiles")
    image = METADATA["connectorBuildOptions"]["baseImage"]
    digest = image.partition("@")[2]
    assert f"ARG BASE_IMAGE={image}\n" in text
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)


@pytest.mark.parametrize("target", ["demo", "test", "soak", "check", "bench"])
def test_readme_commands_exist(target: str) -> None:
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_image_is_built_with_a_version_of_each_dependency() -> None:
    lines = [
        each
        for each in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not each.startswith("#")
    ]
    pinned = {name: pin for name, _, pin in (line.partition("==") for line in lines if line)}
    needed = [
        Requirement(each)
        for each in requires("destination-profiles") or []
        if "extra ==" not in each
    ]
    assert len(needed) > 5
    assert [
        str(each)
        for each in needed
        if not each.specifier.contains(pinned.get(canonicalize_name(each.name), "0"))
    ] == []
    assert all(pinned.values())
