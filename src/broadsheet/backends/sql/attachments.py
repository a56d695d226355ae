"""Whatever readers attach to papers follows a merger of papers.

A table listed here has a column ``paper``, in most of them in the primary key. When one paper becomes part of
another, its rows are moved; a row that the other paper has too stays as the other paper has it.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.tables import (
    collection_entries,
    comments,
    features,
    parted_papers,
    reader_marks,
    screening_papers,
    sent_papers,
    submissions,
)

ATTACHED: tuple[sa.Table, ...] = (
    sent_papers,
    reader_marks,
    collection_entries,
    comments,
    screening_papers,
    parted_papers,
    submissions,
    features,
)


def move_attachments(connection: Connection, removed: int, into: int) -> None:
    """Move the attachments of the paper ``removed`` to the paper ``into`` (keys)."""
    _join_labels(connection, removed, into)
    for table in ATTACHED:
        others = [column for column in table.primary_key if column.name != "paper"]
        other = table.alias()
        doubled = sa.exists().where(
            other.c.paper == into, *(other.c[column.name] == column for column in others)
        )
        connection.execute(sa.delete(table).where(table.c.paper == removed, doubled))
        connection.execute(sa.update(table).where(table.c.paper == removed).values(paper=into))
    _move_partings(connection, removed, into)


def _move_partings(connection: Connection, removed: int, into: int) -> None:
    """The second half of each pair: the first was moved as an attachment."""
    pairs = parted_papers.c
    known = sa.select(pairs.paper).where(pairs.other == into)
    doubled = sa.or_(pairs.paper.in_(known), pairs.paper == into)
    connection.execute(sa.delete(parted_papers).where(pairs.other == removed, doubled))
    connection.execute(sa.update(parted_papers).where(pairs.other == removed).values(other=into))


def _join_labels(connection: Connection, removed: int, into: int) -> None:
    """Give the label of ``removed`` to ``into`` in screenings that hold both and in which only
    ``removed`` was read."""
    columns = screening_papers.c
    unread = sa.select(columns.screening).where(columns.paper == into, columns.number.is_(None))
    labels = sa.select(
        columns.screening, columns.number, columns.relevant, columns.reason, columns.at
    ).where(columns.paper == removed, columns.number.is_not(None), columns.screening.in_(unread))
    for screening, number, relevant, reason, at in connection.execute(labels).all():
        same = sa.and_(columns.screening == screening, columns.paper == into)
        connection.execute(
            sa.update(screening_papers)
            .where(same)
            .values(number=number, relevant=relevant, reason=reason, at=at)
        )
