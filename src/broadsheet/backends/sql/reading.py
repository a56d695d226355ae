"""Reading papers and changes: the part of ``SqlStore`` that needs no write lock."""

import datetime as dt
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.opening import read_transaction
from broadsheet.backends.sql.records import STORED_RECORDS, stored_record_of_row
from broadsheet.backends.sql.rows import (
    STORY,
    DamagedRowError,
    check_ascending,
    day_of_number,
    number_of_day,
    paper_of_row,
    signal_of_row,
    story_of_row,
    time_of_number,
)
from broadsheet.backends.sql.tables import (
    accounts,
    changes,
    identifiers,
    meta,
    papers,
    parted_papers,
    reader_marks,
    records,
    redirects,
    signals,
)
from broadsheet.domain.community import Vote
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import StoredRecord
from broadsheet.domain.paper import Change, Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.ports import PeriodCount, Story
from broadsheet.domain.signals import Signal, SignalGrowth
from broadsheet.text.identifiers import parse_identifier

AT_ONCE = 1000
"""Rows a query asks for at most: bounds memory and the number of parameters."""

LAST_KEY = "last paper key"
LAST_CHANGE = "last change"
CHANGED_AT = "changed at"
VOTE_CHANGES = "vote changes"
REREAD_TO = "reread to"


@functools.cache
def _select_papers() -> str:
    return str(sa.select(papers))


def read_meta(connection: Connection, name: str) -> int:
    """A number kept in ``meta``, 0 where it was never written."""
    return connection.execute(sa.select(meta.c.number).where(meta.c.name == name)).scalar() or 0


def write_meta(connection: Connection, name: str, number: int) -> None:
    """Set a number of ``meta``.

    Raises DamagedRowError if it cannot be read back, as in a damaged table: whoever counts on it
    would begin again for ever.
    """
    update = connection.execute(sa.update(meta).where(meta.c.name == name).values(number=number))
    if not update.rowcount:
        connection.execute(sa.insert(meta).values(name=name, number=number))
    if read_meta(connection, name) != number:
        raise DamagedRowError(f"the number {name!r} of the table meta cannot be read back")


def keys_after(connection: Connection, key: int, limit: int) -> list[int]:
    """The next papers' keys, ascending."""
    query = sa.select(papers.c.key).where(papers.c.key > key).order_by(papers.c.key)
    keys = list(connection.execute(query.limit(limit)).scalars())
    check_ascending("papers", key, keys)
    return keys


def in_chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


_MOST_DOUBLES = 20


