"""Inserting many rows at the driver's speed."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def insert_rows(
    connection: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]], skip: int = 0
) -> None:
    """Insert rows whose values stand in the table's order, without its first ``skip`` columns.

    Goes to the driver's executemany: handling of parameters in SQLAlchemy takes
    longer than SQLite takes to store a paper.
    """
    if not rows:
        return
    names = [column.name for column in table.columns][skip:]
    compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=names)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), list(rows))
    else:
        connection.exec_driver_sql(
            str(compiled), [dict(zip(names, row, strict=True)) for row in rows]
        )
