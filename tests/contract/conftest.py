"""The stores that the contract suite runs over: one on each kind of database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from arriving import read_record

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider

OpenStore = Callable[[], SqlStore]


@pytest.fixture
def open_store(new_library: Callable[[], AbstractContextManager[str]]) -> Iterator[OpenStore]:
    """Opens one and the same library, as often as it is called."""
    with ExitStack() as stack:
        database = stack.enter_context(new_library())
        yield lambda: stack.enter_context(SqlStore(database, Decider(read_record)))


@pytest.fixture
def store(open_store: OpenStore) -> SqlStore:
    return open_store()
