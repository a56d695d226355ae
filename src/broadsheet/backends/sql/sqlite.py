"""SQLite: the default, one file in the home directory. Implements ``DatabaseKind``."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from broadsheet.backends.sql import database
from broadsheet.domain.errors import (
    BroadsheetError,
    LibraryDamagedError,
    LibraryUnavailableError,
)
from broadsheet.files import is_on_read_only_disk

WRITER_CACHE_KIB = 65_536


def place_of(url: URL) -> str:
    """See DatabaseKind."""
    return url.database or ":memory:"


def create_engine(url: URL) -> Engine:
    """See DatabaseKind."""
    engine = sa.create_engine(url, max_overflow=40)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: ``_begin`` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {database.BUSY_SECONDS * 1000}",
        # Only for a new file: rows of 1 to 2 KB leave a third of a 4 KB page empty.
        "page_size = 16384",
        "journal_mode = WAL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        # Fewer, larger checkpoints: an import rewrites the same index pages often.
        "wal_autocheckpoint = 2000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writing"):
        connection.exec_driver_sql("BEGIN")
        return
    # An import changes the same index pages often. Readers see other rows each time: for
    # them the system's cache is enough, and filling one of their own takes longer than
    # reading: 0.2 ms a page of results, in place of 0.1.
    connection.exec_driver_sql(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    # With NORMAL a crash of the machine may lose the last commits, but never corrupts the
    # file; with FULL each commit reaches the disk, and with it all commits before.
    # https://www.sqlite.org/pragma.html#pragma_synchronous
    level = "FULL" if options.get("durable") else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def writing_options(durable: bool) -> Mapping[str, Any]:
    """See DatabaseKind."""
    return {"writing": True, "durable": durable}


def take_write_lock(connection: Connection, durable: bool) -> None:
    """See DatabaseKind. BEGIN IMMEDIATE holds the lock already."""


def finish_migration(connection: Connection) -> None:
    """See DatabaseKind."""


def insert_rows(
    connection: Connection,
    table: sa.Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """See DatabaseKind. Uses the driver's executemany: handling of parameters in SQLAlchemy
    takes longer than SQLite takes to store a paper."""
    compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=list(names))
    connection.exec_driver_sql(str(compiled), list(rows))


def seconds_now() -> sa.ColumnElement[int]:
    """See DatabaseKind."""
    return sa.cast(sa.func.strftime("%s", "now"), sa.BigInteger)


def count_bytes(connection: Connection) -> int:
    """See DatabaseKind. Without the write-ahead log."""
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def check_structure(connection: Connection) -> None:
    """See DatabaseKind."""
    place = place_of(connection.engine.url)
    answers = connection.exec_driver_sql("PRAGMA integrity_check(5)").scalars().all()
    if answers != ["ok"]:
        raise LibraryDamagedError(place, "; ".join(map(str, answers)))
    if dangling := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise LibraryDamagedError(
            place, f"row {dangling[1]} of {dangling[0]} refers to no row of {dangling[2]}"
        )


def describe_failure(error: BaseException, place: str) -> BroadsheetError | None:
    """See DatabaseKind. Codes: https://www.sqlite.org/rescode.html"""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The driver itself gives no code if stored text is not UTF-8.
        undecodable = isinstance(error, sqlite3.OperationalError) and "decode" in str(error)
        return LibraryDamagedError(place, str(error)) if undecodable else None
    match code & 0xFF:  # the primary code of an extended one
        case sqlite3.SQLITE_CORRUPT:
            return LibraryDamagedError(place, str(error))
        case sqlite3.SQLITE_NOTADB:
            return LibraryUnavailableError(
                f"{place}: this file is not a Broadsheet database, or its first page is damaged "
                f"({error}); restore it from a backup, or choose another library with --home"
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LibraryUnavailableError(
                f"{place}: the library stayed busy for {database.BUSY_SECONDS} s: another process "
                "is writing to it; try again when it has finished"
            )
        case sqlite3.SQLITE_FULL:
            return LibraryUnavailableError(
                f"{place}: the disk is full ({error}); everything stored before is safe. Free "
                "some space, then repeat the command: papers that are stored are not stored twice"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN if is_on_read_only_disk(
            Path(place).parent
        ):
            return LibraryUnavailableError(
                f"{place}: the file system is read-only ({error}), as Linux makes it after an error "
                "of the disk; see the system's log (dmesg). Until it can be written again, copy "
                f"{Path(place).parent} to another disk and name the copy with --home"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return LibraryUnavailableError(
                f"{place}: cannot be opened for reading and writing ({error}); check that the "
                "directory exists and that you may write to it and to the file, or choose "
                "another library with --home"
            )
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_PROTOCOL:
            return LibraryUnavailableError(
                f"{place}: cannot be read or written ({error}); check the disk and the system's "
                "log, then try again"
            )
    return None
