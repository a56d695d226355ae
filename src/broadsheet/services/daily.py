"""Issues, trends and calendars over the store and the index; implements DailyService."""

import datetime as dt
import functools
import itertools
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar, cast

from broadsheet.discovery.judging import Judge
from broadsheet.discovery.leading import FRONT, Measured, diversify, expected_votes, weigh
from broadsheet.discovery.quiet import explain_quiet_day
from broadsheet.discovery.standfirst import get_standfirst
from broadsheet.discovery.trending import (
    KINDS,
    Contender,
    Growth,
    Trend,
    rank_trends,
    tell_evidence,
)
from broadsheet.discovery.voting import weigh_votes
from broadsheet.domain.categories import is_in_category, section_names, section_of
from broadsheet.domain.daily import (
    WINDOWS,
    Edition,
    Issue,
    IssueOrder,
    IssueRequest,
    Leader,
    PlacedStory,
    ReaderOrder,
    Reason,
    Section,
    TrendingStory,
    Trends,
    Window,
)
from broadsheet.domain.errors import EditionNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period, PeriodKind, RollOver
from broadsheet.domain.ports import Store, Story
from broadsheet.domain.signals import VOTES_HERE, SignalGrowth, names_of
from broadsheet.domain.submissions import (
    NO_HIGHLIGHTS,
    Feature,
    Highlights,
    Submission,
    SubmissionStore,
)
from broadsheet.domain.summary import Summary, find_summary
from broadsheet.domain.sync import LEFT_OUT, SourceRun, SourceStatus
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Job, JobResult

MOST_STORIES = 20_000
"""Stories of one issue that are told apart by field and source; the rest is only counted."""
MOST_TRENDING = 3_000
"""The most voted papers listed within a window that may trend."""
MOST_JUDGED = 400
"""The most voted stories of an issue, which are judged by their text; the rest follows them."""
_REMEMBERED = 64
"""Issues whose order is remembered."""
_PREPARED = 3
"""Latest issues that are ready before a reader asks for them."""
_MEASURED = 12
"""Leading stories of a recent day whose distance to earlier papers is measured."""
_RECENT_DAYS = 14
_NOTED_RUNS = 100
"""Days that count as recent: they say what was missing; and runs that are looked at."""
_FEWEST_IN_SECTION = 3
_MOST_STARTERS = 500
_CITATIONS = names_of("citations")

T = TypeVar("T")

SelectKeys = Callable[[Edition, Sequence[int]], frozenset[int]]
"""Which of these papers pass an edition's query and authors."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The stories of an issue in the order of its front page."""

    stories: tuple[Story, ...]
    scores: Mapping[int, float]
    reasons: Mapping[int, tuple[Reason, ...]]
    alike: Mapping[int, tuple[int, ...]]
    total: int
    highlights: Highlights = NO_HIGHLIGHTS


