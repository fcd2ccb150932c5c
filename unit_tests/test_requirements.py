"""What the image is built from is what setup.py asks for, in the versions of constraints.txt."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CDK = "airbyte-cdk"  # for hosts of its class; no command imports it
BUILD = "setuptools"
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)", re.MULTILINE
)


def pins(name: str) -> dict[str, tuple[str, int]]:
    """Versions, and how many hashes stand beside each."""
    found = PIN.findall((ROOT / name).read_text(encoding="utf-8"))
    return {package: (version, hashes.count("sha256:")) for package, version, hashes in found}


def asked() -> set[str]:
    """The names in install_requires of setup.py, in lower case."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    (wanted,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "install_requires"
    )
    return {re.split("[<>=]", each)[0].lower() for each in ast.literal_eval(wanted)}


IMAGE, ALL = pins("requirements.txt"), pins("constraints.txt")


def test_image_has_what_the_commands_ask_for() -> None:
    assert asked() - {CDK} <= IMAGE.keys()
    assert CDK in asked() and CDK not in IMAGE
    assert BUILD in IMAGE


def test_image_has_the_versions_of_all() -> None:
    assert {name: version for name, (version, _) in IMAGE.items()} == {
        name: ALL[name][0] for name in IMAGE
    }


def test_every_file_of_the_image_has_its_hash() -> None:
    assert all(hashes > 0 for _, hashes in IMAGE.values())
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text and "--no-index --no-deps" in text
