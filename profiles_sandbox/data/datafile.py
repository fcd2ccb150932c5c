"""The data file: one SQLite file in WAL mode that one thread writes and any process may read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 4

_SCHEMA = """
CREATE TABLE profiles (pk INTEGER PRIMARY KEY, db_id INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX profiles_of_database ON profiles (db_id, pk);
CREATE TABLE keys (
    db_id INTEGER NOT NULL, place TEXT NOT NULL, value TEXT NOT NULL, resource_id INTEGER NOT NULL,
    profile INTEGER NOT NULL REFERENCES profiles (pk),
    PRIMARY KEY (db_id, place, value, profile, resource_id)
) WITHOUT ROWID;
CREATE TABLE answers (key TEXT PRIMARY KEY, stored_at REAL NOT NULL, http_status INTEGER NOT NULL,
    content_type TEXT NOT NULL, body BLOB NOT NULL, error INTEGER, error_text TEXT);
CREATE INDEX answers_by_age ON answers (stored_at);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL,
    ended_at TEXT, call TEXT NOT NULL,
    request_id TEXT, format TEXT,
    duplicate INTEGER NOT NULL DEFAULT 0, http_status INTEGER, error INTEGER, error_text TEXT,
    body_bytes INTEGER NOT NULL, body_sha256 TEXT NOT NULL, profiles INTEGER,
    accepted INTEGER, failed INTEGER,
    db_id INTEGER, matching TEXT, field_name TEXT, skip_triggers INTEGER,
    skip_invalid_subscriptions INTEGER, fault TEXT
);
CREATE INDEX journal_by_request_id ON journal (request_id, id);
CREATE TABLE reasons (request INTEGER NOT NULL, code INTEGER NOT NULL, text TEXT NOT NULL,
    items INTEGER NOT NULL, PRIMARY KEY (request, code, text)) WITHOUT ROWID;
CREATE TABLE changes (profile INTEGER NOT NULL, request INTEGER NOT NULL, item INTEGER NOT NULL,
    was BLOB NOT NULL, PRIMARY KEY (profile, request, item)) WITHOUT ROWID;
"""


class DataFileError(Exception):
    """The file is missing, or is not one of this sandbox."""


class DataFile:
    """The open file. Use it from one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Wrap a connection made by one of the two functions below."""
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done inside, or nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def open_to_write(path: Path) -> DataFile:
    """Open the file, new or of an earlier run; raises DataFileError."""
    with _opening(path, path, isolation_level=None, check_same_thread=False) as connection:
        version = _version(connection)
        if not version and _holds_tables(connection):
            raise DataFileError(f"{path}: not a data file of the sandbox")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not version:
            connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
    return DataFile(connection)


def open_to_read(path: Path) -> DataFile:
    """Open the file of a server that runs or has run; raises DataFileError."""
    if not path.is_file():
        raise DataFileError(f"{path}: no such file")
    with _opening(path, f"{path.absolute().as_uri()}?mode=ro", uri=True) as connection:
        if not _version(connection):
            raise DataFileError(f"{path}: not a data file of the sandbox")
    return DataFile(connection)


@contextmanager
def _opening(path: Path, name: Path | str, **options: Any) -> Iterator[sqlite3.Connection]:
    """Connect, and close again when the file proves to be none of ours."""
    try:
        connection = sqlite3.connect(name, **options)
    except sqlite3.Error as error:
        raise DataFileError(f"{path}: {error}") from error
    connection.row_factory = sqlite3.Row
    try:
        if _version(connection) not in (0, SCHEMA_VERSION):
            raise DataFileError(f"{path}: a data file of another version of the sandbox")
        yield connection
    except sqlite3.Error as error:
        connection.close()
        raise DataFileError(f"{path}: {error}") from error
    except DataFileError:
        connection.close()
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _holds_tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
