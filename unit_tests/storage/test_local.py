"""A folder of this machine."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from destination_profiles.errors import ConfigError, StoreFailed, StoreInUse, StoreUnavailable
from destination_profiles.storage.folder import Below, joined, quoted
from destination_profiles.storage.local import LocalFolder

CANARY = "canary-7f3a"
UNSAFE = [
    "..",
    ".",
    "...",
    "../escape",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "~",
    "%2F",
    "%2E",
    "пользователи",
    "a:b*?",
    "con",
]
LONG = ["x" * 251, "пользователи_из_хранилища_данных_нашей_компании", "x" * 300, "x" * 300 + "a"]


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(str(tmp_path / "kept"))


def fail(act: Callable[[], object], error: type[Exception] = StoreFailed) -> str:
    with pytest.raises(error) as raised:
        act()
    return str(raised.value)


def test_what_is_written_is_read(folder: LocalFolder, tmp_path: Path) -> None:
    for name in ("b/2", "a/x/1", "b/1", "c"):
        folder.write(name, name.encode())
    assert folder.names() == ["a/x/1", "b/1", "b/2", "c"]
    assert (folder.names("b/"), folder.read("a/x/1")) == (["b/1", "b/2"], b"a/x/1")
    assert (tmp_path / "kept" / "b" / "2").read_bytes() == b"b/2"


def test_what_is_removed_is_gone(folder: LocalFolder) -> None:
    folder.write("a/1", b"")
    for _ in range(2):
        folder.remove("a/1")
    assert folder.names() == []


def test_things_belong_to_their_owner_only(folder: LocalFolder, tmp_path: Path) -> None:
    before = os.umask(0)
    folder.write("a/b/1", b"")
    os.umask(before)
    modes = [
        stat.S_IMODE((tmp_path / "kept" / name).stat().st_mode) for name in ("a", "a/b", "a/b/1")
    ]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("name", UNSAFE + LONG)
def test_name_never_leaves_its_folder(folder: LocalFolder, tmp_path: Path, name: str) -> None:
    folder.write(joined(quoted(name), "1"), b"x")
    (file,) = [each for each in tmp_path.rglob("1") if each.is_file()]
    assert file.parent.parent == tmp_path / "kept"


def test_names_are_looked_for_where_they_may_be(
    folder: LocalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store may hold tens of thousands of parts beside what is asked for."""
    names = ["a/b/1", "a/b/2", "a/bc/1", "ab/1", "c/1", "1"]
    for name in names:
        folder.write(name, b"x")
    walked: list[str] = []
    walk = os.walk

    def noted(top: Any) -> Iterator[Any]:
        for each in walk(top):
            walked.append(Path(each[0]).name)
            yield each

    monkeypatch.setattr(os, "walk", noted)
    for prefix, visited in [
        ("", {"a", "b", "bc", "ab", "c"}),
        ("a/b/", {"a", "b"}),
        ("a/b", {"a", "b", "bc"}),
        ("a", {"a", "b", "bc", "ab"}),
        ("a/b/1", {"a", "b"}),
        ("none/", set()),
    ]:
        walked.clear()
        assert folder.names(prefix) == sorted(each for each in names if each.startswith(prefix))
        assert set(walked[1:]) == visited


def test_names_never_meet() -> None:
    assert len({quoted(name) for name in UNSAFE + LONG}) == len(UNSAFE + LONG)


def test_probe_leaves_nothing(folder: LocalFolder, tmp_path: Path) -> None:
    folder.probe()
    assert list((tmp_path / "kept").iterdir()) == []


def test_missing_folders_are_made(tmp_path: Path) -> None:
    LocalFolder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()


# Locks


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_who_is_alone_holds_the_folder(folder: LocalFolder, first: bool, second: bool) -> None:
    held = folder.lock(alone=first)
    told = fail(lambda: folder.lock(alone=second), StoreInUse)
    holder = "a resend" if first else "a sync or a command that looks at it"
    assert told.startswith(f"The object storage is in use: {holder} runs with it.")
    held.release()
    folder.lock(alone=second).release()


