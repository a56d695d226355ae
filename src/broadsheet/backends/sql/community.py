"""Readers' marks on papers and their votes; implements CommunityStore."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.collections import delete_collections
from broadsheet.backends.sql.follows import delete_follows
from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.personal import delete_profile
from broadsheet.backends.sql.reading import in_chunks
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.screenings import delete_screenings
from broadsheet.backends.sql.signals import record_votes
from broadsheet.backends.sql.submissions import delete_submissions
from broadsheet.backends.sql.tables import reader_marks
from broadsheet.domain.community import REPLACED, Mark, PaperMarks, ReaderMark

_MARKS = reader_marks.c


class SqlCommunityStore:
    """See CommunityStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set_mark(self, mark: ReaderMark, on: bool) -> int:
        """See CommunityStore."""
        of_paper = sa.and_(_MARKS.account == mark.account, _MARKS.paper == mark.paper)
        removed = REPLACED.get(mark.mark, frozenset()) if on else {mark.mark}
        with write_transaction(self._engine) as connection:
            if removed:
                replaced = sa.and_(of_paper, _MARKS.mark.in_(removed))
                connection.execute(sa.delete(reader_marks).where(replaced))
            same = sa.select(_MARKS.at).where(of_paper, _MARKS.mark == mark.mark)
            if on and not connection.execute(same).first():
                connection.execute(
                    sa.insert(reader_marks).values(
                        account=mark.account,
                        paper=mark.paper,
                        mark=mark.mark,
                        at=number_of_time(mark.at),
                    )
                )
            if mark.mark == "voted":
                return record_votes(connection, mark.paper, mark.at)
            return _count_votes(connection, [mark.paper]).get(mark.paper, 0)

    def paper_marks(self, account: str, papers: Collection[int]) -> PaperMarks:
        """See CommunityStore."""
        own: dict[int, frozenset[Mark]] = {}
        with read_transaction(self._engine) as connection:
            for chunk in in_chunks(list(papers)) if account else ():
                query = sa.select(_MARKS.paper, _MARKS.mark)
                query = query.where(_MARKS.account == account, _MARKS.paper.in_(chunk))
                for paper, mark in connection.execute(query):
                    own[paper] = own.get(paper, frozenset()) | {cast(Mark, mark)}
            votes = _count_votes(connection, papers)
        return PaperMarks(own, votes)

    def marks_of(self, account: str, marks: Collection[Mark], limit: int) -> Sequence[ReaderMark]:
        """See CommunityStore."""
        query = (
            sa.select(reader_marks)
            .where(_MARKS.account == account, _MARKS.mark.in_(marks))
            .order_by(_MARKS.at.desc(), _MARKS.paper.desc())
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            return [
                ReaderMark(owner, paper, mark, time_of_number(at))
                for owner, paper, mark, at in connection.execute(query)
            ]

    def remove_account(self, account: str, now: dt.datetime) -> None:
        """See CommunityStore."""
        with write_transaction(self._engine) as connection:
            _withdraw_votes(connection, account, now)
            connection.execute(sa.delete(reader_marks).where(_MARKS.account == account))
            delete_collections(connection, account)
            delete_profile(connection, account)
            delete_screenings(connection, account)
            delete_follows(connection, account)
            delete_submissions(connection, account)

    def withdraw_votes(self, account: str, now: dt.datetime) -> int:
        """See CommunityStore."""
        with write_transaction(self._engine) as connection:
            return _withdraw_votes(connection, account, now)


def _withdraw_votes(connection: Connection, account: str, now: dt.datetime) -> int:
    votes = sa.and_(_MARKS.account == account, _MARKS.mark == "voted")
    papers = [row[0] for row in connection.execute(sa.select(_MARKS.paper).where(votes))]
    connection.execute(sa.delete(reader_marks).where(votes))
    for paper in papers:
        record_votes(connection, paper, now)
    return len(papers)


def _count_votes(connection: Connection, papers: Collection[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for chunk in in_chunks(list(papers)):
        query = sa.select(_MARKS.paper, sa.func.count())
        query = query.where(_MARKS.paper.in_(chunk), _MARKS.mark == "voted")
        counts |= {row[0]: row[1] for row in connection.execute(query.group_by(_MARKS.paper))}
    return counts
