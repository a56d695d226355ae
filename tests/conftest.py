"""Fixtures for tests in every folder."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer

NewLibrary = Callable[[], AbstractContextManager[str]]
"""An empty library's file or URL; it is deleted at the end of the block."""


@pytest.fixture(scope="session")
def postgresql_server() -> "Iterator[PostgresqlServer]":
    """A real server; tests that need it are skipped if none can be started."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    from postgresql_server import PostgresqlServer, ServerUnavailableError

    try:
        server = PostgresqlServer()
    except ServerUnavailableError as error:
        pytest.skip(str(error))
    yield server
    server.remove()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewLibrary:
    """Makes libraries of each kind of database; copied, because migrating takes longer."""
    if request.param == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        return server.library
    from broadsheet.backends.sql.opening import open_engine

    folder = tmp_path_factory.mktemp("libraries")
    open_engine(folder / "empty.sqlite").dispose()
    numbers = itertools.count(1)

    @contextmanager
    def library() -> Iterator[str]:
        path = folder / str(next(numbers)) / "library.sqlite"
        path.parent.mkdir()
        shutil.copy(folder / "empty.sqlite", path)
        yield str(path)
        shutil.rmtree(path.parent)

    return library
