"""What the documentation says of the code is what the code says."""

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from destination_profiles.commands.check import HEADING
from destination_profiles.commands.forecast import round_trips
from destination_profiles.config import Config
from destination_profiles.delivery.chunks import HELD_BODIES
from destination_profiles.service.manifest import service
from destination_profiles.spec import spec
from destination_profiles.sync.pump import INTERRUPTED_SECONDS
from unit_tests.messages import KINDS, LOG, Text, code_texts, steps

ROOT = Path(__file__).parents[1]
RESULTS = json.loads((ROOT / "benchmarks" / "results" / "results.json").read_text(encoding="utf-8"))
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]
}
ERRORS, GUIDE, MAPPING = (PAGES[f"docs/{name}.md"] for name in ("errors", "profiles", "mapping"))
PICTURES = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("docs/*.svg")}


def sections(page: str) -> dict[str, str]:
    """What stands under each heading, that of lower ones too."""
    heads = list(re.finditer(r"^(#+) (.+)$", page, re.MULTILINE))
    ends = [
        next(
            (other.start() for other in heads[n + 1 :] if len(other[1]) <= len(head[1])), len(page)
        )
        for n, head in enumerate(heads)
    ]
    return {head[2]: page[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def quotes(page: str) -> list[str]:
    """The sentences, each a block quote of its own."""
    return [
        " ".join(line.removeprefix("> ") for line in block.splitlines())
        for block in re.findall(r"(?:^> .+\n)+", page, re.MULTILINE)
    ]


def cells(page: str) -> list[str]:
    """The parts of sentences: the column `text` of each table."""
    found = []
    for table in re.findall(r"(?:^\|.+\n)+", page, re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()
        )
        found += [row[head.index("text")] for row in rows if "text" in head]
    return found


CODE = code_texts()
SECTIONS = sections(ERRORS)
SENTENCES = [each for each in CODE if each.heading]
PARTS = [each for each in CODE if not each.heading]


def meant(documented: str, texts: list[Text]) -> Text | None:
    """The text that says most of those that a documented one may be."""
    return max(
        (each for each in texts if re.fullmatch(each.pattern(), documented)), key=len, default=None
    )


def test_sentences_are_found_in_the_code() -> None:
    assert len(SENTENCES) > 50
    assert {each.heading for each in SENTENCES} >= {*KINDS, "Problems", "Warnings", LOG} - {
        "InvalidRecord"
    }


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: text.words)
def test_every_sentence_has_its_place(text: Text) -> None:
    texts = [each for each in SENTENCES if each.heading == text.heading]
    assert text in [meant(each, texts) for each in quotes(SECTIONS[str(text.heading)])]


@pytest.mark.parametrize("text", PARTS, ids=lambda text: text.words)
def test_every_part_of_a_sentence_is_told(text: Text) -> None:
    assert any(re.search(text.pattern(), each) for each in quotes(ERRORS) + cells(ERRORS))


@pytest.mark.parametrize("documented", quotes(ERRORS))
def test_no_sentence_is_out_of_date(documented: str) -> None:
    assert meant(documented, SENTENCES) is not None


@pytest.mark.parametrize("documented", cells(ERRORS))
def test_no_part_is_out_of_date(documented: str) -> None:
    assert meant(documented, PARTS) is not None


@pytest.mark.parametrize("name", KINDS)
def test_every_error_has_a_section_with_its_type(name: str) -> None:
    failure_type = getattr(KINDS[name], "failure_type", None)
    assert failure_type is None or f"Failure type: `{failure_type}`" in SECTIONS[name]
    assert quotes(SECTIONS[name]) or name == "InvalidRecord"


@pytest.mark.parametrize(
    "name",
    [
        "ConfigError",
        "Refused",
        "Unavailable",
        "StoreUnavailable",
        "StoreFailed",
        "BadAnswer",
        "SystemFault",
    ],
)
def test_findings_of_check_lead_to_what_ends_it(name: str) -> None:
    """A failed `check` names the heading of its findings alone, whatever kind of error it met."""
    assert f"](#{name.lower()})" in SECTIONS[HEADING]
    assert f"### {name}\n" in ERRORS


def test_steps_of_a_rejection_are_those_of_the_code() -> None:
    assert {head.split("`")[1] for head in SECTIONS if head.startswith("Step `")} == steps()
    assert all(f"`{step}`" in PAGES["docs/refused.md"] for step in steps())


def anchors(page: str) -> set[str]:
    """The anchors that a page's headings get on GitHub."""
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in sections(page)}


