"""Every store the contract suite runs over. A new backend adds one entry to ``STORES``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from arriving import read_record

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider

OpenStore = Callable[[], SqlStore]


def _sqlite(folder: Path) -> OpenStore:
    return lambda: SqlStore(folder / "library.sqlite", Decider(read_record))


STORES: dict[str, Callable[[Path], OpenStore]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(STORES))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens one and the same library, as often as it is called."""
    opened: list[SqlStore] = []
    opens = STORES[request.param](tmp_path)

    def open_and_remember() -> SqlStore:
        opened.append(opens())
        return opened[-1]

    yield open_and_remember
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> SqlStore:
    return open_store()
