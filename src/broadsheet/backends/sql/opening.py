"""Opening a database, and its read and write transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext

from broadsheet.backends.sql.database import kind_of, parse_url
from broadsheet.backends.sql.rows import DamagedRowError
from broadsheet.backends.sql.schema import upgrade_schema
from broadsheet.domain.errors import LibraryDamagedError


def open_engine(database: Path | str) -> Engine:
    """Connect to a file or URL and bring its tables up to date.

    Raises LibraryUnavailableError if the database cannot be opened or is newer than this
    program, InvalidInputError for a URL that cannot be used. The engine raises
    LibraryUnavailableError instead of its own errors for every failure that is not a fault
    of the program: a damaged file, a full disk, a server that is gone.
    """
    url = parse_url(database)
    engine = kind_of(url).create_engine(url)
    sa.event.listen(engine, "handle_error", _translate_failure)
    try:
        upgrade_schema(engine, write_transaction)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _translate_failure(context: ExceptionContext) -> BaseException | None:
    """The error that SQLAlchemy raises instead of its own; None keeps its own."""
    if context.is_pre_ping or context.engine is None:
        return None
    kind = kind_of(context.dialect)
    return kind.describe_failure(context.original_exception, kind.place_of(context.engine.url))


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """One snapshot of the library. Never waits for writers.

    Raises LibraryUnavailableError, and LibraryDamagedError also for a row that cannot be
    understood.
    """
    with _translated_failures(engine), engine.connect() as connection:
        yield connection


@contextmanager
def write_transaction(engine: Engine, durable: bool = True) -> Iterator[Connection]:
    """The one write transaction of a library, over all threads and processes.

    ``durable`` commits reach the disk before the block ends, so that not even a power cut
    loses what people wrote. Without it the last commits may be lost with the machine (not
    with the process): for imports and syncs, which can be repeated. Nothing is ever torn.

    Waits for other writers. Raises LibraryUnavailableError after ``BUSY_SECONDS``, and if
    the database cannot be written (full disk, no permission); then nothing is written.
    """
    kind = kind_of(engine.dialect)
    with _translated_failures(engine), engine.connect() as plain:
        connection = plain.execution_options(**kind.writing_options(durable))
        with connection.begin():
            kind.take_write_lock(connection, durable)
            yield connection


@contextmanager
def _translated_failures(engine: Engine) -> Iterator[None]:
    """Translate errors that bypass SQLAlchemy: those of the driver's own cursor and of rows."""
    kind = kind_of(engine.dialect)
    try:
        yield
    except DamagedRowError as error:
        raise LibraryDamagedError(kind.place_of(engine.url), str(error)) from error
    except engine.dialect.loaded_dbapi.Error as error:
        described = kind.describe_failure(error, kind.place_of(engine.url))
        if described is None:
            raise
        raise described from error