def test_syncs_hold_the_folder_together(folder: LocalFolder) -> None:
    held = [folder.lock(alone=False) for _ in range(2)]
    for each in held:
        each.release()
        each.release()


def test_lock_ends_with_its_process(folder: LocalFolder, tmp_path: Path) -> None:
    program = (
        "import os, sys; from destination_profiles.storage.local import LocalFolder;"
        "LocalFolder(sys.argv[1]).lock(alone=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "kept")], check=False)
    assert ended.returncode == -9
    folder.lock(alone=True).release()


def test_what_a_killed_process_left_is_taken_away(folder: LocalFolder, tmp_path: Path) -> None:
    folder.write("a/1", b"")
    for name in (f".{'5f' * 16}.part", ".film.part"):  # the latter is somebody else's
        (tmp_path / "kept" / "a" / name).write_bytes(b"half")
    assert folder.names() == ["a/1"]
    folder.lock(alone=True).release()
    assert sorted(each.name for each in (tmp_path / "kept" / "a").iterdir()) == [".film.part", "1"]


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_old_leftover_is_taken_away_where_a_sync_begins(
    folder: LocalFolder, tmp_path: Path, hours: int, stays: bool
) -> None:
    """Another sync may write to what is younger."""
    others = folder.lock(alone=False)
    written = time.time() - hours * 3_600
    for name in (f".{'5f' * 16}.part", ".film.part", "1"):  # the others are no unfinished files
        (tmp_path / "kept" / name).write_bytes(b"half")
        os.utime(tmp_path / "kept" / name, (written, written))
    folder.lock(alone=False).release()
    left = {each.name for each in (tmp_path / "kept").iterdir()} - {".lock"}
    assert left == {".film.part", "1"} | ({f".{'5f' * 16}.part"} if stays else set())
    others.release()


def test_clock_of_the_file_system_tells_what_is_old(
    folder: LocalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever that of the process says."""
    left = tmp_path / "kept" / f".{'5f' * 16}.part"
    left.write_bytes(b"half")
    monkeypatch.setattr(time, "time", lambda: 1e10)
    folder.lock(alone=False).release()
    assert left.exists()


def test_leftover_that_cannot_be_taken_away_does_no_harm(
    folder: LocalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's word is taken over, as nothing is forbidden to root."""
    unlink = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path.parent.name == "a":
            raise PermissionError
        unlink(path, missing_ok)

    left = [f"{where}/.{'5f' * 16}.part" for where in "ab"]
    for name in left:
        (tmp_path / "kept" / name[0]).mkdir()
        (tmp_path / "kept" / name).write_bytes(b"half")
    monkeypatch.setattr(Path, "unlink", refuse)
    held = folder.lock(alone=True)
    assert [(tmp_path / "kept" / name).exists() for name in left] == [True, False]
    held.release()
    folder.lock(alone=True).release()


def test_folder_below_has_a_lock_of_its_own(folder: LocalFolder) -> None:
    whole, held = folder.lock(alone=False), folder.lock(alone=True, where="memory/crm")
    assert fail(lambda: folder.lock(alone=True, where="memory/crm"), StoreUnavailable)
    folder.lock(alone=True, where="memory/other").release()
    assert held.is_held()
    held.release()
    assert not held.is_held()
    folder.lock(alone=True, where="memory/crm").release()
    whole.release()


def test_files_are_stored_and_come_back_in_blocks(folder: LocalFolder, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5_000
    (tmp_path / "a").write_bytes(content)
    folder.store("x/a", tmp_path / "a")
    assert list(folder.blocks("x/a")) == [content[: 1 << 20], content[1 << 20 :]]
    assert folder.read("x/a") == content
    assert folder.names() == ["x/a"]


def test_part_of_a_folder_is_one(folder: LocalFolder, tmp_path: Path) -> None:
    below = Below(folder, "memory/crm")
    below.write("a/1", b"x")
    (tmp_path / "2").write_bytes(b"y")
    below.store("2", tmp_path / "2")
    folder.write("memory/crmx", b"")
    assert folder.names("memory/crm/") == ["memory/crm/2", "memory/crm/a/1"]
    assert (below.names(), below.names("a/"), below.read("2")) == (["2", "a/1"], ["a/1"], b"y")
    assert list(below.blocks("a/1")) == [b"x"]
    below.remove("a/1")
    assert below.names() == ["2"]


# What fails


@pytest.mark.parametrize("below", ["", "/below", "/below/deeper"])
def test_file_in_place_of_folder_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / CANARY).write_bytes(b"")
    told = fail(lambda: LocalFolder(f"{tmp_path / CANARY}{below}"), ConfigError)
    assert told.startswith("The folder of the object storage cannot be made or written to.")
    assert "object_storage_config" in told and CANARY not in told


def test_folder_that_cannot_exist_is_told() -> None:
    assert "cannot be made" in fail(lambda: LocalFolder("/proc/kept"), ConfigError)


def test_folder_that_vanished_stops(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "kept").rmdir()
    told = fail(lambda: folder.write("a", b""))
    assert told.startswith(
        "The object storage failed (No such file or directory), so no state may leave."
    )


def test_thing_that_is_not_there_is_told(folder: LocalFolder) -> None:
    assert "(No such file or directory)" in fail(lambda: folder.read(CANARY))


def test_file_in_the_way_is_told(folder: LocalFolder) -> None:
    folder.write(CANARY, b"")
    told = fail(lambda: folder.write(f"{CANARY}/1", b""))
    assert "(File exists)" in told and CANARY not in told


def test_full_disk_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import resource, signal, sys; from destination_profiles.storage.local import LocalFolder;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "LocalFolder(sys.argv[1]).write('a', b'x' * 11)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, check=False
    )
    assert b"StoreFailed: The object storage failed (File too large)" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_folders_above_are_of_the_owner_too(tmp_path: Path) -> None:
    before = os.umask(0)
    LocalFolder(str(tmp_path / "a" / "b" / "kept"))
    os.umask(before)
    places = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "kept"]
    assert [stat.S_IMODE(each.stat().st_mode) for each in places] == [0o700] * 3


