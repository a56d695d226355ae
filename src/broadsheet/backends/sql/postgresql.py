"""PostgreSQL, by psycopg 3: for several servers over one library. Implements ``DatabaseKind``.

Text compares by bytes (collation "C") as in SQLite: answers do not depend on the server's
locale, and an update of the system's collations cannot break an index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from broadsheet.backends.sql import database
from broadsheet.domain.errors import (
    BroadsheetError,
    InvalidInputError,
    LibraryDamagedError,
    LibraryUnavailableError,
)

CONNECT_SECONDS = 10
"""How long to wait for a server, unless the URL says otherwise (``connect_timeout``)."""

_WRITER_LOCK = 0x42726F61
"""Any constant: names the one-writer lock among a server's advisory locks."""


def place_of(url: URL) -> str:
    """See DatabaseKind. The query is left out: it may hold a password too."""
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{user}{url.host or ''}{port}/{url.database or ''}"


def create_engine(url: URL) -> Engine:
    """See DatabaseKind."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise InvalidInputError(
            f"{place_of(url)}: PostgreSQL needs the extra `postgresql`; install it with: "
            "pip install 'broadsheet[postgresql]'"
        ) from error
    engine = sa.create_engine(
        url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)} | dict(url.query)),
        max_overflow=40,
        # One snapshot for each reading transaction, as in SQLite.
        isolation_level="REPEATABLE READ",
        # A server may have been restarted since a connection was used.
        pool_pre_ping=True,
    )
    sa.event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _record: object) -> None:
    from psycopg.types.string import StrDumper, StrDumperUnknown

    # PostgreSQL's text cannot hold U+0000; raw records are bytes and keep it.
    def without_nul(dumper: type[Any]) -> type[Any]:
        def dump(self: Any, text: str) -> Any:
            return dumper.dump(self, text.replace("\0", "\ufffd"))

        return type(dumper.__name__, (dumper,), {"dump": dump})

    for dumper in (StrDumper, StrDumperUnknown):  # the last one is the default
        connection.adapters.register_dumper(str, without_nul(dumper))


def writing_options(durable: bool) -> Mapping[str, Any]:
    """See DatabaseKind. A writer waits for the lock before its first statement sees a
    snapshot; with REPEATABLE READ that would be the one from before it waited."""
    return {"isolation_level": "READ COMMITTED"}


def take_write_lock(connection: Connection, durable: bool) -> None:
    """See DatabaseKind. Libraries in different schemas of one database do not wait for each
    other."""
    timeout = f"{database.BUSY_SECONDS * 1000 or 1}ms"
    settings = [sa.func.set_config("lock_timeout", timeout, True)]
    if not durable:
        settings.append(sa.func.set_config("synchronous_commit", "off", True))
    connection.execute(sa.select(*settings))
    schema = sa.func.hashtext(sa.func.current_schema())
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK, schema)))


def finish_migration(connection: Connection) -> None:
    """See DatabaseKind. Gives new text columns the collation "C".

    Raises InvalidInputError for a database that cannot hold all of Unicode.
    """
    encoding = connection.execute(sa.select(sa.func.current_setting("server_encoding"))).scalar()
    if encoding != "UTF8":
        raise InvalidInputError(
            f"{place_of(connection.engine.url)}: the database has the encoding {encoding}; make "
            "one with: createdb --encoding UTF8 --template template0 NAME"
        )
    names = ("table_name", "column_name", "table_schema", "collation_name", "data_type")
    columns = sa.table("columns", *map(sa.column, names), schema="information_schema")
    uncollated = sa.select(columns.c.table_name, columns.c.column_name).where(
        columns.c.table_schema == sa.func.current_schema(),
        columns.c.data_type.in_(["text", "character varying"]),
        columns.c.collation_name.is_(None),
        columns.c.table_name != "alembic_version",
    )
    quote = connection.dialect.identifier_preparer.quote
    for table, column in connection.execute(uncollated).all():
        connection.exec_driver_sql(
            f'ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} TYPE text COLLATE "C"'
        )


def insert_rows(
    connection: Connection,
    table: sa.Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """See DatabaseKind. Uses COPY."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def seconds_now() -> sa.ColumnElement[int]:
    """See DatabaseKind. The statement's time, not the time at which its transaction began."""
    return sa.cast(sa.func.floor(sa.extract("epoch", sa.func.clock_timestamp())), sa.BigInteger)


def count_bytes(connection: Connection) -> int:
    """See DatabaseKind."""
    size = sa.func.pg_database_size(sa.func.current_database())
    return int(connection.execute(sa.select(size)).scalar_one())


def check_structure(connection: Connection) -> None:
    """See DatabaseKind. The server checks pages when they are read, if it keeps checksums."""


def describe_failure(error: BaseException, place: str) -> BroadsheetError | None:
    """See DatabaseKind. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
    import psycopg

    reason = str(error).strip().partition("\n")[0]
    code = getattr(error, "sqlstate", None) or ""
    if not code and isinstance(error, psycopg.OperationalError):
        return _unreachable(place, reason)
    match code[:2], code:
        case "XX", "XX001" | "XX002":
            return LibraryDamagedError(place, reason)
        case "55", "55P03":
            return LibraryUnavailableError(
                f"{place}: the library stayed busy for {database.BUSY_SECONDS} s: another process "
                "is writing to it; try again when it has finished"
            )
        case "53" | "58", _:
            return LibraryUnavailableError(
                f"{place}: the database server lacks resources ({reason}); everything stored "
                "before is safe. Help the server, then repeat the command: papers that are "
                "stored are not stored twice"
            )
        case ("25", "25006") | ("42", "42501") | ("28", _):
            return LibraryUnavailableError(
                f"{place}: the server does not permit that ({reason}); the user in `database_url` "
                "must be able to create and write tables, and the server must not be a read-only "
                "copy"
            )
        case "08" | "3D", _:
            return _unreachable(place, reason)
        case "57" | "40", _:
            return LibraryUnavailableError(
                f"{place}: the server ended the connection or cancelled the statement ({reason}); "
                "nothing was half written; try again"
            )
    return None


def _unreachable(place: str, reason: str) -> BroadsheetError:
    return LibraryUnavailableError(
        f"{place}: the database cannot be reached ({reason}); check that the server runs and "
        "that `database_url` names its host, port, user, password and database"
    )
