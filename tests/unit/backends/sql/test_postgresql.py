"""Differences between PostgreSQL and SQLite."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from broadsheet.backends.sql import database
from broadsheet.backends.sql.database import kind_of, parse_url
from broadsheet.backends.sql.opening import open_engine, read_transaction, write_transaction
from broadsheet.backends.sql.schema import HEAD
from broadsheet.backends.sql.store import SqlStore
from broadsheet.backends.sql.tables import meta, source_cursors
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import InvalidInputError, LibraryUnavailableError
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.pipeline import parse_kept
from postgresql_server import PostgresqlServer


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://ada@db/papers", "postgresql+psycopg"),
        ("postgres://ada@db/papers", "postgresql+psycopg"),
        ("postgresql+psycopg://ada@db/papers", "postgresql+psycopg"),
        ("sqlite:////srv/library.sqlite", "sqlite"),
        ("/srv/library.sqlite", "sqlite"),
    ],
)
def test_urls_as_people_write_them(given: str, driver: str) -> None:
    assert parse_url(given).drivername == driver


@pytest.mark.parametrize("given", ["mysql://ada@db/papers", "postgresql+psycopg2://db/x", "://"])
def test_other_urls_are_refused_with_those_that_are_legal(given: str) -> None:
    with pytest.raises(InvalidInputError, match=r"database_url.*postgresql://user:password@host"):
        parse_url(given)


def test_no_message_holds_a_password() -> None:
    url = parse_url("postgresql://ada:secret@db:5433/papers?password=secret2")
    assert kind_of(url).place_of(url) == "postgresql://ada@db:5433/papers"


def test_a_server_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(
        LibraryUnavailableError, match=r"postgresql://ada@127.0.0.1:1/papers: "
    ) as error:
        open_engine("postgresql://ada:secret@127.0.0.1:1/papers")
    assert "secret" not in str(error.value)


def test_a_database_that_does_not_exist_is_named(postgresql_server: PostgresqlServer) -> None:
    with pytest.raises(LibraryUnavailableError, match="no_such"):
        open_engine(postgresql_server.url_of("no_such"))


def test_text_is_ordered_by_its_bytes_in_any_locale(postgresql_server: PostgresqlServer) -> None:
    engine = open_engine(postgresql_server.new_database())
    with write_transaction(engine) as connection:
        values = [{"source": name, "cursor": "{}"} for name in ("b", "É", "a", "B", "_")]
        connection.execute(sa.insert(source_cursors), values)
    columns = sa.table(
        "columns", *map(sa.column, ("data_type", "collation_name", "table_name", "table_schema")),
        schema="information_schema",
    )  # fmt: skip
    text = (
        sa.select(columns.c.collation_name)
        .where(columns.c.table_schema == "public", columns.c.data_type == "text")
        .distinct()
    )
    with read_transaction(engine) as connection:
        names = connection.execute(
            sa.select(source_cursors.c.source).order_by(source_cursors.c.source)
        )
        assert names.scalars().all() == ["B", "_", "a", "b", "É"]
        assert connection.execute(text).scalars().all() == ["C"]
    engine.dispose()


def test_a_reader_sees_one_snapshot(postgresql_server: PostgresqlServer) -> None:
    engine = open_engine(postgresql_server.new_database())
    with read_transaction(engine) as reader:
        assert reader.execute(sa.select(meta)).all() == []
        with write_transaction(engine) as connection:
            connection.execute(sa.insert(meta).values(name="last change", number=7))
        assert reader.execute(sa.select(meta)).all() == []
    with read_transaction(engine) as reader:
        assert reader.execute(sa.select(meta.c.number)).scalar() == 7
    engine.dispose()


def test_a_writer_sees_what_the_writer_before_it_wrote(postgresql_server: PostgresqlServer) -> None:
    """Its snapshot must not be from before it waited for the lock."""
    engine = open_engine(postgresql_server.new_database())
    numbers: list[int] = []

    def add() -> None:
        for _ in range(10):
            with write_transaction(engine) as connection:
                last = connection.execute(sa.select(sa.func.max(meta.c.number))).scalar() or 0
                connection.execute(sa.insert(meta).values(name=str(last + 1), number=last + 1))
                numbers.append(last + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 41))
    engine.dispose()


def test_a_writer_that_waits_too_long_is_told_why(
    postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(postgresql_server.new_database())
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    with (
        write_transaction(engine),
        pytest.raises(LibraryUnavailableError, match="another process is writing"),
        write_transaction(engine),
    ):
        pass
    engine.dispose()


@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
def test_a_durable_transaction_waits_for_the_disk(
    postgresql_server: PostgresqlServer, durable: bool, setting: str
) -> None:
    url = postgresql_server.new_database()
    engine = open_engine(url)
    engine.dispose()
    postgresql_server.execute(f"ALTER DATABASE {engine.url.database} SET synchronous_commit = on")
    current = sa.select(sa.func.current_setting("synchronous_commit"))
    for _ in range(2):  # pooled connections keep nothing of the transaction before
        with write_transaction(engine, durable=not durable):
            pass
        with write_transaction(engine, durable=durable) as connection:
            assert connection.execute(current).scalar() == setting
    engine.dispose()


def test_a_character_that_postgresql_cannot_hold_is_replaced(
    postgresql_server: PostgresqlServer,
) -> None:
    raw = b'{"id": "pl:1", "title": "One\\u0000two"}'
    record = parse_kept("papers-jsonl", raw)
    with SqlStore(postgresql_server.new_database(), Decider(parse_kept)) as store:
        store.store([Arrival(record, RawRecord(raw, "a\0b"), "papers-jsonl", "file\0name")])
        (paper,) = store.iter_papers()
        assert "\0" not in paper.title
        (stored,) = store.records_of(paper.key)
        assert (stored.raw, stored.position) == (raw, "a\ufffdb")


def test_a_read_only_server_says_so(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.new_database()
    engine = open_engine(url)
    engine.dispose()
    name = engine.url.database
    postgresql_server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with (
        pytest.raises(LibraryUnavailableError, match="does not permit"),
        write_transaction(engine) as connection,
    ):
        connection.execute(sa.insert(meta).values(name="x", number=1))
    engine.dispose()


def test_a_library_of_a_newer_program_is_refused(postgresql_server: PostgresqlServer) -> None:
    url = postgresql_server.new_database()
    engine = open_engine(url)
    engine.dispose()
    postgresql_server.execute(
        "UPDATE alembic_version SET version_num = '9999'", engine.url.database
    )
    with pytest.raises(LibraryUnavailableError, match=rf"newer Broadsheet.*9999.*{HEAD}"):
        open_engine(url)


def test_a_database_of_another_encoding_is_refused(postgresql_server: PostgresqlServer) -> None:
    postgresql_server.execute(
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    )
    with pytest.raises(InvalidInputError, match=r"LATIN1.*createdb"):
        open_engine(postgresql_server.url_of("latin"))


def test_connections_that_the_server_ended_are_replaced(
    postgresql_server: PostgresqlServer,
) -> None:
    with SqlStore(postgresql_server.new_database(), Decider(parse_kept)) as store:
        assert store.count() == 0
        postgresql_server.stop()
        with pytest.raises(LibraryUnavailableError, match="cannot be reached"):
            store.count()
        postgresql_server.start()
        assert store.count() == 0
        began = dt.datetime.now(dt.UTC)
        assert store.sources.begin_run("fake", began).number == 1
