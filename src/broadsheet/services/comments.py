"""Commenting on papers, and moderation; implements CommentService."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from broadsheet.domain.access import Principal, has_role, require
from broadsheet.domain.accounts import AccountStore
from broadsheet.domain.comments import (
    COMMENTS_PER_HOUR,
    DEEPEST,
    FLAG_REASONS,
    FLAGS_AFTER,
    FLAGS_FOR_QUEUE,
    LONGEST_COMMENT,
    Comment,
    CommentNotFoundError,
    CommentStore,
    LogEntry,
    TooManyCommentsError,
)
from broadsheet.domain.errors import ForbiddenError, InvalidInputError
from broadsheet.domain.ports import Store


class LocalCommentService:
    """See CommentService."""

    def __init__(
        self,
        papers: Store,
        store: CommentStore,
        accounts: AccountStore,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def add(self, principal: Principal, name: str, text: str, parent: int | None = None) -> Comment:
        """See CommentService."""
        require(principal, "contribute")
        paper = self._papers.get(name)
        if parent is not None and self.get(principal, parent).paper != paper.key:
            raise CommentNotFoundError
        now = self._clock()
        if self._store.count_since(principal.id, now - dt.timedelta(hours=1)) >= COMMENTS_PER_HOUR:
            raise TooManyCommentsError
        comment = Comment(
            0, paper.key, parent, principal.id, principal.name, _check_text(text), "visible", now
        )
        return self._store.add(comment)

    def get(self, principal: Principal, comment_id: int) -> Comment:
        """See CommentService."""
        require(principal, "read_papers")
        comment = self._store.find(comment_id)
        if comment is None:
            raise CommentNotFoundError
        return comment

    def thread(self, principal: Principal, paper: int) -> Sequence[Comment]:
        """See CommentService."""
        require(principal, "read_papers")
        return arrange_threads(self._store.of_paper(paper))

    def counts(self, papers: Collection[int]) -> Mapping[int, int]:
        """See CommentService."""
        return self._store.counts(papers)

    def own(self, principal: Principal) -> Sequence[Comment]:
        """See CommentService."""
        require(principal, "keep_personal")
        return self._store.of_account(principal.id)

    def edit(self, principal: Principal, comment_id: int, text: str) -> Comment:
        """See CommentService."""
        comment = self._get_visible(principal, comment_id)
        require(principal, "change_object", comment.account)
        require(principal, "contribute")
        text = _check_text(text)
        if text != comment.text:
            self._store.edit(comment.id, text, self._clock())
        return self.get(principal, comment_id)

    def _get_visible(self, principal: Principal, comment_id: int) -> Comment:
        comment = self.get(principal, comment_id)
        if comment.state != "visible":
            raise CommentNotFoundError
        return comment

    def history(self, principal: Principal, comment_id: int) -> Sequence[tuple[dt.datetime, str]]:
        """See CommentService."""
        return self._store.history(self._get_visible(principal, comment_id).id)

    def remove(self, principal: Principal, comment_id: int, reason: str = "") -> Comment:
        """See CommentService."""
        comment = self._get_visible(principal, comment_id)
        require(principal, "remove_object", comment.account)
        if comment.account == principal.id:
            self._store.set_state(comment.id, "deleted")
            return comment
        reason = " ".join(reason.split())[:500]
        if not reason:
            raise InvalidInputError("say why; the reason goes into the public log")
        self._store.set_state(comment.id, "removed")
        self._record(principal, f"removed comment {comment.id} by {comment.author}", reason)
        return comment

    def flag(self, principal: Principal, comment_id: int, reason: str) -> None:
        """See CommentService."""
        require(principal, "contribute")
        comment = self._get_visible(principal, comment_id)
        if reason not in FLAG_REASONS:
            raise InvalidInputError(f"choose a reason: {', '.join(FLAG_REASONS)}")
        account, now = self._accounts.find_by_id(principal.id), self._clock()
        young = account is not None and now - account.created_at < FLAGS_AFTER
        if young and not has_role(principal, "curator"):
            raise ForbiddenError(f"you can flag once your account is {FLAGS_AFTER.days} days old")
        self._store.flag(comment.id, principal.id, reason, now)

    def queue(self, principal: Principal) -> Sequence[Comment]:
        """See CommentService."""
        require(principal, "curate")
        return self._store.flagged(FLAGS_FOR_QUEUE)

    def dismiss(self, principal: Principal, comment_id: int) -> None:
        """See CommentService."""
        require(principal, "curate")
        comment = self._get_visible(principal, comment_id)
        self._store.clear_flags(comment.id)
        self._record(principal, f"kept comment {comment.id} by {comment.author}", "flags dismissed")

    def log(self, limit: int = 200) -> Sequence[LogEntry]:
        """See CommentService."""
        return self._store.log(limit)

    def _record(self, principal: Principal, action: str, reason: str) -> None:
        self._store.add_log_entry(LogEntry(self._clock(), principal.name, action, reason))


def arrange_threads(comments: Sequence[Comment]) -> list[Comment]:
    """Order comments so that each answer follows its parent, each with its depth.

    A deleted or removed comment stays only if a visible one answers it, directly or further
    down. An answer to a comment that is gone begins a thread.
    """
    known = {comment.id for comment in comments}
    answers: dict[int | None, list[Comment]] = {}
    for comment in comments:
        answers.setdefault(comment.parent if comment.parent in known else None, []).append(comment)
    ordered: list[Comment] = []
    waiting = [(comment, 0) for comment in reversed(answers.get(None, []))]
    while waiting:
        comment, depth = waiting.pop()
        ordered.append(replace(comment, depth=min(depth, DEEPEST)))
        waiting += [(answer, depth + 1) for answer in reversed(answers.get(comment.id, []))]
    needed: set[int] = set()
    for comment in reversed(ordered):
        if (comment.state == "visible" or comment.id in needed) and comment.parent is not None:
            needed.add(comment.parent)
    return [each for each in ordered if each.state == "visible" or each.id in needed]


def _check_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    text = text.encode(errors="replace").decode()  # JSON may have halves of surrogate pairs
    if not 1 <= len(text) <= LONGEST_COMMENT:
        raise InvalidInputError(f"a comment has 1 to {LONGEST_COMMENT:,} characters")
    return text
