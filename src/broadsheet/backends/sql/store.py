"""The library in an SQL database: SQLite by default, PostgreSQL by a URL."""

import datetime as dt
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from broadsheet.backends.sql.applying import apply_plan, part_pair, reject
from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.database import kind_of
from broadsheet.backends.sql.library import TransactionLibrary
from broadsheet.backends.sql.opening import open_engine, read_transaction, write_transaction
from broadsheet.backends.sql.reading import (
    REREAD_TO,
    SqlReader,
    in_chunks,
    keys_after,
    read_meta,
    write_meta,
)
from broadsheet.backends.sql.records import REJECTED, rejected_of_row
from broadsheet.backends.sql.rows import check_ascending
from broadsheet.backends.sql.tables import rejected
from broadsheet.domain.ingest import Arrival, ImportSummary, Plan, RejectedRecord, Rejection
from broadsheet.domain.ports import Decide

if TYPE_CHECKING:
    from broadsheet.backends.sql.accounts import SqlAccountStore
    from broadsheet.backends.sql.collections import SqlCollectionStore
    from broadsheet.backends.sql.comments import SqlCommentStore
    from broadsheet.backends.sql.community import SqlCommunityStore
    from broadsheet.backends.sql.digest import SqlDigestStore
    from broadsheet.backends.sql.follows import SqlFollowStore
    from broadsheet.backends.sql.harvesting import SqlHarvestStore
    from broadsheet.backends.sql.identities import SqlIdentityStore
    from broadsheet.backends.sql.jobs import SqlJobStore
    from broadsheet.backends.sql.personal import SqlProfileStore
    from broadsheet.backends.sql.screenings import SqlScreeningStore
    from broadsheet.backends.sql.source_state import SqlSourceState
    from broadsheet.backends.sql.submissions import SqlSubmissionStore


