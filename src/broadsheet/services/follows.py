"""Following, and the papers that are new; implements FollowService."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from broadsheet.domain.access import Principal, require
from broadsheet.domain.accounts import AccountStore
from broadsheet.domain.categories import (
    CATEGORIES,
    category_name,
    is_in_category,
    section_names,
    section_of,
)
from broadsheet.domain.comments import CommentStore
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.follows import (
    LONGEST_NAME,
    LONGEST_SEARCH,
    MOST_FOLLOWS,
    Follow,
    FollowedPaper,
    FollowKind,
    FollowNews,
    FollowNotFoundError,
    FollowStore,
    check_kind,
)
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.ports import Store, Story
from broadsheet.domain.query import After, Field, FieldName, Query
from broadsheet.domain.query import Sequence as QuerySequence
from broadsheet.domain.search import Hit, SearchRequest
from broadsheet.domain.services import DailyService, SearchService
from broadsheet.domain.submissions import SubmissionStore
from broadsheet.search.query.parse import parse

SelectStories = Callable[[str, Sequence[Story]], Sequence[Story]]
"""Name of an edition, stories → those that the edition prints."""

LATE_DAYS = 30
"""A paper may be listed so long after its publication, or come in so long after the day under
which it is listed, and still be new."""
NEAR_ENOUGH = 0.35
"""Share of the best score of the last month below which a paper is not on the topic of a search."""
MOST_WEIGHED = 100
"""Papers of one search that are weighed."""
MOST_RECENT = 20_000
"""Papers that may be new at once; the most voted of more."""

_FIRST_VISIT = dt.timedelta(7)
"""On the first visit the papers of so many days are new."""
_SPANS = {"day": dt.timedelta(1), "week": dt.timedelta(7), "month": dt.timedelta(30)}
_MOST_OF_NAME = 200
"""New papers of one author or venue."""
_WEIGHTS: dict[FollowKind, float] = {
    "author": 4,
    "member": 3,
    "search": 2,
    "venue": 1,
    "category": 0.5,
    "field": 0.25,
    "edition": 0.5,
}
_FIELDS: dict[FollowKind, FieldName] = {"author": "author", "venue": "venue"}


@dataclass(frozen=True, slots=True)
class _Span:
    """Days under which papers are listed, and the time after which they came in or were acted on."""

    first: dt.date
    last: dt.date
    after: dt.datetime | None = None

    def holds(self, at: dt.datetime) -> bool:
        """Whether something done at this time is new."""
        return at > self.after if self.after else self.first <= at.date() <= self.last


class LocalFollowService:
    """See FollowService. Thread-safe."""

    def __init__(
        self,
        papers: Store,
        store: FollowStore,
        accounts: AccountStore,
        comments: CommentStore,
        submissions: SubmissionStore,
        search: SearchService,
        daily: DailyService,
        select_stories: SelectStories,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._accounts = accounts
        self._comments = comments
        self._submissions = submissions
        self._search = search
        self._daily = daily
        self._select_stories = select_stories
        self._clock = clock

    def _now(self) -> dt.datetime:
        return self._clock()

    def follow(self, principal: Principal, kind: str, value: str) -> Follow:
        """See FollowService."""
        require(principal, "keep_personal")
        checked = check_kind(kind)
        value, label = self._check_value(principal, checked, " ".join(value.split()))
        if len(self._store.of_account(principal.id)) >= MOST_FOLLOWS:
            raise InvalidInputError(
                f"you follow {MOST_FOLLOWS} things, which is the most; stop following one first"
            )
        return self._store.add(Follow(0, principal.id, checked, value, label, self._now()))

    def _check_value(self, principal: Principal, kind: FollowKind, value: str) -> tuple[str, str]:
        """Return value and label as they are kept."""
        longest = LONGEST_SEARCH if kind == "search" else LONGEST_NAME
        if not value or len(value) > longest or not value.isprintable():
            raise InvalidInputError(f"name what to follow in 1 to {longest:,} characters")
        if kind == "search" and not str(parse(value).query).strip():
            raise InvalidInputError("a search needs words, for example: diffusion policy -survey")
        if kind == "category":
            known = {each.lower(): each for each in CATEGORIES}
            value = known.get(value.lower(), value)
        if kind == "field" and value not in section_names():
            raise InvalidInputError(
                f"{value[:60]!r} is no field; the fields are: {', '.join(section_names())}"
            )
        if kind == "edition":
            return value, self._daily.get_edition(value).title
        if kind != "member":
            return value, value
        account = self._accounts.find(value)
        if account is None or account.banned:
            raise InvalidInputError(f"there is no member {value[:60]!r}")
        if account.id == principal.id:
            raise InvalidInputError("you cannot follow yourself")
        return account.id, account.name

    def unfollow(self, principal: Principal, number: int) -> None:
        """See FollowService."""
        require(principal, "keep_personal")
        if not self._store.remove(principal.id, number):
            raise FollowNotFoundError

    def follows(self, principal: Principal) -> Sequence[Follow]:
        """See FollowService."""
        require(principal, "keep_personal")
        return self._store.of_account(principal.id)

    def visit(self, principal: Principal) -> dt.datetime | None:
        """See FollowService."""
        return self._store.visit(principal.id, self._now()) if principal.id else None

    def news(
        self, principal: Principal, since: str = "visit", only: int | None = None, limit: int = 200
    ) -> FollowNews:
        """See FollowService."""
        follows = self.follows(principal)
        if only is not None and only not in {each.number for each in follows}:
            raise FollowNotFoundError
        after = self._begin(principal, since)
        span = _Span(after.date() - dt.timedelta(LATE_DAYS), self._daily.today(), after)
        papers = self._find(follows, span)
        counts = Counter(number for each in papers for number in each.follows)
        chosen = [each for each in papers if only is None or only in each.follows]
        return FollowNews(after, follows, chosen[:limit], len(chosen), counts)

    def _begin(self, principal: Principal, since: str) -> dt.datetime:
        """The time after which papers are new."""
        now = self._now()
        if since == "visit":
            return self.visit(principal) or now - _FIRST_VISIT
        if since in _SPANS:
            return now - _SPANS[since]
        if (period := Period.parse("day", since)) is None:
            raise InvalidInputError(
                f"{since[:40]!r} is no start: write visit, day, week, month or a date such as "
                "2026-11-02"
            )
        return dt.datetime.combine(period.first, dt.time(), dt.UTC)

    def followed_between(
        self, account: str, first: dt.date, last: dt.date
    ) -> Sequence[FollowedPaper]:
        """Return the papers of some days that an account follows; see ``FollowNews.papers``."""
        return self._find(self._store.of_account(account), _Span(first, last))

    def followed_authors(self, account: str) -> Sequence[str]:
        """Return the names of the authors that an account follows."""
        return [each.value for each in self._store.of_account(account) if each.kind == "author"]

    def _find(self, follows: Sequence[Follow], span: _Span) -> list[FollowedPaper]:
        if not follows:
            return []
        stories = {
            story.key: story
            for story in self._papers.stories_between(span.first, span.last, MOST_RECENT)
            if span.after is None or story.added_at > span.after
        }
        reasons: dict[int, dict[Follow, str]] = {}
        for follow in follows:
            for key, words in self._matches(follow, stories, span):
                reasons.setdefault(key, {}).setdefault(follow, words)
        papers = self._papers.get_many(list(reasons))
        weights = {
            key: sum(_WEIGHTS[follow.kind] for follow in reasons)
            for key, reasons in reasons.items()
        }
        order = sorted(papers, key=lambda key: (-weights[key], -papers[key].listed.number, -key))
        return [_describe(papers[key], reasons[key]) for key in order]

    def _matches(
        self, follow: Follow, stories: dict[int, Story], span: _Span
    ) -> Iterator[tuple[int, str]]:
        """Yield the keys of the papers that are new from one follow, each with the reason."""
        value = follow.value
        match follow.kind:
            case "author" | "venue":
                opening = "by" if follow.kind == "author" else "at"
                field = Field(_FIELDS[follow.kind], value)
                for hit in self._newest(field, span.first):
                    if hit.paper.key in stories:
                        yield hit.paper.key, f"{opening} {value}"
            case "search":
                for hit in find_on_topic(self._search, parse(value).query, span.first):
                    if hit.paper.key in stories:
                        yield hit.paper.key, f"found by “{value}”"
            case "category":
                named = category_name(value)
                words = f"in {value}" if named == value else f"in {named} ({value})"
                for story in stories.values():
                    if any(is_in_category(each, value) for each in story.categories):
                        yield story.key, words
            case "field":
                for story in stories.values():
                    if section_of(story.categories) == value:
                        yield story.key, f"in {value}"
            case "edition":
                if value in {each.name for each in self._daily.editions()}:
                    for story in self._select_stories(value, list(stories.values())):
                        yield story.key, f"in the edition “{follow.label}”"
            case "member":
                yield from self._acts(follow, span)

    def _newest(self, query: Query, first: dt.date) -> Sequence[Hit]:
        since = After(PartialDate.from_date(first - dt.timedelta(LATE_DAYS)))
        text = str(QuerySequence((query, since)))
        request = SearchRequest(text, limit=_MOST_OF_NAME, mode="words", order="date")
        return self._search.search(request).hits

    def _acts(self, follow: Follow, span: _Span) -> Iterator[tuple[int, str]]:
        """Public actions of a member, each with its paper."""
        for comment in self._comments.of_account(follow.value):
            if comment.state == "visible" and span.holds(comment.created_at):
                yield comment.paper, f"{follow.label} commented"
        for each in self._submissions.latest(["listed"], _MOST_OF_NAME, follow.value):
            if each.paper is not None and span.holds(each.created_at):
                yield each.paper, f"{follow.label} submitted it"
        for feature in self._submissions.features_between(span.first, span.last):
            begin = dt.datetime.combine(feature.day, dt.time.max, dt.UTC)
            if feature.account == follow.value and span.holds(begin):
                yield feature.paper, f"{follow.label} featured it"


def find_on_topic(search: SearchService, query: Query, first: dt.date) -> list[Hit]:
    """Return the papers on a query's topic that were published from ``LATE_DAYS`` before ``first``.

    They hold a word of the query, and their score is near enough to the best one.
    """
    # At the top of a query words rank papers and need not all be there.
    words = query.children if isinstance(query, QuerySequence) else (query,)
    hits = search_recent(search, words, first)
    best = max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if hit.matched and hit.score >= NEAR_ENOUGH * best]


def search_recent(search: SearchService, parts: Iterable[Query], first: dt.date) -> Sequence[Hit]:
    """Return the best papers for a query that were published from ``LATE_DAYS`` before ``first``."""
    since = After(PartialDate.from_date(first - dt.timedelta(LATE_DAYS)))
    request = SearchRequest(str(QuerySequence((*parts, since))), limit=MOST_WEIGHED)
    return search.search(request).hits


def _describe(paper: Paper, reasons: dict[Follow, str]) -> FollowedPaper:
    order = sorted(reasons, key=lambda follow: (-_WEIGHTS[follow.kind], follow.number))
    words = dict.fromkeys(reasons[follow] for follow in order)
    return FollowedPaper(paper, tuple(follow.number for follow in order), tuple(words))
