"""Inserting many rows at the driver's speed."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.database import kind_of


def insert_rows(
    connection: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]], skip: int = 0
) -> None:
    """Insert rows whose values stand in the table's order, without its first ``skip`` columns."""
    if rows:
        names = [column.name for column in table.columns][skip:]
        kind_of(connection.dialect).insert_rows(connection, table, names, rows)
