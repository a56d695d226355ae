"""Readers' edits and texts for their own ranking; implements ProfileStore."""

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.inserting import insert_rows
from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time
from broadsheet.backends.sql.tables import reader_edits, reader_marks, reader_texts
from broadsheet.domain.community import RANKING_MARKS
from broadsheet.domain.personal import EditKind, ProfileEdit, ReaderText

_EDITS = reader_edits.c
_TEXTS = reader_texts.c


class SqlProfileStore:
    """See ProfileStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def edits(self, account: str) -> Sequence[ProfileEdit]:
        """See ProfileStore."""
        query = sa.select(_EDITS.kind, _EDITS.name, _EDITS.decision)
        query = query.where(_EDITS.account == account)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(_EDITS.kind, _EDITS.name)).all()
        return [ProfileEdit(*row) for row in rows]

    def set_edit(self, account: str, edit: ProfileEdit, now: dt.datetime) -> None:
        """See ProfileStore."""
        same = sa.and_(
            _EDITS.account == account, _EDITS.kind == edit.kind, _EDITS.name == edit.name
        )
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(reader_edits).where(same))
            connection.execute(
                sa.insert(reader_edits).values(
                    account=account,
                    kind=edit.kind,
                    name=edit.name,
                    decision=edit.decision,
                    at=number_of_time(now),
                )
            )

    def remove_edit(self, account: str, kind: EditKind, name: str) -> None:
        """See ProfileStore."""
        same = sa.and_(_EDITS.account == account, _EDITS.kind == kind, _EDITS.name == name)
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(reader_edits).where(same))

    def texts(self, account: str) -> Sequence[ReaderText]:
        """See ProfileStore."""
        query = sa.select(_TEXTS.number, _TEXTS.title, _TEXTS.text).where(_TEXTS.account == account)
        with read_transaction(self._engine) as connection:
            return [ReaderText(*row) for row in connection.execute(query.order_by(_TEXTS.number))]

    def add_texts(self, account: str, texts: Sequence[tuple[str, str]], now: dt.datetime) -> int:
        """See ProfileStore."""
        query = sa.select(_TEXTS.title, _TEXTS.text).where(_TEXTS.account == account)
        with write_transaction(self._engine) as connection:
            known = {(title, text) for title, text in connection.execute(query)}
            new = [pair for pair in dict.fromkeys(texts) if pair not in known]
            for title, text in new:
                connection.execute(
                    sa.insert(reader_texts).values(
                        account=account, title=title, text=text, at=number_of_time(now)
                    )
                )
        return len(new)

    def remove_text(self, account: str, number: int) -> None:
        """See ProfileStore."""
        same = sa.and_(_TEXTS.account == account, _TEXTS.number == number)
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(reader_texts).where(same))

    def reset(self, account: str, papers: Collection[int], now: dt.datetime) -> None:
        """See ProfileStore."""
        marks = sa.and_(reader_marks.c.account == account, reader_marks.c.mark.in_(RANKING_MARKS))
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(reader_marks).where(marks))
            delete_profile(connection, account)
            rows = [(account, paper, "ignored", number_of_time(now)) for paper in sorted(papers)]
            insert_rows(connection, reader_marks, rows)


def delete_profile(connection: Connection, account: str) -> None:
    """Delete all edits and texts of an account."""
    connection.execute(sa.delete(reader_edits).where(_EDITS.account == account))
    connection.execute(sa.delete(reader_texts).where(_TEXTS.account == account))
