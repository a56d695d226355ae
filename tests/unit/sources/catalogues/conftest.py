"""A desk at which sources run, on a day of their own."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import Desk, open_desk

NOW = dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path, NOW) as desk:
        yield desk
