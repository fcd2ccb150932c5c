"""What the code says to people: every sentence and part of one, read from the package itself."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from destination_profiles import errors
from destination_profiles.errors import InvalidRecord, ProfilesError
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted

PACKAGE = Path(__file__).parents[1] / "destination_profiles"
ANY = "…"  # a part that changes
WORD = r"[^\W\d_]{2,}"
MIN_WORDS = 3  # a text of fewer is no part of a sentence that needs to be told
NO_MESSAGES = {
    "arguments",
    "terminal",
    "forecast_table",
    "kinds_table",
    "asking",
    "init_arguments",
    "init_page",
    "examples_page",
    "acquaintance",
    "resend_table",
    "where_words",
    "explaining",
    "charts",
    "check_page",
    "kept",
    "page",
    "verdict",
    "discover_page",
    "spec_page",
    "write_page",
    "discovery",
}  # help, tables and pages for people at a command, and what a form says of its fields
NOT_TOLD = {  # texts that are no message of their own
    "… of … (… …: …)": "one of the reasons in the sentence of TooManyRejected",
    "… further kinds of reason": "a line of the table of rejections",
    (
        "Read … records in … s (…/s): … accepted, … rejected, … superseded, … deleted, "
        "… on their way. "
        "Chunks: …, … in flight of … at once, … retries…."
    ): ("the line of counts"),
    "… (the last: …)": "a part of it",
    "Findings of check": "the heading that a failed check names",
    "A defect of the connector ended the sync.": "in the figures; the sync's last line says more",
    "its answer cannot be read": "likewise, why a request was sent again",
}
SQL = ("SELECT ", "INSERT ", "CREATE ", "UPDATE ")  # of a memory: told to nobody
KINDS = {  # of errors, but for the root of the tree
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, ProfilesError | InvalidRecord)
    and kind is not ProfilesError
}
FINDINGS = {"problems": "Problems", "warnings": "Warnings"}  # of check: the list, and its heading
LOG = "Lines of the log"


@dataclass(frozen=True)
class Text:
    """A text of the code with `…` for what changes, and the heading of docs/errors.md that it
    belongs under, where it has one.
    """

    words: str
    heading: str | None = None

    def pattern(self) -> str:
        return ".*".join(re.escape(part) for part in self.words.split(ANY))

    def __len__(self) -> int:
        return len(self.words.replace(ANY, ""))


class Module:
    """The texts of one file of the package.

    A sentence is what is given to an error, to a finding of `check` or to the log, whatever it is
    built of: a text, a constant, a local name, a format. Parts are all other texts of three words.
    """

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.names = dict(self._assigned(self.tree.body))

    def texts(self) -> Iterator[Text]:
        """Sentences under their headings, and parts."""
        owners = {
            each: scope.name
            for scope in ast.walk(self.tree)
            if isinstance(scope, ast.ClassDef)
            for each in scope.body
        }
        for scope in (each for each in ast.walk(self.tree) if isinstance(each, ast.FunctionDef)):
            local = self.names | dict(self._assigned(ast.walk(scope)))
            for call in (
                each for each in ast.walk(scope) if isinstance(each, ast.Call) and each.args
            ):
                if (heading := self._heading(call, owners.get(scope))) and (
                    words := self._words(call.args[0], local)
                ):
                    yield Text(words, heading)
        no_parts = {
            node.value for node in ast.walk(self.tree) if isinstance(node, ast.Expr)
        }  # docstrings
        no_parts |= {
            part
            for node in ast.walk(self.tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant | ast.JoinedStr) and node not in no_parts:
                words = self._words(node, self.names)
                if len(re.findall(WORD, words)) >= MIN_WORDS and len(words.split()) >= MIN_WORDS:
                    yield Text(words)

    def steps(self) -> Iterator[str]:
        """The steps at which a record is rejected."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(
                    func=ast.Name(id="Rejection"), args=[ast.Constant(value=str(step)), *_]
                ):
                    yield step
                case ast.Call(
                    func=ast.Name(id="RecordValidator"), args=[_, ast.Constant(value=str(step)), *_]
                ):
                    yield step

    def _heading(self, call: ast.Call, owner: str | None) -> str | None:
        """Where a call tells its first argument; `owner` is the class that it stands in."""
        match call.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__") if (
                owner in KINDS
            ):
                return owner
            case ast.Name(id=name) if name in KINDS and name != "InvalidRecord":
                return name
            case ast.Attribute(value=ast.Attribute(attr=list_), attr="append") if list_ in FINDINGS:
                return FINDINGS[list_]
            case (
                ast.Attribute(value=ast.Name(id="logger"), attr="warning" | "error")
                | ast.Attribute(value=ast.Name(id="self"), attr="_log" | "_tell")
            ):
                return LOG
        return None

    def _words(self, node: ast.AST, names: dict[str, ast.AST]) -> str:
        """The text of an expression, as far as it is one; empty where it is none."""
        match node:
            case ast.Constant(value=str(text)):
                words = text.replace("{}", ANY)
            case ast.JoinedStr(values=parts):
                words = "".join(
                    part.value if isinstance(part, ast.Constant) else self._constant(part)
                    for part in parts
                )  # type: ignore[misc]
            case ast.BinOp(left=left, op=ast.Add()):
                words = (self._words(left, names) or ANY) + ANY
            case ast.Name(id=name) if name in names:
                words = self._words(names[name], {})
            case ast.Call(func=ast.Attribute(value=inner, attr="format")):
                words = self._words(inner, names)
            case _:
                return ""
        return re.sub(f"{ANY}({ANY})+", ANY, words) if re.search(WORD, words) else ""

    def _constant(self, part: ast.AST) -> str:
        """A constant of the module that stands in an f-string, else anything."""
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            return self._words(self.names.get(part.value.id, part), {}) or ANY
        return ANY

    @staticmethod
    def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.value


def manifest_texts() -> Iterator[Text]:
    """The sentences of manifest.yaml, under the kind of error that the connector makes of them."""
    codes = [
        code
        for each in service().error_handler["response_filters"]
        if "error_message" in each
        for code in each["http_codes"]
    ]
    for code in [*codes, 418]:  # one that is not declared
        outcome = Answers(service()).interpret(code, b'{"error":%d}' % code, 1)
        assert not isinstance(outcome, Accepted)
        words = outcome.error.message.removesuffix(f" (code {code})")
        yield Text(words, type(outcome.error).__name__)


MODULES = [
    Module(path)
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.stem not in NO_MESSAGES and path.parent.name != "suggestion"
]


def code_texts() -> list[Text]:
    """All that is told, each once."""
    found = [text for module in MODULES for text in module.texts()] + list(manifest_texts())
    return list(
        dict.fromkeys(
            each
            for each in found
            if each.words not in NOT_TOLD and not each.words.startswith(("$.", *SQL))
        )
    )


def steps() -> set[str]:
    """All steps at which a record is rejected."""
    return {step for module in MODULES for step in module.steps()}
