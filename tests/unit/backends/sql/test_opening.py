"""Opening an SQL library: migrations, strange files, busy writers."""

import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from broadsheet.backends.sql import database
from broadsheet.backends.sql.opening import open_engine, write_transaction
from broadsheet.backends.sql.schema import HEAD
from broadsheet.backends.sql.tables import metadata, papers
from broadsheet.domain.errors import LibraryUnavailableError


def test_the_newest_migration_is_the_one_the_code_names():
    folder = database.__file__.rpartition("/")[0] + "/migrations"
    assert ScriptDirectory(folder).get_heads() == [HEAD]


def test_migrations_give_the_tables_that_the_code_uses(tmp_path):
    engine = open_engine(tmp_path / "library.sqlite")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        indexes = {
            index["name"]
            for table in metadata.tables
            for index in sa.inspect(connection).get_indexes(table)
        }
    assert indexes >= {index.name for table in metadata.tables.values() for index in table.indexes}
    engine.dispose()


def test_papers_known_to_a_month_leave_its_last_day(tmp_path):
    """One library had 177 papers of "August 2026" on Monday, 31 August."""
    path = tmp_path / "library.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option(
            "script_location", str(Path(database.__file__).parent / "migrations")
        )
        command.upgrade(config, "0003")
        rows = [
            (1, 20260831, 202608_00, None),
            (2, 20260831, 202608_31, None),
            (3, 20260812, 202608_00, '{"hf_date":"2026-08-12"}'),
            (4, 20191231, 2019_0000, '{"hf_date":20190101}'),
            (5, 20260901, None, None),
        ]
        for key, day, published, signals in rows:
            connection.execute(
                sa.text(
                    "INSERT INTO papers (key, id, day, votes, added_at, title, published, signals)"
                    " VALUES (:key, :id, :day, 0, 0, 'x', :published, :signals)"
                ),
                {
                    "key": key,
                    "id": str(key),
                    "day": day,
                    "published": published,
                    "signals": signals,
                },
            )
    engine.dispose()
    engine = open_engine(path)
    with engine.connect() as connection:
        listed = dict(connection.execute(sa.select(papers.c.key, papers.c.listed)).all())
    engine.dispose()
    assert listed == {1: 20260800, 2: 20260831, 3: 20260812, 4: 20190000, 5: 20260901}


def test_a_library_of_a_newer_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "library.sqlite"
    open_engine(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LibraryUnavailableError, match=r"newer Broadsheet.*9999"):
        open_engine(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"these are my notes, not a database" * 100)
    with pytest.raises(LibraryUnavailableError, match=r"library\.sqlite"):
        open_engine(path)
    assert path.read_bytes() == b"these are my notes, not a database" * 100


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(LibraryUnavailableError, match="nowhere"):
        open_engine(tmp_path / "nowhere" / "library.sqlite")


def test_an_interrupted_first_opening_is_made_up_for(tmp_path):
    """As after a crash between creating the file and its tables."""
    path = tmp_path / "library.sqlite"
    sqlite3.connect(path).close()
    path.touch()
    engine = open_engine(path)
    assert sa.inspect(engine).has_table("papers")
    engine.dispose()


def test_a_writer_that_waits_too_long_is_told_why(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    engine = open_engine(tmp_path / "library.sqlite")
    with (
        write_transaction(engine),
        pytest.raises(LibraryUnavailableError, match="another process is writing"),
        write_transaction(engine),
    ):
        pass
    engine.dispose()


def test_a_library_can_be_copied_while_it_is_closed(tmp_path):
    """Everything is in one file once the last connection is closed."""
    path = tmp_path / "library.sqlite"
    engine = open_engine(path)
    with write_transaction(engine) as connection:
        connection.execute(sa.text("INSERT INTO meta VALUES ('last change', 7)"))
    engine.dispose()
    shutil.copy(path, tmp_path / "copy.sqlite")
    copy = open_engine(tmp_path / "copy.sqlite")
    with copy.connect() as connection:
        assert connection.execute(sa.text("SELECT number FROM meta")).scalar() == 7
    copy.dispose()


def test_a_full_disk_is_told_and_loses_nothing_stored_before(tmp_path):
    engine = open_engine(tmp_path / "library.sqlite")
    with write_transaction(engine) as connection:
        connection.execute(sa.text("INSERT INTO meta VALUES ('last change', 7)"))

    def fill() -> None:
        with write_transaction(engine) as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql(
                "INSERT INTO dictionaries VALUES (1, 'x', 1, zeroblob(10000000))"
            )

    with pytest.raises(LibraryUnavailableError, match="full"):
        fill()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT number FROM meta")).scalar() == 7
    engine.dispose()


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_a_durable_transaction_waits_for_the_disk(tmp_path, durable, level):
    """PRAGMA synchronous: 2 is FULL, 1 is NORMAL."""
    engine = open_engine(tmp_path / "library.sqlite")
    for _ in range(2):  # pooled connections keep nothing of the transaction before
        with write_transaction(engine, durable=not durable):
            pass
        with write_transaction(engine, durable=durable) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level
    engine.dispose()
