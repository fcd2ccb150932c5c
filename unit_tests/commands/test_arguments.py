"""The command line: what it explains, and what it refuses."""

import pytest

from destination_profiles.commands.arguments import COMMANDS, OF_PROTOCOL, parse
from destination_profiles.commands.explaining import EXAMPLES

CANARY = "canary-7f3a"
WRONG: list[tuple[list[str], str]] = [
    (["chek"], ": there is no command chek: is it check?"),
    (["Ann@example.org"], ": there is no command *."),
    (["--humen"], ": the following arguments are required: command."),
    (["check"], " check: the following arguments are required: --config."),
    (["check", "--config"], " check: argument --config: expected one argument."),
    (
        ["check", "--config", "x", f"--humen={CANARY}"],
        " check: there is no option --humen: is it --human?",
    ),
    (["check", "--config", "x", "--conf", CANARY], " check: there is no option --conf: is it"),
    (
        ["write", "--max", CANARY, "--config", "x", "--catalog", "x"],
        " write: there is no option --max.",
    ),
    (
        ["check", "--config", "x", "--confiq", CANARY],
        " check: there is no option --confiq: is it --config?",
    ),
    (["check", "--config", "x", f"-{CANARY}"], " check: there is no option *."),
    (
        ["check", "--config", "x", CANARY],
        " check: there is an argument too many, which no option stands before.",
    ),
    (["spec", f"--human={CANARY}"], " spec: argument --human: takes no value."),
    (["spec", "--human", "--json"], " spec: argument --json: not allowed with argument --human."),
    (
        ["forecast", "--config", "x", "--catalog", "x", "--in-flight", CANARY],
        " forecast: argument --in-flight: must be a whole number, 1 or more.",
    ),
    (
        ["where", "--config", "x", "--key", CANARY],
        " where: argument --key: must be a field, = and a value.",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_wrong_argument_is_one_sentence(
    arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    said = capfd.readouterr()
    program = f"destination-profiles{sentence.partition(':')[0]}"
    assert (ended.value.code, said.out, CANARY in said.err) == (2, "", False)
    assert said.err.startswith(f"destination-profiles{sentence}")
    assert said.err.endswith(f" Help: {program} --help\n")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_tells_what_how_and_codes(
    command: str, columns: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit) as ended:
        parse([*filter(None, [command]), "--help"])
    said = capfd.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    assert all(f"\n  {code}  " in said.out for code in ("0       ", "1       ", "130, 143"))
    assert f"\n  {EXAMPLES[command or 'check']}\n" in said.out
    assert ("--human" in said.out) is (command in OF_PROTOCOL)


def test_no_argument_asks_for_help(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([])
    assert "usage: destination-profiles" in capfd.readouterr().out


def test_a_person_or_the_platform_is_spoken_to() -> None:
    parsed = parse(["check", "--config", "x", "--human"])
    assert (parsed.human, parsed.json, parsed.config) == (True, False, "x")
