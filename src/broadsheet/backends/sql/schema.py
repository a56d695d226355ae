"""Bringing the tables of a library up to date, in one transaction.

A migration that is interrupted leaves the tables as they were, on both kinds of database,
and the next opening starts it again.
"""

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.database import kind_of
from broadsheet.domain.errors import LibraryUnavailableError

HEAD = "identities"
"""The newest migration this code knows; a test compares it with the files."""

_FOLDER = Path(__file__).parent / "migrations"
_VERSIONS = sa.table("alembic_version", sa.column("version_num"))

_log = logging.getLogger(__name__)


def upgrade_schema(
    engine: Engine, write_transaction: Callable[[Engine], AbstractContextManager[Connection]]
) -> None:
    """Migrate to ``HEAD`` if the tables are older; several processes may try at once.

    Raises LibraryUnavailableError for tables of a newer program, and changes nothing.
    """
    with engine.connect() as connection:
        if _check_version(engine, connection) == HEAD:
            return
    with write_transaction(engine) as connection:
        version = _check_version(engine, connection)
        if version == HEAD:
            return
        # Alembic takes longer to import than a search takes; only a migration needs it.
        from alembic import command
        from alembic.config import Config

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_FOLDER))
        command.upgrade(config, "head")
        kind_of(connection.dialect).finish_migration(connection)
    if version is not None:
        _log.info("brought the library's tables from version %s to %s", version, HEAD)


def _check_version(engine: Engine, connection: Connection) -> str | None:
    """The version of the tables, None before the first migration.

    Raises LibraryUnavailableError for one that this program does not know.
    """
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return None
    version: str | None = connection.execute(sa.select(_VERSIONS.c.version_num)).scalar()
    if version in (None, HEAD):
        return version
    if version not in _known_versions():
        place = kind_of(connection.dialect).place_of(engine.url)
        raise LibraryUnavailableError(
            f"{place}: this library was made by a newer Broadsheet (its tables have version "
            f"{version}, this program knows versions up to {HEAD}); install the newer program, "
            "or choose another library with --home"
        )
    return version


def _known_versions() -> set[str]:
    """Revisions of the migrations; read without Alembic, which is slow to import."""
    texts = (file.read_text("utf-8") for file in (_FOLDER / "versions").glob("*.py"))
    return {name for text in texts for name in re.findall(r'^revision = "(.+)"', text, re.M)}