class SqlReader:
    """Implements PaperReader and ChangeFeed. Thread-safe: a connection a call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> Paper:
        """See PaperReader."""
        with read_transaction(self._engine) as connection:
            key = _find_key(connection, name.strip())
            row = (
                connection.execute(sa.select(papers).where(papers.c.key == key)).first()
                if key is not None
                else None
            )
            if row is None:
                raise PaperNotFoundError(name)
            return paper_of_row(row)

    def get_many(self, keys: Sequence[int]) -> Mapping[int, Paper]:
        """See PaperReader. In the order of ``keys``."""
        mark = "?" if self._engine.dialect.paramstyle == "qmark" else "%s"
        papers_by_key: dict[int, Paper] = {}
        # By the driver's cursor: a page of results takes a third as long as by SQLAlchemy.
        with read_transaction(self._engine) as connection:
            cursor = connection.connection.cursor()
            for chunk in in_chunks(keys):
                marks = ",".join([mark] * len(chunk))
                cursor.execute(f"{_select_papers()} WHERE papers.key IN ({marks})", chunk)
                papers_by_key.update((row[0], paper_of_row(row)) for row in cursor.fetchall())
        return {key: papers_by_key[key] for key in keys if key in papers_by_key}

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        """See PaperReader. Holds no transaction between blocks of papers."""
        last = after
        while True:
            query = (
                sa.select(papers).where(papers.c.key > last).order_by(papers.c.key).limit(AT_ONCE)
            )
            with read_transaction(self._engine) as connection:
                block = [paper_of_row(row) for row in connection.execute(query)]
                check_ascending("papers", last, (paper.key for paper in block))
            yield from block
            if len(block) < AT_ONCE:
                return
            last = block[-1].key

    def iter_identifiers(self) -> Iterator[tuple[int, Identifier]]:
        """See PaperReader. Holds no transaction between blocks."""
        paper, columns = identifiers.c.paper, (identifiers.c.scheme, identifiers.c.value)
        last = 0
        while True:
            following = sa.select(sa.func.min(paper)).where(paper > last)
            with read_transaction(self._engine) as connection:
                first = connection.execute(following).scalar()
                if first is None:
                    return
                check_ascending("identifiers", last, [first])
                last = first + AT_ONCE
                query = sa.select(paper, *columns).where(paper.between(first, last))
                rows = connection.execute(query.order_by(paper)).all()
            yield from ((key, Identifier(scheme, value)) for key, scheme, value in rows)

    def count(self) -> int:
        """See PaperReader."""
        return self._number(sa.select(sa.func.count()).select_from(papers))

    def find_doubles(self, key: int) -> Sequence[int]:
        """See PaperReader."""
        same = records.alias()
        parted = sa.select(parted_papers.c.other).where(parted_papers.c.paper == key)
        query = (
            sa.select(same.c.paper)
            .distinct()
            .select_from(records.join(same, records.c.title_key == same.c.title_key))
            .where(records.c.paper == key, same.c.paper != key, same.c.paper.not_in(parted))
            .order_by(same.c.paper)
            .limit(_MOST_DOUBLES)
        )
        with read_transaction(self._engine) as connection:
            return [row[0] for row in connection.execute(query)]

    def records_of(self, key: int) -> Sequence[StoredRecord]:
        """See PaperReader."""
        with read_transaction(self._engine) as connection:
            raws = RawCompressor(connection)
            rows = connection.execute(STORED_RECORDS.where(records.c.paper == key))
            return [stored_record_of_row(row, raws) for row in rows.all()]

    def get_signals(self, key: int) -> Sequence[Signal]:
        """See PaperReader."""
        query = sa.select(signals).where(signals.c.paper == key)
        order = (signals.c.source, signals.c.name, signals.c.day)
        with read_transaction(self._engine) as connection:
            return [signal_of_row(row) for row in connection.execute(query.order_by(*order))]

    def iter_signals(self, name: str, since: dt.date) -> Iterator[Signal]:
        """See PaperReader. Holds no transaction between blocks."""
        order = (signals.c.day, signals.c.paper, signals.c.source)
        last = (number_of_day(since), 0, "")
        while True:
            query = sa.select(signals).where(signals.c.name == name, sa.tuple_(*order) > last)
            with read_transaction(self._engine) as connection:
                rows = connection.execute(query.order_by(*order).limit(AT_ONCE)).all()
                check_ascending("signals", last, ((row.day, row.paper, row.source) for row in rows))
                block = [signal_of_row(row) for row in rows]
            yield from block
            if len(rows) < AT_ONCE:
                return
            last = (rows[-1].day, rows[-1].paper, rows[-1].source)

    def growths_between(
        self, first: dt.date, last: dt.date, names: Collection[str]
    ) -> Sequence[SignalGrowth]:
        """See PaperReader."""
        of = signals.c
        growths = (
            sa.select(
                of.paper,
                of.source,
                of.name,
                sa.func.sum(of.value - of.previous),
                sa.func.min(of.day),
                sa.func.max(of.day),
            )
            .where(
                of.day.between(number_of_day(first), number_of_day(last)),
                of.previous.is_not(None),
                of.name.in_(sorted(names)),
            )
            .group_by(of.paper, of.source, of.name)
        )
        with read_transaction(self._engine) as connection:
            return [
                SignalGrowth(paper, source, name, amount, day_of_number(begin), day_of_number(end))
                for paper, source, name, amount, begin, end in connection.execute(growths)
            ]

    def stories_between(self, first: dt.date, last: dt.date, limit: int) -> Sequence[Story]:
        """See PaperReader."""
        between = papers.c.listed.between(number_of_day(first), number_of_day(last))
        stories = (
            sa.select(*STORY)
            .where(between, papers.c.listed % 100 > 0)
            .order_by(papers.c.votes.desc(), papers.c.key)
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            return [story_of_row(row) for row in connection.execute(stories)]

    def stories_by_key(self, keys: Sequence[int]) -> Mapping[int, Story]:
        """See PaperReader."""
        stories: dict[int, Story] = {}
        with read_transaction(self._engine) as connection:
            for chunk in in_chunks(keys):
                rows = connection.execute(sa.select(*STORY).where(papers.c.key.in_(chunk)))
                stories.update((row[0], story_of_row(row)) for row in rows)
        return stories

    def latest_day(self, until: dt.date) -> dt.date | None:
        """See PaperReader."""
        latest = (
            sa.select(papers.c.listed)
            .where(papers.c.listed <= number_of_day(until), papers.c.listed % 100 > 0)
            .order_by(papers.c.listed.desc())
            .limit(1)
        )
        number = self._number(latest)
        return day_of_number(number) if number else None

    def has_papers_beside(self, source: str) -> bool:
        """See PaperReader."""
        other = sa.select(papers.c.key).where(papers.c.sources != f'["{source}"]').limit(1)
        return self._number(other) > 0

    def stories_of(self, period: Period, limit: int) -> Sequence[Story]:
        """See PaperReader."""
        stories = (
            sa.select(*STORY)
            .where(*_in_period(period))
            .order_by(papers.c.votes.desc(), papers.c.key)
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            return [story_of_row(row) for row in connection.execute(stories)]

    def votes_of_voters(self, papers: Collection[int]) -> Sequence[Vote]:
        """See PaperReader."""
        marks = reader_marks.c
        voters: set[str] = set()
        votes: list[Vote] = []
        with read_transaction(self._engine) as connection:
            for chunk in in_chunks(list(papers)):
                query = sa.select(marks.account).distinct()
                query = query.where(marks.mark == "voted", marks.paper.in_(chunk))
                voters.update(row[0] for row in connection.execute(query))
            for accounts_chunk in in_chunks(sorted(voters)):
                query = sa.select(marks.account, marks.paper, marks.at, accounts.c.created_at)
                query = query.select_from(
                    reader_marks.outerjoin(accounts, accounts.c.id == marks.account)
                ).where(marks.mark == "voted", marks.account.in_(accounts_chunk))
                votes += [
                    Vote(
                        account,
                        paper,
                        time_of_number(at),
                        None if joined is None else time_of_number(joined),
                    )
                    for account, paper, at, joined in connection.execute(query)
                ]
        return votes

    def votes_here(self, period: Period) -> Mapping[int, int]:
        """See PaperReader."""
        votes = (
            sa.select(papers.c.key, sa.func.count())
            .join(reader_marks, reader_marks.c.paper == papers.c.key)
            .where(*_in_period(period), reader_marks.c.mark == "voted")
            .group_by(papers.c.key)
        )
        with read_transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(votes)}

    def count_of(self, period: Period) -> int:
        """See PaperReader."""
        return self._number(
            sa.select(sa.func.count()).select_from(papers).where(*_in_period(period))
        )

    def neighbours_of(self, period: Period) -> tuple[PeriodCount | None, PeriodCount | None]:
        """See PaperReader."""
        low, high = period.numbers
        listed = papers.c.listed
        dated = listed % {"day": 100, "week": 100, "month": 10_000, "year": 1}[period.kind]
        exact_enough = dated > 0 if period.kind != "year" else sa.true()
        before = (
            sa.select(listed).where(listed < low, exact_enough).order_by(listed.desc()).limit(1)
        )
        after = sa.select(listed).where(listed > high, exact_enough).order_by(listed).limit(1)
        return (
            self._count_around(period, self._number(before)),
            self._count_around(period, self._number(after)),
        )

    def counts_by_day(self, first: dt.date, last: dt.date) -> Mapping[dt.date, int]:
        """See PaperReader."""
        listed = papers.c.listed
        counts = (
            sa.select(listed, sa.func.count())
            .where(listed.between(number_of_day(first), number_of_day(last)), listed % 100 > 0)
            .group_by(listed)
        )
        with read_transaction(self._engine) as connection:
            return {day_of_number(day): count for day, count in connection.execute(counts)}

    def last_change(self) -> int:
        """See ChangeFeed."""
        with read_transaction(self._engine) as connection:
            return read_meta(connection, LAST_CHANGE)

    def last_changed_at(self) -> dt.datetime | None:
        """See ChangeFeed."""
        with read_transaction(self._engine) as connection:
            seconds = read_meta(connection, CHANGED_AT)
        return time_of_number(seconds) if seconds else None

    def count_vote_changes(self) -> int:
        """See ChangeFeed."""
        with read_transaction(self._engine) as connection:
            return read_meta(connection, VOTE_CHANGES)

    def changes_after(self, number: int, limit: int) -> Sequence[Change]:
        """See ChangeFeed."""
        query = (
            sa.select(changes.c.number, changes.c.paper, changes.c.removed)
            .where(changes.c.number > number)
            .order_by(changes.c.number)
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
            check_ascending("changes", number, (row[0] for row in rows))
        return [Change(row[0], row[1], bool(row[2])) for row in rows]

    def _number(self, query: sa.Select[Any]) -> int:
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def _count_around(self, period: Period, number: int) -> PeriodCount | None:
        """The period of the same kind that holds a listing."""
        if not number:
            return None
        day = PartialDate.from_number(number).first_day()
        around = Period.containing(period.kind, day)
        return PeriodCount(around, self.count_of(around))


def _in_period(period: Period) -> list[sa.ColumnElement[bool]]:
    """That a paper is listed in ``period``."""
    low, high = period.numbers
    if period.kind == "day":
        return [papers.c.listed == low]
    within = papers.c.listed.between(low, high)
    return [within, papers.c.listed % 100 > 0] if period.days_only else [within]


def _find_key(connection: Connection, name: str) -> int | None:
    """The paper with this id, identifier or former id, in that order."""

    def first(query: sa.Select[Any]) -> int | None:
        key: int | None = connection.execute(query).scalar()
        return key

    found = first(sa.select(papers.c.key).where(papers.c.id == name))
    identifier = parse_identifier(name) if found is None else None
    if identifier is not None:
        found = first(
            sa.select(identifiers.c.paper).where(
                identifiers.c.scheme == identifier.scheme, identifiers.c.value == identifier.value
            )
        )
    if found is None:
        found = first(sa.select(redirects.c.paper).where(redirects.c.former_id == name))
    return found