LINKS = [
    (page, link)
    for page, text in PAGES.items()
    for link in re.findall(r"\]\(([^)\s]+)\)", text)
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_link_leads_somewhere(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.is_file()
    assert not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


def names(form: object, *, mapped: bool = False) -> Iterator[tuple[str, bool]]:
    """Each setting of a form, and whether it is one of the mapping."""
    if isinstance(form, dict):
        for name, each in form.get("properties", {}).items():
            yield name, mapped
            yield from names(each, mapped=mapped or name in ("fields", "subscriptions"))
        for each in [*form.get("oneOf", ()), form.get("items")]:
            yield from names(each, mapped=mapped)


@pytest.mark.parametrize(
    ("name", "mapped"), dict.fromkeys(names(spec()["connectionSpecification"]))
)
def test_every_setting_is_named(name: str, mapped: bool) -> None:
    assert f"`{name}`" in (MAPPING if mapped else GUIDE)


def test_headings_are_those_of_the_template() -> None:
    order = [
        "Prerequisites",
        "Setup guide",
        "Supported sync modes",
        "Data type map",
        "Performance considerations",
    ]
    assert re.findall(r"^## (.+)$", GUIDE, re.MULTILINE) == [
        *order,
        "Limitations & Troubleshooting",
        "Changelog",
    ]


@pytest.mark.parametrize("mode", service().matching_modes)
def test_picture_has_every_matching_mode(mode: str) -> None:
    assert f">{mode}<" in PICTURES["matching"]
    assert f" {mode}: " in PICTURES["matching"]  # in the description, for who does not see it


def test_picture_of_the_house_has_every_folder() -> None:
    heads = re.findall(r'class="head"[^>]*>([^<]+)<', PICTURES["house"])
    shown = {name for head in heads for name in head.split(", ")}
    package = ROOT / "destination_profiles"
    assert {path.parent.name for path in package.glob("*/__init__.py")} <= shown


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_a_whole_one(name: str) -> None:
    root = ElementTree.fromstring(PICTURES[name])
    assert root.attrib["role"] == "img"
    assert [each.tag.rpartition("}")[2] for each in root[:2]] == ["title", "desc"]
    assert any(f"({name}.svg)" in page for page in PAGES.values())


@pytest.mark.parametrize("mode", [*spec()["supported_destination_sync_modes"]])
def test_every_sync_mode_is_named(mode: str) -> None:
    assert f"| `{mode}` | yes |" in GUIDE


LIMITS, CALLS = service(), service().calls
WAITS = [
    (
        f"{CALLS['update_batch'].timeout[1]} seconds were waited for an update, "
        f"{CALLS['databases_get'].timeout[1]} for a call that only reads"
    )
]


@pytest.mark.parametrize(
    ("page", "figure"),
    [
        (GUIDE, f"up to {LIMITS.max_profiles:,} profiles or {LIMITS.max_bytes:,} bytes"),
        (GUIDE, f"most {HELD_BODIES * LIMITS.max_bytes:,} bytes of rows"),
        (GUIDE, f"| `batching` `max_profiles` | {Config.max_profiles:,} |"),
        (GUIDE, f"| `batching` `max_bytes` | {Config.max_bytes:,} |"),
        (GUIDE, f"| `batching` `max_age_seconds` | {Config.max_age_seconds:.0f} |"),
        (GUIDE, f"| `delivery` `max_in_flight` | {Config.max_in_flight} |"),
        (GUIDE, f"| `delivery` `retry_seconds` | {Config.retry_seconds:.0f} |"),
        (GUIDE, f"| `delivery` `wire_format` | `{Config.wire_format}` |"),
        (GUIDE, f"| `null_values` | `{Config.null_values}` |"),
        (GUIDE, f"| `time_zone` | `{Config.time_zone}` |"),
        (
            PAGES["README.md"],
            f"{LIMITS.max_profiles:,} profiles or {LIMITS.max_bytes // 1_000_000} MB a request",
        ),
        (PICTURES["record"], f">{LIMITS.max_profiles:,} profiles<"),
        (PICTURES["record"], f">or {LIMITS.max_bytes // 1_000_000} MB<"),
        (ERRORS, f"a firewall; {CALLS['update_batch'].timeout[0]} seconds were waited"),
        (ERRORS, *WAITS),
        (ERRORS, f"What was in flight was waited for, {INTERRUPTED_SECONDS:.0f} seconds at most"),
    ],
)
def test_figure_is_that_of_the_code(page: str, figure: str) -> None:
    assert figure in page


def test_figures_of_others_are_theirs() -> None:
    scenarios = (ROOT / "integration_tests" / "README.md").read_text(encoding="utf-8")
    speed = re.search(
        r"([\d,]+) records of (\d+) bytes a second on two cores.*after ([\d.]+) s of start-up",
        GUIDE,
        re.DOTALL,
    )
    assert speed
    (line,) = [each for each in RESULTS["cases"] if each[0] == f"{speed[2]} bytes: connector"]
    assert (line[5], line[2]) == (speed[1], f"{speed[3]} s")
    assert "400 requests at 500 ms each, eight at once: 27.3 s, of which 25 s" in GUIDE
    assert (
        "400 chunks with eight at once cost 27.3 s, 1.09 times the 25 s of the wait alone"
        in scenarios
    )


def test_results_of_the_benchmarks_are_shown() -> None:
    shown = (ROOT / "benchmarks" / "results" / "results.md").read_text(encoding="utf-8")
    assert shown.strip() in PAGES["docs/speed.md"]
    assert all(cell in shown for part in RESULTS.values() for row in part for cell in row)


def test_comparison_is_that_of_the_benchmarks() -> None:
    rows = re.findall(
        r"^\| .+ \| ([\d,]+) \| ([\d.]+) \| (\d+ MB) \|$", PAGES["README.md"], re.MULTILINE
    )
    assert rows == [(each[5], each[8], each[7]) for each in RESULTS["peers"]]


def test_settings_are_those_of_the_specification() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "settings.py"))
    assert PAGES["docs/settings.md"] == made["page"](), "run make settings"


