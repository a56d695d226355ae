"""Kill -9 a migration at any moment, open the library again: it is wholly up to date."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import broadsheet
from broadsheet.backends.sql import schema
from broadsheet.backends.sql.database import kind_of, parse_url
from broadsheet.backends.sql.opening import open_engine
from reading_tables import read_tables

PAPERS = 30_000
OLDEST = "0001"
OPEN = """
import sys
from broadsheet.backends.sql.opening import open_engine
print("open", flush=True)
open_engine(sys.argv[1]).dispose()
print("done", flush=True)
"""


def make_old_library(database: str) -> None:
    """The tables of the first version, with papers that a later migration changes."""
    url = parse_url(database)
    engine = kind_of(url).create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        command.upgrade(config, OLDEST)
        papers = sa.Table("papers", sa.MetaData(), autoload_with=connection)
        connection.execute(
            sa.insert(papers),
            [
                {
                    "key": key,
                    "id": f"pl:{key}",
                    "day": 20260831,
                    "published": 20260800,
                    "votes": 0,
                    "added_at": 0,
                    "title": f"Paper {key}",
                }
                for key in range(1, PAPERS + 1)
            ],
        )
    engine.dispose()


def version_of(database: str) -> object:
    url = parse_url(database)
    engine = kind_of(url).create_engine(url)
    with engine.connect() as connection:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()
    return version


def opening(database: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, database],
        env=os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )


def contents(database: str) -> dict[str, list[tuple[object, ...]]]:
    queries = {"papers": "SELECT key, listed, title FROM papers ORDER BY key"}
    return read_tables(database, queries)


def test_a_migration_killed_at_random_moments_is_made_whole(
    tmp_path: Path, new_library: Callable[[], AbstractContextManager[str]]
) -> None:
    with new_library() as database:
        old = str(tmp_path / "old.sqlite") if "://" not in database else database
        make_old_library(old)
        drawn = random.Random(3)
        lasted = 1.0
        killed_halfway = 0
        for _ in range(8):
            process = opening(old)
            assert process.stdout
            assert process.stdout.readline() == "open\n"
            began = time.monotonic()
            time.sleep(drawn.uniform(0.1, 0.9) * lasted)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            version = version_of(old)
            assert version in (OLDEST, schema.HEAD)
            if version == schema.HEAD:  # it was done before it could be killed
                lasted = (time.monotonic() - began) / 2
                if killed_halfway:
                    break
                make_old_library_again(old)
                continue
            killed_halfway += 1
        assert killed_halfway
        open_engine(old).dispose()
        tables = contents(old)
        assert tables["papers"] == [(n, 20260800, f"Paper {n}") for n in range(1, PAPERS + 1)]


def make_old_library_again(database: str) -> None:
    if "://" not in database:
        for file in Path(database).parent.glob("old.sqlite*"):
            file.unlink()
    make_old_library(database)
