"""Changes with their times, for harvesters; implements HarvestStore."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from broadsheet.backends.sql.opening import read_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import changes, identifiers, papers
from broadsheet.domain.harvest import DatedChange, HarvestRequest

_COLUMNS = (changes.c.number, changes.c.paper, changes.c.at, changes.c.former_id)
# Papers that were merged away before their ids were noted cannot be named.
_NAMEABLE = sa.or_(changes.c.removed == 0, changes.c.former_id.is_not(None))


class SqlHarvestStore:
    """See HarvestStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def dated_changes(
        self, request: HarvestRequest, after: int, limit: int
    ) -> Sequence[DatedChange]:
        """See HarvestStore."""
        query = sa.select(*_COLUMNS).where(changes.c.number > after, *_conditions(request))
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(changes.c.number).limit(limit))
            return [_change(row) for row in rows]

    def count_changes(self, request: HarvestRequest) -> int:
        """See HarvestStore."""
        query = sa.select(sa.func.count()).select_from(changes).where(*_conditions(request))
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def find_change(self, key: int) -> DatedChange | None:
        """See HarvestStore."""
        return self._find(changes.c.paper == key)

    def find_removal(self, former_id: str) -> DatedChange | None:
        """See HarvestStore."""
        return self._find(changes.c.former_id == former_id)

    def first_change_at(self) -> dt.datetime | None:
        """See HarvestStore."""
        with read_transaction(self._engine) as connection:
            seconds = connection.execute(sa.select(sa.func.min(changes.c.at))).scalar()
        return None if seconds is None else time_of_number(seconds)

    def _find(self, condition: sa.ColumnElement[bool]) -> DatedChange | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(condition)).first()
        return _change(row) if row is not None else None


def _change(row: Any) -> DatedChange:
    number, paper, at, former_id = row
    return DatedChange(number, paper, time_of_number(at), former_id or "")


def _conditions(request: HarvestRequest) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [_NAMEABLE]
    if request.since is not None:
        conditions.append(changes.c.at >= number_of_time(request.since))
    if request.until is not None:
        conditions.append(changes.c.at <= number_of_time(request.until))
    if request.scheme:
        named = sa.exists().where(
            identifiers.c.paper == changes.c.paper, identifiers.c.scheme == request.scheme
        )
        gone = changes.c.former_id.startswith(f"{request.scheme}:", autoescape=True)
        conditions.append(sa.or_(named, gone))
    if request.categories:
        # Categories are a compact JSON list of texts; a name in quotes is a whole category.
        whole = [f"{json.dumps(category)}" for category in request.categories]
        below = [f"{text[:-1]}." for text in whole]
        listed = sa.or_(
            *(papers.c.categories.contains(text, autoescape=True) for text in (*whole, *below))
        )
        within = sa.exists().where(papers.c.key == changes.c.paper, listed)
        conditions.append(sa.or_(within, changes.c.former_id.is_not(None)))
    return conditions
