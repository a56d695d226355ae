"""Comments, their history and flags, and the log of moderation; implements CommentStore."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import (
    accounts,
    comment_flags,
    comment_texts,
    comments,
    moderation_log,
)
from broadsheet.domain.comments import Comment, CommentState, LogEntry

_FLAGS = (
    sa.select(sa.func.count())
    .where(comment_flags.c.comment == comments.c.id)
    .correlate(comments)
    .scalar_subquery()
)
_SELECT = sa.select(*comments.c, accounts.c.name, _FLAGS).select_from(
    comments.outerjoin(accounts, accounts.c.id == comments.c.account)
)


class SqlCommentStore:
    """See CommentStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, comment: Comment) -> Comment:
        """See CommentStore."""
        insert = sa.insert(comments).values(
            paper=comment.paper,
            parent=comment.parent,
            account=comment.account,
            text=comment.text,
            state=comment.state,
            created_at=number_of_time(comment.created_at),
        )
        with write_transaction(self._engine) as connection:
            (number,) = connection.execute(insert).inserted_primary_key or (0,)
        return replace(comment, id=number)

    def find(self, comment_id: int) -> Comment | None:
        """See CommentStore."""
        return next(iter(self._read(_SELECT.where(comments.c.id == comment_id))), None)

    def of_paper(self, paper: int) -> Sequence[Comment]:
        """See CommentStore."""
        return self._read(_SELECT.where(comments.c.paper == paper).order_by(comments.c.id))

    def counts(self, papers: Collection[int]) -> Mapping[int, int]:
        """See CommentStore."""
        query = (
            sa.select(comments.c.paper, sa.func.count())
            .where(comments.c.paper.in_(papers), comments.c.state == "visible")
            .group_by(comments.c.paper)
        )
        with read_transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def of_account(self, account: str) -> Sequence[Comment]:
        """See CommentStore."""
        query = _SELECT.where(comments.c.account == account)
        return self._read(query.order_by(comments.c.id.desc()))

    def _read(self, query: sa.Select[Any]) -> list[Comment]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Comment(
                number,
                paper,
                parent,
                account,
                name or ("the owner" if account else ""),
                text if state == "visible" else "",
                state,
                time_of_number(created_at),
                time_of_number(edited_at) if edited_at else None,
                flags,
            )
            for number, paper, parent, account, text, state, created_at, edited_at, name, flags in rows
        ]

    def count_since(self, account: str, since: dt.datetime) -> int:
        """See CommentStore."""
        query = sa.select(sa.func.count()).where(
            comments.c.account == account, comments.c.created_at > number_of_time(since)
        )
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def edit(self, comment_id: int, text: str, now: dt.datetime) -> None:
        """See CommentStore."""
        of_comment = comments.c.id == comment_id
        until = number_of_time(now)
        with write_transaction(self._engine) as connection:
            earlier = connection.execute(sa.select(comments.c.text).where(of_comment)).scalar()
            connection.execute(
                sa.insert(comment_texts).values(comment=comment_id, text=earlier, until=until)
            )
            connection.execute(
                sa.update(comments).where(of_comment).values(text=text, edited_at=until)
            )

    def history(self, comment_id: int) -> Sequence[tuple[dt.datetime, str]]:
        """See CommentStore."""
        query = sa.select(comment_texts.c.until, comment_texts.c.text)
        query = query.where(comment_texts.c.comment == comment_id).order_by(comment_texts.c.number)
        with read_transaction(self._engine) as connection:
            return [(time_of_number(until), text) for until, text in connection.execute(query)]

    def set_state(self, comment_id: int, state: CommentState) -> None:
        """See CommentStore."""
        values: dict[str, Any] = {"state": state}
        with write_transaction(self._engine) as connection:
            if state == "deleted":
                values["text"] = ""
                connection.execute(
                    sa.delete(comment_texts).where(comment_texts.c.comment == comment_id)
                )
            connection.execute(
                sa.update(comments).where(comments.c.id == comment_id).values(**values)
            )

    def flag(self, comment_id: int, account: str, reason: str, now: dt.datetime) -> None:
        """See CommentStore."""
        flags = comment_flags.c
        same = sa.and_(flags.comment == comment_id, flags.account == account)
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(comment_flags).where(same))
            connection.execute(
                sa.insert(comment_flags).values(
                    comment=comment_id, account=account, reason=reason, at=number_of_time(now)
                )
            )

    def clear_flags(self, comment_id: int) -> None:
        """See CommentStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                sa.delete(comment_flags).where(comment_flags.c.comment == comment_id)
            )

    def flagged(self, flags: int) -> Sequence[Comment]:
        """See CommentStore."""
        query = _SELECT.where(comments.c.state == "visible", flags <= _FLAGS)
        return self._read(query.order_by(comments.c.id))

    def add_log_entry(self, entry: LogEntry) -> None:
        """See CommentStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                sa.insert(moderation_log).values(
                    at=number_of_time(entry.at),
                    moderator=entry.moderator,
                    action=entry.action,
                    reason=entry.reason,
                )
            )

    def log(self, limit: int) -> Sequence[LogEntry]:
        """See CommentStore."""
        columns = moderation_log.c
        query = sa.select(columns.at, columns.moderator, columns.action, columns.reason)
        query = query.order_by(columns.number.desc()).limit(limit)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [LogEntry(time_of_number(row[0]), *row[1:]) for row in rows]

    def remove_account(self, account: str) -> None:
        """See CommentStore."""
        own = comments.c.account == account
        numbers = sa.select(comments.c.id).where(own)
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(comment_texts).where(comment_texts.c.comment.in_(numbers)))
            connection.execute(sa.delete(comment_flags).where(comment_flags.c.account == account))
            connection.execute(
                sa.update(comments).where(own).values(state="deleted", text="", account="")
            )