class LocalDailyService:
    """See DailyService."""

    def __init__(
        self,
        papers: Store,
        judge: Judge,
        select_keys: SelectKeys,
        editions: Sequence[Edition],
        roll_over: RollOver | None = None,
        source_statuses: Callable[[], Sequence[SourceStatus]] = lambda: (),
        source_runs: Callable[[str, int], Sequence[SourceRun]] = lambda name, limit: (),
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        highlights: SubmissionStore | None = None,
    ) -> None:
        self._papers = papers
        self._judge = judge
        self._select_keys = select_keys
        self._editions = {edition.name: edition for edition in editions}
        self._roll_over = roll_over or RollOver()
        self._source_statuses = source_statuses
        self._source_runs = source_runs
        self._now = now
        self._highlights = highlights
        self._prepared: object = None
        self._remembered: OrderedDict[Hashable, tuple[object, object]] = OrderedDict()
        self._lock = threading.Lock()

    def configure(self, editions: Sequence[Edition], roll_over: RollOver) -> None:
        """Follow a change of the settings."""
        self._editions = {edition.name: edition for edition in editions}
        self._roll_over = roll_over

    def job(self) -> Job:
        """Prepare the latest issues after each change, so that no reader waits for them."""
        return Job("front pages", self._is_unprepared, self._prepare, interval=15.0, shared=False)

    def _is_unprepared(self, now: dt.datetime) -> bool:
        return self._prepared != self._state()

    def _prepare(self, lease: Lease) -> JobResult | None:
        state, day = self._state(), self.latest_day()
        period = Period("day", day) if day else None
        prepared = 0
        while period and prepared < _PREPARED and not lease.stop.is_set():
            for edition in self.editions():
                self._order(edition, period)
            self.issue(IssueRequest(period))
            prepared += 1
            earlier, _ = self._papers.neighbours_of(period)
            period = earlier.period if earlier else None
        self._prepared = state
        return JobResult(f"{prepared} issues are ready") if prepared else None

    def _state(self) -> object:
        shown = self._highlights.state() if self._highlights else 0
        return self._papers.last_changed_at(), self._papers.last_change(), shown, self.today()

    def today(self) -> dt.date:
        """See DailyService."""
        return self._roll_over.day_of(self._now())

    def latest_day(self) -> dt.date | None:
        """See DailyService."""
        return self._papers.latest_day(self.today())

    def has_only_starter(self) -> bool:
        """See DailyService."""
        return not self._papers.has_papers_beside("starter")

    def starter_papers(self) -> Sequence[Paper]:
        """See DailyService."""
        return list(itertools.islice(self._papers.iter_papers(), _MOST_STARTERS))

    def editions(self) -> Sequence[Edition]:
        """See DailyService."""
        return tuple(self._editions.values())

    def get_edition(self, name: str) -> Edition:
        """See DailyService."""
        edition = self._editions.get(name)
        if edition is None:
            raise EditionNotFoundError(name, list(self._editions))
        return edition

    def counts_by_day(self, first: dt.date, last: dt.date) -> Mapping[dt.date, int]:
        """See DailyService."""
        return self._papers.counts_by_day(first, last)

    def issue(self, request: IssueRequest, reader_order: ReaderOrder | None = None) -> Issue:
        """See DailyService."""
        edition = self.get_edition(request.edition)
        return self._print(edition, request, reader_order)

    def preview(self, edition: Edition, period: Period) -> Issue:
        """See DailyService."""
        return self._print(edition, IssueRequest(period))

    def trends(
        self, window: Window = "day", edition: str = "front", section: str = "", limit: int = 50
    ) -> Trends:
        """See DailyService."""
        named_edition = self.get_edition(edition)
        now, today = self._now(), self.today()
        state = (
            self._papers.last_changed_at(),
            self._papers.last_change(),
            self._papers.count_vote_changes(),
            today,
        )
        first, last = self._window(window)
        stories, ranked = self._remember(
            ("trends", named_edition, window),
            state,
            lambda: self._rank_trends(named_edition, window, now),
        )
        matching = [
            trend
            for trend in ranked
            if not section or section_of(stories[trend.key].categories) == section
        ]
        top = matching[:limit]
        papers = self._papers.get_many([trend.key for trend in top])
        return Trends(
            window=window,
            edition=named_edition,
            section=section,
            stories=[
                TrendingStory(
                    rank,
                    papers[trend.key],
                    section_of(stories[trend.key].categories),
                    trend.score,
                    tuple(tell_evidence(each) for each in trend.evidence),
                    standfirst_of(papers[trend.key]),
                )
                for rank, trend in enumerate(top, 1)
                if trend.key in papers
            ],
            sections=[
                (each.name, each.total)
                for each in _count_sections(stories[trend.key] for trend in ranked)
            ],
            since=first,
            until=last,
            today=today,
            signals=sorted({each.growth.kind for trend in ranked for each in trend.evidence}),
        )

    def _window(self, window: Window) -> tuple[dt.date, dt.date]:
        """The days of a window that ends today, or with the latest day that has papers."""
        last = self.latest_day() or self.today()
        if (self.today() - last).days < WINDOWS[window]:
            last = self.today()
        return last - dt.timedelta(WINDOWS[window] - 1), last

    def _rank_trends(
        self, edition: Edition, window: Window, now: dt.datetime
    ) -> tuple[dict[int, Story], Sequence[Trend]]:
        first, last = self._window(window)
        growths: dict[int, list[SignalGrowth]] = {}
        for growth in self._weigh(self._papers.growths_between(first, last, KINDS)):
            growths.setdefault(growth.paper, []).append(growth)
        recent = self._papers.stories_between(first, last, MOST_TRENDING)
        stories = {story.key: story for story in recent}
        stories |= self._papers.stories_by_key([key for key in growths if key not in stories])
        if _selects(edition):
            selection = self._select(edition, list(stories.values()))
            stories = {story.key: story for story in selection}
        contenders = [
            self._contender(story, growths.get(story.key, ()), first, last)
            for story in stories.values()
        ]
        speaking = [contender for contender in contenders if contender.growths]
        end = min(now, self._roll_over.begin_of(last + dt.timedelta(1)))
        return stories, rank_trends(speaking, end, WINDOWS[window])

    def _weigh(self, growths: Iterable[SignalGrowth]) -> Iterator[SignalGrowth]:
        """Yield growths; those of votes here by the share of the votes that counts for trends."""
        all_growths = list(growths)
        voted = {each.paper for each in all_growths if each.name == VOTES_HERE}
        votes = self._papers.votes_of_voters(voted) if voted else ()
        weights = weigh_votes(votes, voted)
        plain = Counter(vote.paper for vote in votes)
        for growth in all_growths:
            if growth.name == VOTES_HERE and plain[growth.paper]:
                share = weights[growth.paper] / plain[growth.paper]
                growth = replace(growth, amount=growth.amount * share)
            yield growth

    def _contender(
        self, story: Story, growths: Sequence[SignalGrowth], first: dt.date, last: dt.date
    ) -> Contender:
        """A paper listed within the window starts from nothing, so that all its votes count."""
        listed = story.listed.first_day()
        by_kind: dict[str, Growth] = {}
        for each in growths:
            days = (each.last - each.first).days + 1
            growth = Growth(KINDS[each.name], each.amount, days)
            same_kind = by_kind.get(growth.kind)
            # Several services count the same citations.
            if same_kind is None or growth.amount > same_kind.amount:
                by_kind[growth.kind] = growth
        if story.listed.day and first <= listed <= last:
            age = max(1, (last - listed).days + 1)
            for name, kind in KINDS.items():
                value = story.signals.get(name)
                if kind in ("votes", "comments") and _is_number(value):
                    by_kind[kind] = Growth(kind, float(value), age)
            if _featured_by(story):
                by_kind["listings"] = Growth("listings", 1, age)
        gained = max((each.last for each in growths if each.amount > 0), default=None)
        return Contender(
            story.key,
            self._roll_over.begin_of(listed),
            section_of(story.categories),
            tuple(by_kind.values()),
            self._roll_over.begin_of(gained) if gained else None,
        )

    def _print(
        self, edition: Edition, request: IssueRequest, reader_order: ReaderOrder | None = None
    ) -> Issue:
        order = self._order(edition, request.period)
        selection = [story for story in order.stories if _passes(story, request)]
        by = request.order or edition.order
        size = request.size or edition.size
        matching = len(selection) if request.narrowed else order.total
        pages = max(1, -(-len(selection) // size))
        earlier, later = self._papers.neighbours_of(request.period)
        issue = Issue(
            period=request.period,
            edition=edition,
            order=by,
            total=order.total,
            matching=matching,
            today=self.today(),
            page=request.page,
            pages=pages,
            sources=_count_sources(order.stories),
            with_code=sum(story.has_code for story in order.stories),
            new=sum(_is_new(story, request.last_visit) for story in order.stories)
            if request.last_visit
            else 0,
            leaders=self._leaders(request.period) if edition.name == "front" else (),
            earlier=earlier,
            later=later,
            sections=_count_sections(order.stories),
            by_day=self._count_days(request.period),
        )
        issue = replace(issue, notes=self._note_gaps(request.period))
        if not order.total:
            return replace(issue, quiet=self._explain_quiet(request.period))
        votes = self._papers.votes_here(request.period) if by == "votes" else {}
        ordered = _ordered(selection, by, votes, reader_order)
        if request.narrowed or request.page > 1:
            start = (request.page - 1) * size
            stories = self._place(ordered[start : start + size], order, start + 1)
            return replace(issue, stories=stories)
        return self._first_page(issue, ordered, order, size)

    def _first_page(
        self, issue: Issue, ordered: Sequence[Story], order: _Order, size: int
    ) -> Issue:
        """The front, and below it the best of each field."""
        front, rest = ordered[:FRONT], ordered[FRONT:]
        by_section: dict[str, list[Story]] = {section.name: [] for section in issue.sections}
        for story in rest:
            by_section[section_of(story.categories)].append(story)
        filled = [name for name, stories in by_section.items() if stories]
        each = max(_FEWEST_IN_SECTION, (size - len(front)) // max(1, len(filled)))
        by_name = {name: by_section[name][:each] for name in filled}
        placed = {
            story.paper.key: story
            for story in self._place(
                [*front, *(story for stories in by_name.values() for story in stories)], order, 1
            )
        }
        return replace(
            issue,
            front=[placed[story.key] for story in front if story.key in placed],
            sections=[
                replace(
                    section,
                    stories=[
                        placed[story.key]
                        for story in by_name.get(section.name, ())
                        if story.key in placed
                    ],
                )
                for section in issue.sections
            ],
        )

    def _place(self, stories: Sequence[Story], order: _Order, first_rank: int) -> list[PlacedStory]:
        """The stories with their papers; those that were removed meanwhile are left out."""
        alike = [key for story in stories for key in order.alike.get(story.key, ())]
        papers = self._papers.get_many([*(story.key for story in stories), *alike])
        return [
            PlacedStory(
                rank=rank,
                paper=papers[story.key],
                section=section_of(story.categories),
                score=order.scores.get(story.key, 0.0),
                reasons=order.reasons.get(story.key, ()),
                standfirst=standfirst_of(papers[story.key]),
                alike=tuple(papers[key] for key in order.alike.get(story.key, ()) if key in papers),
                submitted=_tell_submission(order.highlights.submissions.get(story.key)),
                featured=_tell_feature(order.highlights.features.get(story.key)),
            )
            for rank, story in enumerate(stories, first_rank)
            if story.key in papers
        ]

    def _leaders(self, period: Period) -> Sequence[Leader]:
        """The most voted papers of the day, week and month, the shorter period first."""
        kinds: tuple[PeriodKind, ...] = ("day", "week", "month")
        if period.kind not in kinds:
            return ()
        state = (
            self._papers.last_changed_at(),
            self._papers.last_change(),
            self._papers.count_vote_changes(),
        )
        around = [
            Period.containing(kind, period.first) for kind in kinds[kinds.index(period.kind) :]
        ]
        leaders = [
            self._remember(("leader", each), state, functools.partial(self._find_leader, each))
            for each in around
        ]
        by_paper: dict[int, Leader] = {}
        for leader in leaders:
            if leader is None:
                continue
            known = by_paper.get(leader.paper.key)
            periods = (*known.periods, *leader.periods) if known else leader.periods
            by_paper[leader.paper.key] = replace(leader, periods=periods)
        return list(by_paper.values())

    def _find_leader(self, period: Period) -> Leader | None:
        """The paper with the most votes, of sources and of readers here together."""
        here = self._papers.votes_here(period)
        keys = {story.key for story in self._papers.stories_of(period, 1)} | set(here)
        stories = self._papers.stories_by_key(list(keys))
        votes = {key: story.votes + here.get(key, 0) for key, story in stories.items()}
        best = min(votes, key=lambda key: (-votes[key], key), default=0)
        if not votes.get(best):
            return None
        papers = self._papers.get_many([best])
        return Leader((period,), papers[best], votes[best]) if best in papers else None

    def _count_days(self, period: Period) -> Mapping[dt.date, int]:
        if period.kind == "day":
            return {}
        return self._papers.counts_by_day(period.first, period.last)

    def _is_recent(self, period: Period) -> bool:
        return period.kind == "day" and 0 <= (self.today() - period.first).days < _RECENT_DAYS

    def _note_gaps(self, period: Period) -> list[str]:
        """Papers that were missing silently on this day and were fetched."""
        if not self._is_recent(period):
            return []
        return [
            f"{source.title}: {part}."
            for source in self._source_statuses()
            if source.on and source.name.startswith("arxiv")
            for run in self._source_runs(source.name, _NOTED_RUNS)
            if self._roll_over.day_of(run.started_at) == period.first
            for part in run.message.split("; ")
            if LEFT_OUT in part
        ]

    def _explain_quiet(self, period: Period) -> list[str]:
        if period.kind != "day":
            return []
        return explain_quiet_day(
            period.first, self._now(), self._roll_over, self._source_statuses()
        )

    # The order of an issue

    def _order(self, edition: Edition, period: Period) -> _Order:
        shown = self._highlights.state() if self._highlights else 0
        state = (self._papers.last_changed_at(), self._papers.last_change(), shown)
        return self._remember(
            ("order", edition, period), state, lambda: self._make_order(edition, period)
        )

    def _remember(self, name: Hashable, state: object, make: Callable[[], T]) -> T:
        """Return the cached result of ``make`` for ``name``, if the library is in the same state."""
        with self._lock:
            remembered = self._remembered.get(name)
            if remembered and remembered[0] == state:
                self._remembered.move_to_end(name)
                return cast(T, remembered[1])
        result = make()
        with self._lock:
            self._remembered[name] = (state, result)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return result

    def select_stories(self, name: str, stories: Sequence[Story]) -> Sequence[Story]:
        """Return the stories that the edition of this name prints. Raises EditionNotFoundError."""
        return self._select(self.get_edition(name), stories)

    def _highlights_of(self, period: Period) -> Highlights:
        if self._highlights is None:
            return NO_HIGHLIGHTS
        return self._highlights.highlights_between(period.first, period.last)

    def _add_highlighted(self, stories: Sequence[Story], highlights: Highlights) -> list[Story]:
        """The stories that were submitted or featured in a period and are listed under another."""
        known = {story.key for story in stories}
        keys = [*highlights.features, *highlights.submissions]
        added = self._papers.stories_by_key([key for key in keys if key not in known])
        return list(added.values())

    def _select(
        self, edition: Edition, stories: Sequence[Story], highlights: Highlights = NO_HIGHLIGHTS
    ) -> list[Story]:
        """The stories that the edition prints."""
        selection = [
            story
            for story in stories
            if _in_edition(story, edition, story.key in highlights.features)
        ]
        if edition.query or edition.authors:
            keys = self._select_keys(edition, [story.key for story in selection])
            selection = [story for story in selection if story.key in keys]
        return selection

    def _make_order(self, edition: Edition, period: Period) -> _Order:
        stories = list(self._papers.stories_of(period, MOST_STORIES))
        total = len(stories)
        if total == MOST_STORIES:
            total = self._papers.count_of(period)
        highlights = self._highlights_of(period)
        added = self._add_highlighted(stories, highlights)
        stories, total = [*added, *stories], total + len(added)
        if _selects(edition):
            stories = self._select(edition, stories, highlights)
            total = len(stories)
        # Judged like the most voted ones.
        stories.sort(key=lambda story: story.key not in highlights.features)
        candidates, rest = stories[:MOST_JUDGED], stories[MOST_JUDGED:]
        papers = self._papers.get_many([story.key for story in candidates])
        candidates = [story for story in candidates if story.key in papers]
        judgement = self._judge.judge([papers[story.key] for story in candidates])
        measured = [
            _measure(story, float(news), self.today(), highlights.features.get(story.key))
            for story, news in zip(candidates, judgement.newsworthiness, strict=True)
        ]
        expected = expected_votes(measured)
        reasons = {
            story.key: weigh(each, expected)
            for story, each in zip(candidates, measured, strict=True)
        }
        scores = {key: sum(reason.points for reason in parts) for key, parts in reasons.items()}
        if self._is_recent(period):
            for place in sorted(range(len(candidates)), key=lambda at: -scores[candidates[at].key])[
                :_MEASURED
            ]:
                key = candidates[place].key
                distance = self._judge.measure_distance(papers[key], period.first)
                reasons[key] = weigh(replace(measured[place], distance=distance), expected)
                scores[key] = sum(reason.points for reason in reasons[key])
        best = sorted(
            range(len(candidates)),
            key=lambda place: (
                _curated_place(edition, highlights, candidates[place].key),
                -scores[candidates[place].key],
                -candidates[place].votes,
                candidates[place].key,
            ),
        )
        candidates = [candidates[place] for place in best]
        vectors = judgement.vectors[best]
        first = self._judge.find_repetitions([papers[story.key] for story in candidates], vectors)
        alike: dict[int, list[int]] = {}
        for place, original in enumerate(first):
            if original != place:
                alike.setdefault(candidates[original].key, []).append(candidates[place].key)
        new = [place for place, original in enumerate(first) if original == place]
        order = list(range(len(new)))
        if not (edition.featured and highlights.features):
            order = diversify([scores[candidates[place].key] for place in new], vectors[new])
        return _Order(
            stories=(*(candidates[new[place]] for place in order), *rest),
            scores=scores,
            reasons=reasons,
            alike={key: tuple(keys) for key, keys in alike.items()},
            total=total,
            highlights=highlights,
        )


def standfirst_of(paper: Paper) -> str:
    """The finding of a paper in a sentence; readable text."""
    return _standfirst(paper.title, paper.abstract, find_summary(paper.signals))


@functools.lru_cache(maxsize=4096)
def _standfirst(title: str, abstract: str, summary: Summary | None) -> str:
    """Remembered: readers turn the same pages again and again."""
    return get_standfirst(title, abstract, summary).text


def _passes(story: Story, request: IssueRequest) -> bool:
    return (
        (not request.section or section_of(story.categories) == request.section)
        and (not request.source or request.source in story.sources)
        and (story.has_code or not request.has_code)
        and (not request.new_only or _is_new(story, request.last_visit))
    )


def _is_new(story: Story, last_visit: dt.datetime | None) -> bool:
    return last_visit is None or story.added_at > last_visit


def _selects(edition: Edition) -> bool:
    return bool(
        edition.query
        or edition.sources
        or edition.categories
        or edition.authors
        or edition.featured
    )


def _in_edition(story: Story, edition: Edition, featured_here: bool) -> bool:
    """Whether a story passes all of an edition but its query and authors."""
    return (
        (not edition.sources or bool(set(edition.sources) & set(story.sources)))
        and (not edition.categories or _in_categories(story.categories, edition.categories))
        and (not edition.featured or featured_here or bool(_featured_by(story)))
    )


def _in_categories(categories: Iterable[str], names: Iterable[str]) -> bool:
    """Whether one of ``categories`` is chosen, or lies below a chosen archive."""
    prefixes = tuple(names)
    return any(is_in_category(category, name) for category in categories for name in prefixes)


def _featured_by(story: Story) -> str:
    return "Hugging Face’s Daily Papers" if story.signals.get("hf_date") else ""


def _curated_place(edition: Edition, highlights: Highlights, key: int) -> tuple[int, int]:
    """In an edition of featured papers curators decide: the latest day first, then their order."""
    feature = highlights.features.get(key) if edition.featured else None
    return (-feature.day.toordinal(), feature.place) if feature else (0, 0)


def _measure(
    story: Story, newsworthiness: float, today: dt.date, feature: Feature | None
) -> Measured:
    counts = [story.signals.get(name) for name in _CITATIONS]
    citations = max((float(each) for each in counts if _is_number(each)), default=0.0)
    years = max((today - story.listed.first_day()).days, 0) / 365.25
    return Measured(
        votes=story.votes if "upvotes" in story.signals or story.votes else None,
        featured_by=_tell_feature(feature).removeprefix("featured by ") or _featured_by(story),
        newsworthiness=newsworthiness,
        has_code=story.has_code,
        citations_per_year=max(citations, 0.0) / max(years, 0.5),
    )


def _tell_submission(submission: Submission | None) -> str:
    """ "submitted by Max: worth reading" """
    if submission is None:
        return ""
    return f"submitted by {submission.name}" + (f": {submission.note}" if submission.note else "")


def _tell_feature(feature: Feature | None) -> str:
    """ "featured by Cleo because it is new" """
    return f"featured by {feature.name} because {feature.reason}" if feature else ""


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(
    stories: Sequence[Story],
    by: IssueOrder,
    votes_here: Mapping[int, int],
    reader_order: ReaderOrder | None,
) -> Sequence[Story]:
    match by:
        case "front":
            return stories
        case "newest":
            return sorted(stories, key=lambda story: (-story.listed.number, -story.key))
        case "votes":
            return sorted(
                stories,
                key=lambda story: (-story.votes - votes_here.get(story.key, 0), story.key),
            )
        case "for-me":
            if reader_order is None:
                return stories
            by_key = {story.key: story for story in stories}
            return [by_key[key] for key in reader_order(list(by_key))]


def _count_sources(stories: Iterable[Story]) -> Sequence[tuple[str, int]]:
    counts = Counter(source for story in stories for source in story.sources)
    return counts.most_common()


def _count_sections(stories: Iterable[Story]) -> Sequence[Section]:
    """In the order of a newspaper; those of other catalogues by size."""
    counts = Counter(section_of(story.categories) for story in stories)
    names = [name for name in section_names() if name in counts]
    names += [name for name, _ in counts.most_common() if name not in names]
    return [Section(name, counts[name]) for name in names]
