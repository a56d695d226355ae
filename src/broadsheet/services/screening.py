"""Working through a pool that the reader's labels keep ordering; implements ScreeningService."""

import csv
import datetime as dt
import io
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from broadsheet.discovery.agreement import mean_kappa
from broadsheet.discovery.personal.ranking import PersonalRanker, PersonalRanking, Signals
from broadsheet.discovery.screening import (
    LEAST_ARRIVALS,
    ArrivalRule,
    HypergeometricRule,
    Labels,
    Target,
)
from broadsheet.domain.access import Principal, require
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import Store
from broadsheet.domain.screening import (
    LONGEST_REASON,
    LONGEST_TITLE,
    MOST_POOL,
    MOST_SCREENINGS,
    Agreement,
    Conflict,
    Decision,
    ExportForm,
    FlowCounts,
    Screener,
    Screening,
    ScreeningNotFoundError,
    ScreeningPaper,
    ScreeningState,
    ScreeningStore,
    StopAdvice,
)
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import SearchService
from broadsheet.export.citation import identifier
from broadsheet.export.ris import iter_ris
from broadsheet.text.latex.plain_text import to_text

_PAGE = 500
"""Papers of a search that are read at once."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets would execute."""


class LocalScreeningService:
    """See ScreeningService. Thread-safe."""

    def __init__(
        self,
        papers: Store,
        store: ScreeningStore,
        ranker: PersonalRanker,
        search: SearchService,
        name_of: Callable[[str], str] = lambda account: account,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._ranker = ranker
        self._search = search
        self._name_of = name_of
        self._clock = clock

    def start(
        self,
        principal: Principal,
        query: str,
        title: str = "",
        recall: float = 0.95,
        confidence: float = 0.95,
    ) -> Screening:
        """See ScreeningService."""
        require(principal, "keep_personal")
        if not (0 < recall < 1 and 0 < confidence < 1):
            raise InvalidInputError("recall and confidence lie between 0 and 1, such as 0.95")
        query = " ".join(query.split())
        if not query:
            raise InvalidInputError("write a search: its papers are the pool")
        title = " ".join(title.split()) or query
        if len(title) > LONGEST_TITLE:
            title = title[: LONGEST_TITLE - 2].rsplit(" ", 1)[0] + " …"
        self._check_room(principal)
        pool = self._find_pool(query)
        screening = Screening(
            secrets.token_urlsafe(12),
            principal.id,
            title,
            query,
            recall,
            confidence,
            self._clock(),
        )
        self._store.add(screening, pool)
        return self._get(principal, screening.id)

    def _check_room(self, principal: Principal) -> None:
        if len(self._store.of_account(principal.id)) >= MOST_SCREENINGS:
            raise InvalidInputError(f"you have {MOST_SCREENINGS} screenings; delete one first")

    def join(self, principal: Principal, review: str) -> Screening:
        """See ScreeningService."""
        require(principal, "keep_personal")
        shared = self._store.of_review(review)
        if not shared:
            raise ScreeningNotFoundError
        for own in shared:
            if own.account == principal.id:
                return own
        self._check_room(principal)
        first = shared[0]
        screening = replace(
            first, id=secrets.token_urlsafe(12), account=principal.id, created_at=self._clock()
        )
        pool = sorted(self._store.papers(first.id), key=lambda each: each.place)
        self._store.add(screening, [each.paper for each in pool])
        return self._get(principal, screening.id)

    def agreement(self, principal: Principal, screening_id: str) -> Agreement:
        """See ScreeningService."""
        screenings = self._store.of_review(self._get(principal, screening_id).review)
        names = [self._name_of(each.account) for each in screenings]
        labelled = [self._labelled(each.id) for each in screenings]
        shared = [
            key
            for key in dict.fromkeys(key for each in labelled for key in each)
            if sum(key in each for each in labelled) > 1
        ]
        in_conflict = [
            key
            for key in shared
            if len({each[key].relevant for each in labelled if key in each}) > 1
        ]
        papers = self._papers.get_many(in_conflict)
        return Agreement(
            [
                Screener(name, each.labels, each.relevant)
                for name, each in zip(names, screenings, strict=True)
            ],
            len(shared),
            len(shared) - len(in_conflict),
            mean_kappa(
                [{key: bool(label.relevant) for key, label in each.items()} for each in labelled]
            ),
            [
                Conflict(
                    papers[key],
                    [
                        (name, bool(each[key].relevant), each[key].reason)
                        for name, each in zip(names, labelled, strict=True)
                        if key in each
                    ],
                )
                for key in in_conflict
                if key in papers
            ],
        )

    def _labelled(self, screening_id: str) -> dict[int, ScreeningPaper]:
        pool = self._store.papers(screening_id)
        return {each.paper: each for each in pool if each.number is not None}

    def count_flow(self, principal: Principal, screening_id: str) -> FlowCounts:
        """See ScreeningService."""
        screening = self._get(principal, screening_id)
        labels: dict[int, list[ScreeningPaper]] = {}
        for each in self._store.of_review(screening.review):
            for key, label in self._labelled(each.id).items():
                labels.setdefault(key, []).append(label)
        excluded = [each for each in labels.values() if not any(label.relevant for label in each)]
        reasons = Counter(
            next((label.reason for label in each if label.reason), "") for each in excluded
        )
        return FlowCounts(
            screening.papers,
            len(labels),
            len(excluded),
            sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
            len(labels) - len(excluded),
            screening.papers - len(labels),
        )

    def _find_pool(self, query: str) -> list[int]:
        """Return the papers that hold all words of a search, the latest first.

        Of a search that no paper holds all words of, the best ones.
        """
        keys: dict[int, None] = {}
        while len(keys) < MOST_POOL:
            request = SearchRequest(
                query, _PAGE, len(keys), mode="words", order="date", literal=True
            )
            answer = self._search.search(request)
            keys |= dict.fromkeys(hit.paper.key for hit in answer.hits)
            if answer.total > MOST_POOL:
                raise InvalidInputError(
                    f"{answer.total:,} papers match {query!r}; a screening holds at most "
                    f"{MOST_POOL:,}: narrow the search, for example with after:2024"
                )
            if len(answer.hits) < _PAGE:
                break
        if not keys:
            raise InvalidInputError(f"no paper in this library matches {query!r}")
        return list(keys)

    def own(self, principal: Principal) -> Sequence[Screening]:
        """See ScreeningService."""
        require(principal, "keep_personal")
        return self._store.of_account(principal.id)

    def _get(self, principal: Principal, screening_id: str) -> Screening:
        require(principal, "keep_personal")
        screening = self._store.find(screening_id)
        if screening is None or screening.account != principal.id:
            raise ScreeningNotFoundError
        return screening

    def state(self, principal: Principal, screening_id: str) -> ScreeningState:
        """See ScreeningService."""
        screening = self._get(principal, screening_id)
        pool = self._store.papers(screening.id)
        labelled = [each for each in pool if each.number is not None]
        unread = [each for each in pool if each.number is None]
        labels = [bool(each.relevant) for each in labelled]
        next_key, ranking = self._choose_next(pool, labelled, unread)
        keys = [key for key in (next_key, labelled[-1].paper if labelled else None) if key]
        papers = self._papers.get_many(keys)
        return ScreeningState(
            screening,
            advise(labels, len(pool), Target(screening.recall, screening.confidence)),
            papers.get(next_key) if next_key else None,
            _tell(ranking, next_key),
            papers.get(labelled[-1].paper) if labelled else None,
            bool(labels and labels[-1]),
            list(accumulate(labels)),
        )

    def _choose_next(
        self,
        pool: Sequence[ScreeningPaper],
        labelled: Sequence[ScreeningPaper],
        unread: Sequence[ScreeningPaper],
    ) -> tuple[int | None, PersonalRanking | None]:
        """Return the unread paper with the highest score; by the search's order before a like."""
        if not unread:
            return None, None
        if not any(each.relevant for each in labelled):
            return unread[0].paper, None
        signals = Signals(
            tuple(sorted((each.paper, 1.0 if each.relevant else -1.0) for each in labelled))
        )
        keys = sorted(each.paper for each in pool)
        state = (self._papers.last_changed_at(), self._papers.last_change())
        ranking = self._ranker.rank(keys, signals, state)
        best = max(unread, key=lambda each: (ranking.score_of(each.paper), -each.place))
        return best.paper, ranking

    def label(
        self,
        principal: Principal,
        screening_id: str,
        name: str,
        relevant: bool,
        reason: str = "",
    ) -> None:
        """See ScreeningService."""
        screening = self._get(principal, screening_id)
        reason = " ".join(reason.replace("\0", "").split())
        if len(reason) > LONGEST_REASON:
            raise InvalidInputError(f"a reason has at most {LONGEST_REASON:,} characters")
        paper = self._papers.get(name)
        if not self._store.set_label(screening.id, paper.key, relevant, reason, self._clock()):
            raise InvalidInputError(f"{paper.id} is not in this screening")

    def undo(self, principal: Principal, screening_id: str) -> Paper | None:
        """See ScreeningService."""
        key = self._store.undo(self._get(principal, screening_id).id)
        return None if key is None else self._papers.get_many([key]).get(key)

    def decisions(self, principal: Principal, screening_id: str) -> Sequence[Decision]:
        """See ScreeningService."""
        pool = self._store.papers(self._get(principal, screening_id).id)
        papers = self._papers.get_many([each.paper for each in pool if each.number is not None])
        labelled = [each for each in pool if each.number is not None and each.paper in papers]
        # Mergers of papers leave gaps in the stored numbers.
        return [
            Decision(papers[each.paper], number, bool(each.relevant), each.reason)
            for number, each in enumerate(labelled, 1)
        ]

    def export(self, principal: Principal, screening_id: str, form: ExportForm) -> str:
        """See ScreeningService."""
        decisions = self.decisions(principal, screening_id)
        return _render_csv(decisions) if form == "csv" else _render_ris(decisions)

    def delete(self, principal: Principal, screening_id: str) -> None:
        """See ScreeningService."""
        self._store.delete(self._get(principal, screening_id).id)


def advise(labels: Sequence[bool], pool: int, target: Target) -> StopAdvice:
    """Answer "may I stop?" after these labels, in reading order, of a pool of so many papers.

    ``ArrivalRule`` decides. It was measured when asked after each hundredth of the pool, so "yes" needs
    its consent at the last such place as well as now.
    """
    read, relevant = len(labels), sum(labels)
    sequence = np.array(labels, np.bool_)
    progress = f"You have read {read:,} of {pool:,} papers; {relevant:,} are relevant."
    if read == pool:
        return StopAdvice(True, "You have read the whole pool.", (progress,), 0.0)
    if not relevant:
        answer = "Not yet: no relevant paper was read, so nothing can be said about the others."
        return StopAdvice(False, answer, (progress,), 1.0)
    rule = ArrivalRule(target)
    checked = read - read % max(1, pool // 100)
    risk = max(rule.failure_probability(sequence[:place], pool) for place in (checked, read))
    goal = f"{_percent(target.recall)} of the relevant papers"
    sure = f"{_percent(target.confidence)} confidence"
    if risk < 1 - target.confidence:
        answer = (
            f"Yes: with {sure} you have read at least {goal}. "
            f"The {pool - read:,} unread papers could be skipped."
        )
        return StopAdvice(True, answer, (progress, *_assumptions(sequence, pool, target)), risk)
    missing = target.missing_to_fail(relevant)
    answer = (
        f"Not yet: with {sure} it cannot be ruled out that {_papers(missing)} among the unread "
        f"{'is' if missing == 1 else 'are'} relevant. You would then have read less than {goal}."
    )
    if relevant < LEAST_ARRIVALS:
        ground = f"With fewer than {LEAST_ARRIVALS} relevant papers nearly the whole pool has to be read."
    else:
        ground = f"The probability of that is put at {_percent(risk)}."
    return StopAdvice(False, answer, (progress, ground), risk)


def _assumptions(labels: Labels, pool: int, target: Target) -> list[str]:
    """The grounds of a "yes"."""
    if HypergeometricRule(target).may_stop(labels, pool):
        order = "This holds even if the order of reading was no better than a random one."
    else:
        order = (
            "This assumes that relevant papers go on to come ever more rarely, as they did so far. "
            "The rule that assumes only an order no worse than random would go on reading."
        )
    return [
        order,
        "It is no promise for one pool: wrong labels, or a group of relevant papers unlike all "
        "others, such as those without an abstract, would be missed.",
    ]


def _papers(number: int) -> str:
    return "1 paper" if number == 1 else f"{number:,} papers or more"


def _percent(share: float) -> str:
    return "over 99 %" if 0.99 < share < 1 else f"{share * 100:.3g} %"


def _tell(ranking: PersonalRanking | None, key: int | None) -> list[str]:
    if ranking is None or key is None:
        return []
    reasons = ranking.explain(key)
    terms = [name for name, part in reasons.terms if part > 0]
    against = [name for name, part in reasons.terms if part < 0]
    return [
        words
        for words in (
            f"terms: {', '.join(terms)}" if terms else "",
            f"against it: {', '.join(against)}" if against else "",
        )
        if words
    ]


def _render_csv(decisions: Sequence[Decision]) -> str:
    """A header and a row for each decision; cells that a spreadsheet would execute are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["number", "label", "id", "doi", "title", "year", "reason"])
    for each in decisions:
        paper = each.paper
        year = paper.published.year if paper.published else ""
        cells = [paper.id, identifier(paper, "doi"), to_text(paper.title), year, each.reason]
        label = "relevant" if each.relevant else "irrelevant"
        writer.writerow([each.number, label, *map(_harmless, cells)])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """Source: OWASP, CSV Injection."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _render_ris(decisions: Sequence[Decision]) -> str:
    """RIS records with the notes "ASReview_relevant" or "ASReview_irrelevant", which ASReview and
    reference managers read, and the reason."""
    records = []
    for each in decisions:
        label = "ASReview_relevant" if each.relevant else "ASReview_irrelevant"
        notes = [f"N1  - {label}", *([f"N1  - {each.reason}"] if each.reason else [])]
        record = "".join(iter_ris([each.paper])).rstrip()
        records.append(
            record.removesuffix("ER  -").rstrip() + "\n" + "\n".join(notes) + "\nER  - \n"
        )
    return "\n".join(records)
