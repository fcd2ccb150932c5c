"""Files as people and editors write them."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from destination_profiles.commands.files import read_object
from destination_profiles.errors import ConfigError

CANARY = "canary-7f3a"
JSON = b'{"a": {"b": [1, 1.5, true, null, "\xc3\xa4"]}}'
YAML = b"# by hand\na:\n  b: [1, 1.5, true, null, \xc3\xa4]\n"
VALUE = {"a": {"b": [1, 1.5, True, None, "ä"]}}


def read(folder: Path, content: bytes, name: str = "config.json") -> Any:
    (folder / name).write_bytes(content)
    return read_object(str(folder / name), "configuration")


def refusal(folder: Path, content: bytes, name: str = "config.json") -> str:
    """The sentence, without the folder."""
    with pytest.raises(ConfigError) as raised:
        read(folder, content, name)
    assert CANARY not in raised.value.message
    return raised.value.message.replace(f"{folder}/", "")


@pytest.mark.parametrize("name", ["config.json", "config.yaml", "config"])
@pytest.mark.parametrize("content", [JSON, YAML, b"\n\t" + JSON, YAML.replace(b"\n", b"\r\n")])
def test_json_and_yaml_are_read(tmp_path: Path, content: bytes, name: str) -> None:
    assert read(tmp_path, content, name) == VALUE


@pytest.mark.parametrize("content", [JSON, YAML])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_byte_order_mark_is_skipped(
    tmp_path: Path, content: bytes, mark: bytes, encoding: str
) -> None:
    assert read(tmp_path, mark + content.decode().encode(encoding)) == VALUE


@pytest.mark.parametrize(
    "word", ["NO", "on", "yes", "2024-01-01", "12:30", "007", "0x1F", "+79001234567", ".5", "1_0"]
)
def test_word_stays_the_text_that_it_looks_like(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, f"a: {word}\n{word}: b".encode()) == {"a": word, word: "b"}


def test_names_are_texts(tmp_path: Path) -> None:
    assert read(tmp_path, b"1: a\ntrue: b\nnull: c") == {"1": "a", "true": "b", "null": "c"}


def test_anchors_are_followed(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: &x {b: 1}\nc: *x\nd: {<<: *x, b: 2}") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 2},
    }


def bomb(times: int, levels: int, item: str) -> bytes:
    """Each level holds the one before so many times."""
    lines = [f"a0: &a0 [{', '.join([item] * times)}]"]
    lines += [
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * times)}]"
        for level in range(1, levels)
    ]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("times", "levels", "item", "is_read"),
    [(10, 5, "x", True), (10, 7, "x", False), (10, 40, "x", False), (2, 4, "x" * 200_000, False)],
)
def test_aliases_that_repeat_too_much_are_refused(
    tmp_path: Path, times: int, levels: int, item: str, is_read: bool
) -> None:
    content = bomb(times, levels, item)
    if is_read:
        assert len(read(tmp_path, content)) == levels
    else:
        assert "its aliases (*) repeat too much." in refusal(tmp_path, content)


def test_merges_that_repeat_too_much_are_refused(tmp_path: Path) -> None:
    names = ", ".join(f"k{number}: 1" for number in range(1_100))
    merged = "".join(f"m{number}: {{<<: *b}}\n" for number in range(1_100))
    told = refusal(tmp_path, f"b: &b {{{names}}}\n{merged}".encode())
    assert "its aliases (*) repeat too much." in told


def test_alias_within_itself_is_nothing_that_json_has(tmp_path: Path) -> None:
    assert "a value that JSON does not have" in refusal(tmp_path, b"a: &a [*a]")


def test_integers_keep_their_digits(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: 12345678901234567890") == {"a": 12345678901234567890}


BROKEN = [
    (b'{"a": 1\n "b": 2}', "line 2, column 2: a comma is missing"),
    (b'{"a": 1,\n b: 2}', "line 2, column 2: a name in double quotes is missing"),
    (b'{"a" 1}', "line 1, column 6: a colon is missing"),
    (b'{"a": canary-7f3a}', "line 1, column 7: a value is missing, or a text without double"),
    (b'{"a": "canary-7f3a', "line 1, column 7: a text has no closing quote"),
    (b'{"a": "canary\n-7f3a"}', "line 1, column 14: a text holds a line break or another"),
    (b'{"a": "\\c"}', "line 1, column 8: a backslash is not allowed here; write two"),
    (b'{"a": 1} canary-7f3a', "line 1, column 10: something follows the end"),
    (b'{"a": 1,\n "b": {"c": 1, "c": 2}}', "line 2, column 16: a setting appears twice"),
    (b'{"a": 1,\t"a": 2}', "line 1, column 10: a setting appears twice"),
    (b"a: 1\nb: 2\na: 3", "line 3, column 1: a setting appears twice"),
    (b"a: b: canary-7f3a", "line 1, column 5: a colon is not allowed here; quote the text"),
    (b"a: 1\n b: 2", "line 2, column 3: a colon is not allowed here"),
    (b"a: @canary-7f3a", "line 1, column 4: a text that begins so, or a tab, must be in quotes"),
    (b"a:\n\tb: 1", "line 2, column 1: a text that begins so, or a tab, must be in quotes"),
    (b"a: *canary-7f3a", "line 1, column 4: a text that begins with * must be in quotes"),
    (b"a: !canary-7f3a b", "line 1, column 4: a text that begins with ! must be in quotes"),
    (b"a: [1, 2", "line 2, column 1: a bracket is not closed, or a comma is missing"),
    (b"a: 'canary-7f3a", "line 1, column 16: a quote is not closed"),
    (b"a: 1\n---\nb: 2", "line 2, column 1: a second document begins; only one is allowed"),
    (b"[a]: 1\n? [b]\n: 1", "line 1, column "),
    (b"a: !!int canary-7f3a", "a value does not have the type that it is tagged with"),
]


@pytest.mark.parametrize(("content", "words"), BROKEN)
def test_broken_file_is_told_with_its_place(tmp_path: Path, content: bytes, words: str) -> None:
    assert refusal(tmp_path, content).startswith(
        f"The file config.json of the configuration cannot be read: {words}"
    )


OTHERS = [
    (b"", "The file config.json of the configuration is empty."),
    (b"# only a comment", "The file config.json of the configuration is empty."),
    (b"canary-7f3a", "The configuration in the file config.json must be an object, "),
    (b"[1]", "The configuration in the file config.json must be an object, "),
    (b'{"a": "\\ud800"}', "The file config.json of the configuration holds text that is not "),
    (b"\xff\x00canary-7f3a", "The file config.json of the configuration holds text that is not "),
    (b'{"a": NaN}', "The file config.json of the configuration holds a value that JSON does not"),
    (b"a: !!timestamp 2024-01-01", "The file config.json of the configuration holds a value that "),
    (b"a: &x [*x]", "The file config.json of the configuration holds a value that JSON does not"),
    (b"[" * 100_000, "The file config.json of the configuration is nested too deeply."),
]


@pytest.mark.parametrize(("content", "words"), OTHERS, ids=[words for _, words in OTHERS])
def test_other_content_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    assert refusal(tmp_path, content).startswith(words)


@pytest.mark.parametrize("name", ["nowhere.json", "a\0b", ""])
def test_missing_file_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=r"of the configured catalog cannot be read: "):
        read_object(name, "configured catalog")


def test_large_file_is_read_once(tmp_path: Path) -> None:
    content = {"streams": [{"name": str(number)} for number in range(1000)]}
    assert read(tmp_path, json.dumps(content).encode()) == content