def test_front_page_stays_short() -> None:
    assert PAGES["README.md"].count("\n") < 150


def test_resources_are_those_of_the_metadata() -> None:
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))["data"][
        "resourceRequirements"
    ]["jobSpecific"]
    sync, check = [each["resourceRequirements"] for each in metadata]
    assert (
        f"| a sync as the connector comes | {sync['cpu_request']} | "
        f"{sync['memory_limit']} | {Config.max_in_flight} |"
    ) in GUIDE
    assert f"| `check`, `discover` | 1 | {check['memory_limit']} | |" in GUIDE


def test_times_are_those_of_the_forecast() -> None:
    speed = re.search(r"prepared \[([\d,]+) of these rows", GUIDE)
    assert speed
    reading = 1 / int(speed[1].replace(",", ""))
    for millions in (1, 10, 100):
        rows, requests = millions * 1_000_000, millions * 100
        seconds = [
            max(rows * reading, round_trips(requests, at_once) * latency)
            for latency, at_once in ((0.5, 8), (3, 8), (3, 32))
        ]
        shown = [f"{each:.1f}" if each < 10 else f"{each:,.0f}" for each in (*seconds, requests)]
        cells = "| " + " | ".join(f"{each} s" for each in shown) + " |"
        assert f"| {rows:,} | {requests:,} {cells}" in GUIDE, cells


def test_changelog_has_the_version() -> None:
    version = re.search(r'version="(.+)"', (ROOT / "setup.py").read_text(encoding="utf-8"))
    newest = re.search(
        r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert version and newest and version[1] == newest[1]
    assert f"| {newest[1]} | {newest[2]} |" in sections(GUIDE)["Changelog"]


COMMANDS = [
    (each["tool"], each["rest"].split('-k "')[0].split(" -k ")[0].split(), each["rest"])
    for each in re.finditer(r"`(?P<tool>pytest|stage) (?P<rest>[^`]+)`", PAGES["docs/assurance.md"])
]


@pytest.mark.parametrize(("tool", "places", "rest"), COMMANDS)
def test_attack_can_be_repeated(tool: str, places: list[str], rest: str) -> None:
    """Files and scenarios are there, and each word of a choice stands in the name of a test."""
    if tool == "stage":
        folder = ROOT / "integration_tests" / "scenarios"
        assert [each for each in places if not (folder / f"{each}.yaml").is_file()] == []
        return
    files = [file for each in places for file in [ROOT / each, *(ROOT / each).glob("test_*.py")]]
    text = "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
    chosen = rest.partition(" -k ")[2].strip('"').split(" or ") if " -k " in rest else [""]
    assert text and all((ROOT / each).exists() for each in places)
    assert [word for word in chosen if not re.search(rf"def test_\w*{word}", text)] == []
