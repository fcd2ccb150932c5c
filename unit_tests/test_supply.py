"""What is told of what the image is built from."""

import re
from typing import Any

import pytest

from supply.audit import verdict
from supply.bom import completed
from supply.declared import ROOT, pins, reasons
from supply.page import HEAD, page

PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \S+ \| \d", line)
]
LICENCES = {  # that an image under MIT may hold: none asks more than its text and its notices,
    "Apache Software License",
    "Apache-2.0",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT",
    "MPL-2.0",  # but for this one, which asks for the source of its own files where they change
    "PSF-2.0",
}
DIGEST = "ab" * 32


def component(name: str, **more: Any) -> dict[str, Any]:
    declared = [{"license": {"id": "MIT"}}]
    return {"type": "library", "bom-ref": name, "name": name, "version": "1.0"} | {
        "licenses": declared,
        **more,
    }


def listed() -> dict[str, Any]:
    needs = {"requests": ["idna", "six"], "idna": [], "six": [], "setuptools": []}
    return {
        "metadata": {},
        "components": [component(name) for name in needs],
        "dependencies": [{"ref": name, "dependsOn": refs} for name, refs in needs.items()],
    }


def report() -> dict[str, Any]:
    wanted = {
        "requests": ["idna<4", "six; extra == 'old'"],
        "IDNA": [],
        "six": [],
        "setuptools": [],
    }
    return {
        "install": [
            {
                "metadata": {"name": name, "requires_dist": needs},
                "download_info": {"archive_info": {"hashes": {"sha256": DIGEST}}},
            }
            for name, needs in wanted.items()
        ]
    }


def test_bill_has_the_file_of_each_package() -> None:
    *packages, base = completed(listed(), report())["components"]
    assert [each["hashes"] for each in packages] == [[{"alg": "SHA-256", "content": DIGEST}]] * 4
    assert [each["scope"] for each in packages] == ["required"] * 3 + ["excluded"]
    assert base["name"] == "docker.io/airbyte/python-connector-base" and base["hashes"]


def test_bill_says_what_needs_what() -> None:
    needs = {
        each["ref"]: each["dependsOn"] for each in completed(listed(), report())["dependencies"]
    }
    assert needs["requests"] == ["idna"]  # six for an extra alone
    assert needs["image"] == ["base", "idna", "requests", "six"]


def test_list_is_that_of_the_requirements() -> None:
    wanted = {name: pin.version for name, pin in pins("requirements.txt").items()}
    assert [row[:2] for row in ROWS] == [list(pair) for pair in sorted(wanted.items())]
    assert len(wanted) == 33
    assert PAGE.startswith(HEAD), "run make dependencies"


def test_list_has_the_reasons_of_the_setup() -> None:
    wanted = dict(reasons("install_requires"))
    told = {row[0]: row[4] for row in ROWS}
    assert {name: told[name] for name in wanted.keys() & told.keys()} == {
        name: reason for name, reason in wanted.items() if name != "airbyte-cdk"
    }
    others = [reason for name, reason in told.items() if name not in wanted]
    assert len(others) == 18
    assert all(reason.startswith(("under ", "builds ")) for reason in others)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_licence_is_one_of_those_allowed(row: list[str]) -> None:
    assert {each.strip() for each in row[3].split(",")} <= LICENCES


def test_a_version_keeps_its_day() -> None:
    bill = {"components": [component("six", scope="required")], "dependencies": []}
    first = page(bill, "", "2026-01-01")
    assert "| six | 1.0 | 2026-01-01 | MIT |" in first
    assert page(bill, first, "2026-02-02") == first
    bill["components"][0]["version"] = "1.1"
    assert "| six | 1.1 | 2026-02-02 |" in page(bill, first, "2026-02-02")


def found(*ids: str) -> dict[str, Any]:
    vulns = [{"id": each, "fix_versions": ["2.0"]} for each in ids]
    return {"dependencies": [{"name": "six", "version": "1.0", "vulns": vulns}]}


SKIPPED = {"dependencies": [{"name": "six", "skip_reason": "Dependency not found on PyPI"}]}


@pytest.mark.parametrize(
    ("probe", "answer", "code", "said"),
    [
        (found("PYSEC-1"), found(), 0, "1 versions were looked up: none is vulnerable."),
        (found("PYSEC-1"), found("PYSEC-2"), 1, "six 1.0: PYSEC-2, mended in 2.0"),
        (found("PYSEC-1"), SKIPPED, 2, "NOT AUDITED: 1 of 1 versions were not looked up."),
        (found("PYSEC-1"), {}, 2, "NOT AUDITED: 1 of 1 versions were not looked up."),
        (found(), found(), 2, "NOT AUDITED: 0 of 1 versions were not looked up."),
        (SKIPPED, SKIPPED, 2, "NOT AUDITED: 1 of 1 versions were not looked up."),
        ({}, found(), 2, "NOT AUDITED: 0 of 1 versions were not looked up."),
    ],
)
def test_no_answer_is_no_audit(
    probe: dict[str, Any], answer: dict[str, Any], code: int, said: str
) -> None:
    told = verdict(probe, answer, {"six"})
    assert (told[0], told[1][0]) == (code, said)