def test_link_leads_nothing_out_of_the_folder(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "kept" / "users").symlink_to(tmp_path / "elsewhere")
    fail(lambda: folder.write("users/1", b"x"))
    fail(lambda: folder.write("users/more/1", b"x"))
    assert [each.name for each in (tmp_path / "elsewhere").rglob("*.*")] == []


def test_file_that_is_a_link_is_none_of_the_store(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "kept" / "1").symlink_to(tmp_path / "secret")
    assert folder.names() == []
    folder.write("1", b"x")
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert (folder.names(), folder.read("1")) == (["1"], b"x")


def test_lock_that_is_a_link_is_not_opened(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "kept" / ".lock").symlink_to(tmp_path / "elsewhere")
    fail(lambda: folder.lock(alone=True))
    assert not (tmp_path / "elsewhere").exists()


def test_old_file_that_others_may_read_is_not_kept(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "kept" / "1").write_bytes(b"old")
    (tmp_path / "kept" / "1").chmod(0o666)
    folder.write("1", b"new")
    assert stat.S_IMODE((tmp_path / "kept" / "1").stat().st_mode) == 0o600


def test_probe_finds_a_folder_that_cannot_be_written_to(
    folder: LocalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's word is taken over, as nothing is forbidden to root."""
    folder.write("7/users/1", b"x")
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "users")
    assert "within that of the object storage" in fail(folder.probe, ConfigError)
