"""Opening a database: pragmas, the write transaction, migrations."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.domain.errors import LibraryUnavailableError

HEAD = "digest"
"""The newest migration this code knows; a test compares it with the files."""

BUSY_SECONDS = 60
"""How long a writer waits for another before it gives up."""

WRITER_CACHE_KIB = 65_536
_WRITER_LOCK = 0x42726F61
"""Any constant: names the one-writer lock among a server's advisory locks."""

_log = logging.getLogger(__name__)


def url_of(database: Path | str) -> str:
    """A database URL; a path means an SQLite file."""
    text = str(database)
    return text if "://" in text else f"sqlite:///{text}"


def open_engine(database: Path | str) -> Engine:
    """Connect and bring the tables up to date.

    Raises LibraryUnavailableError where the database cannot be opened or is
    newer than this program.
    """
    url = url_of(database)
    engine = sa.create_engine(url, max_overflow=40)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine)
    try:
        _migrate(engine)
    except sa.exc.DatabaseError as error:
        engine.dispose()
        raise LibraryUnavailableError(
            f"{database}: cannot be opened as a library ({error.orig}); "
            "check that the file is a Broadsheet database and that you may write to it"
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _set_up_sqlite(engine: Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # The driver must not open transactions by itself: ``_begin`` does.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_SECONDS * 1000}",
            # Only for a new file: rows of 1 to 2 KB leave a third of a 4 KB page empty.
            "page_size = 16384",
            "journal_mode = WAL",
            # In WAL mode a crash of the machine may lose the last batch, never corrupt.
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            # Fewer, larger checkpoints: an import rewrites the same index pages often.
            "wal_autocheckpoint = 2000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            # An import changes the same index pages often. Readers see other rows each time:
            # for them the system's cache is enough, and filling one of their own takes longer
            # than reading: 0.2 ms a page of results, in place of 0.1.
            connection.exec_driver_sql(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """The one write transaction of a library, over all threads and processes.

    Waits for other writers. Raises LibraryUnavailableError after ``BUSY_SECONDS``,
    and where the database cannot be written (disk full, read-only); then nothing is.
    """
    try:
        with (
            engine.connect() as plain,
            plain.execution_options(writing=True) as connection,
            connection.begin(),
        ):
            if engine.dialect.name == "postgresql":
                connection.execute(
                    sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK}
                )
            yield connection
    except sa.exc.OperationalError as error:
        if "locked" in str(error.orig):
            raise LibraryUnavailableError(
                f"the library stayed busy for {BUSY_SECONDS} s: another process is writing "
                "to it; try again when it has finished"
            ) from error
        raise LibraryUnavailableError(
            f"the library cannot be written ({error.orig}); what was stored before is safe, "
            "the rest can be imported again"
        ) from error


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        sa.text("SELECT version_num FROM alembic_version")
    ).scalar()
    return found


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
    with write_transaction(engine) as connection:
        version = _version(connection)
        if version == HEAD:
            return
        # Alembic takes longer to import than a search takes; only a migration needs it.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if version is not None and version not in known:
            raise LibraryUnavailableError(
                f"this library was made by a newer Broadsheet (its tables are at version "
                f"{version}, this program knows up to {HEAD}); install the newer program, "
                "or point --home at another library"
            )
        command.upgrade(config, "head")
        if version is not None:
            _log.info("brought the library's tables from version %s to %s", version, HEAD)