class SqlStore(SqlReader):
    """Implements PaperReader, ChangeFeed and PaperWriter.

    Safe to share between threads and to open in several processes at once:
    readers never wait, writers wait for each other.
    """

    def __init__(self, database: Path | str, decide: Decide) -> None:
        """Open a file or URL and bring its tables up to date.

        Raises LibraryUnavailableError; the message says what to do.
        """
        super().__init__(open_engine(database))
        self._decide = decide

    # Built at their first use: a command that shows a paper imports none of them.

    @functools.cached_property
    def sources(self) -> "SqlSourceState":
        """Implements SourceState over the same database."""
        from broadsheet.backends.sql.source_state import SqlSourceState

        return SqlSourceState(self._engine)

    @functools.cached_property
    def harvest(self) -> "SqlHarvestStore":
        """Implements HarvestStore over the same database."""
        from broadsheet.backends.sql.harvesting import SqlHarvestStore

        return SqlHarvestStore(self._engine)

    @functools.cached_property
    def jobs(self) -> "SqlJobStore":
        """Implements JobStore over the same database."""
        from broadsheet.backends.sql.jobs import SqlJobStore

        return SqlJobStore(self._engine)

    @functools.cached_property
    def digest(self) -> "SqlDigestStore":
        """Implements DigestStore over the same database."""
        from broadsheet.backends.sql.digest import SqlDigestStore

        return SqlDigestStore(self._engine)

    @functools.cached_property
    def accounts(self) -> "SqlAccountStore":
        """Implements AccountStore over the same database."""
        from broadsheet.backends.sql.accounts import SqlAccountStore

        return SqlAccountStore(self._engine)

    @functools.cached_property
    def identities(self) -> "SqlIdentityStore":
        """Implements IdentityStore over the same database."""
        from broadsheet.backends.sql.identities import SqlIdentityStore

        return SqlIdentityStore(self._engine)

    @functools.cached_property
    def community(self) -> "SqlCommunityStore":
        """Implements CommunityStore over the same database."""
        from broadsheet.backends.sql.community import SqlCommunityStore

        return SqlCommunityStore(self._engine)

    @functools.cached_property
    def collections(self) -> "SqlCollectionStore":
        """Implements CollectionStore over the same database."""
        from broadsheet.backends.sql.collections import SqlCollectionStore

        return SqlCollectionStore(self._engine)

    @functools.cached_property
    def comments(self) -> "SqlCommentStore":
        """Implements CommentStore over the same database."""
        from broadsheet.backends.sql.comments import SqlCommentStore

        return SqlCommentStore(self._engine)

    @functools.cached_property
    def follows(self) -> "SqlFollowStore":
        """Implements FollowStore over the same database."""
        from broadsheet.backends.sql.follows import SqlFollowStore

        return SqlFollowStore(self._engine)

    @functools.cached_property
    def submissions(self) -> "SqlSubmissionStore":
        """Implements SubmissionStore over the same database."""
        from broadsheet.backends.sql.submissions import SqlSubmissionStore

        return SqlSubmissionStore(self._engine)

    @functools.cached_property
    def profiles(self) -> "SqlProfileStore":
        """Implements ProfileStore over the same database."""
        from broadsheet.backends.sql.personal import SqlProfileStore

        return SqlProfileStore(self._engine)

    @functools.cached_property
    def screenings(self) -> "SqlScreeningStore":
        """Implements ScreeningStore over the same database."""
        from broadsheet.backends.sql.screenings import SqlScreeningStore

        return SqlScreeningStore(self._engine)

    @property
    def place(self) -> str:
        """See Store."""
        return kind_of(self._engine.dialect).place_of(self._engine.url)

    def count_bytes(self) -> int:
        """See Store."""
        with read_transaction(self._engine) as connection:
            return kind_of(connection.dialect).count_bytes(connection)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def store(
        self,
        arrivals: Sequence[Arrival],
        rejections: Sequence[tuple[str, str, Rejection]] = (),
    ) -> ImportSummary:
        """See PaperWriter."""
        started = dt.datetime.now(dt.UTC)
        with write_transaction(self._engine, durable=False) as connection:
            # After waiting for other writers, so that changes are timed in their order.
            now = dt.datetime.now(dt.UTC)
            raws = RawCompressor(connection)
            library = TransactionLibrary(connection, raws)
            plan = self._decide(arrivals, library, now)
            apply_plan(connection, plan, raws, library.last_key, now)
            reject(connection, [*rejections, *plan.rejections], now)
        refused = len(rejections) + len(plan.rejections)
        return ImportSummary(
            read=len(arrivals) + len(rejections),
            new=plan.new,
            updated=plan.updated,
            duplicates=plan.duplicates,
            rejected=refused,
            seconds=(dt.datetime.now(dt.UTC) - started).total_seconds(),
        )

    def reread(self, papers: int) -> ImportSummary | None:
        """See PaperWriter."""
        started = dt.datetime.now(dt.UTC)
        with write_transaction(self._engine, durable=False) as connection:
            now = dt.datetime.now(dt.UTC)
            keys = keys_after(connection, read_meta(connection, REREAD_TO), papers)
            write_meta(connection, REREAD_TO, keys[-1] if keys else 0)
            if not keys:
                return None
            raws = RawCompressor(connection)
            library = TransactionLibrary(connection, raws)
            plan = self._decide.reread(keys, library, now)
            apply_plan(connection, plan, raws, library.last_key, now)
        return ImportSummary(
            read=plan.updated + plan.duplicates + plan.unreadable,
            updated=plan.updated,
            duplicates=plan.duplicates,
            rejected=plan.unreadable,
            seconds=(dt.datetime.now(dt.UTC) - started).total_seconds(),
        )

    def join(self, key: int, other: int) -> None:
        """See PaperWriter."""
        self._change(lambda library, now: self._decide.join(key, other, library, now))

    def part(self, key: int, names: Collection[tuple[str, str]]) -> int:
        """See PaperWriter."""
        plan = self._change(lambda library, now: self._decide.part(key, names, library, now))
        return plan.created[0].key

    def _change(self, decide: Callable[[TransactionLibrary, dt.datetime], Plan]) -> Plan:
        """Decide on kept papers and write the plan in one transaction."""
        with write_transaction(self._engine) as connection:
            now = dt.datetime.now(dt.UTC)
            raws = RawCompressor(connection)
            library = TransactionLibrary(connection, raws)
            plan = decide(library, now)
            apply_plan(connection, plan, raws, library.last_key, now)
        return plan

    def keep_apart(self, key: int, other: int) -> None:
        """See PaperWriter."""
        with write_transaction(self._engine) as connection:
            part_pair(connection, key, other)

    def restart_rereading(self) -> None:
        """See PaperWriter."""
        with write_transaction(self._engine) as connection:
            write_meta(connection, REREAD_TO, 0)

    def iter_rejected(self) -> Iterator[RejectedRecord]:
        """See PaperWriter."""
        last = 0
        while True:
            query = sa.select(*REJECTED).where(rejected.c.number > last)
            with read_transaction(self._engine) as connection:
                rows = connection.execute(query.order_by(rejected.c.number).limit(100)).all()
                check_ascending("rejected", last, (row[0] for row in rows))
                block = [rejected_of_row(row) for row in rows]
            yield from block
            if not rows:
                return
            last = rows[-1][0]

    def count_rejected(self) -> int:
        """See PaperWriter."""
        return self._number(sa.select(sa.func.count()).select_from(rejected))

    def remove_rejected(self, numbers: Iterable[int]) -> None:
        """See PaperWriter."""
        with write_transaction(self._engine) as connection:
            for chunk in in_chunks(list(numbers)):
                connection.execute(sa.delete(rejected).where(rejected.c.number.in_(chunk)))
