"""Results as readers see them: title and snippet, with the words of the query marked."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.search import Hit
from broadsheet.index.documents import ReadableText
from broadsheet.index.port import IndexSnapshot, Keys
from broadsheet.search.present.snippets import Marker
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.plan import QueryPlan
from broadsheet.search.rank.ranking import Ranking
from broadsheet.text.latex.plain_text import to_text

NO_MARKS = Marker({})
"""Marks nothing."""


def compose_hits(
    keys: Keys,
    offset: int,
    ranking: Ranking | None,
    marker: Marker,
    snapshot: IndexSnapshot,
    papers: PaperReader,
) -> tuple[Hit, ...]:
    """Return hits of ``keys``, which are those of the ranking, if there is one, from ``offset`` on.

    Papers that are gone meanwhile are left out.
    """
    alike = ranking.alike if ranking is not None else {}
    repeated = [key for leader in keys.tolist() for key in alike.get(leader, ())]
    known = papers.get_many([*keys.tolist(), *repeated])
    scores, matched = [0.0] * len(keys), [True] * len(keys)
    if ranking is not None:
        page = slice(offset, offset + len(keys))
        scores, matched = ranking.scores[page].tolist(), ranking.matched[page].tolist()
    shown = [(at, known[key]) for at, key in enumerate(keys.tolist()) if key in known]
    texts = marker.shown(read_texts([paper for _, paper in shown], snapshot))
    return tuple(
        Hit(
            offset + at + 1,
            scores[at],
            paper,
            title,
            snippet,
            matched[at],
            _known_of(alike.get(paper.key, ()), known),
        )
        for (at, paper), (title, snippet) in zip(shown, texts, strict=True)
    )


def read_texts(papers: Sequence[Paper], snapshot: IndexSnapshot) -> list[ReadableText]:
    """Return readable text: as it is stored, or read anew if a paper changed since."""
    keys = np.array([paper.key for paper in papers], np.int64)
    stored = snapshot.documents(keys, {"text"}).texts if papers else ()
    return [
        (text and text.find_text(paper))
        or ReadableText.of(to_text(paper.title), to_text(paper.abstract))
        for paper, text in zip(papers, stored, strict=True)
    ]


def make_marker(plan: QueryPlan, snapshot: IndexSnapshot, frequencies: Frequencies) -> Marker:
    """Return a marker of the words of a query."""
    weights = weigh_rarity(list(plan.terms), snapshot, frequencies)
    in_phrases = {word for phrase in plan.phrases for word in phrase}
    single = frozenset(plan.terms) - (in_phrases - set(plan.soft))
    return Marker(weights, plan.phrases, single)


def weigh_rarity(
    terms: Sequence[str], snapshot: IndexSnapshot, frequencies: Frequencies
) -> dict[str, float]:
    """Return ln(1 + N / n) of each term that n of N papers have; 0 if no paper has it."""
    frequencies.fetch(terms)
    papers = max(1, snapshot.papers)
    return {
        term: math.log(1 + papers / papers_with) if (papers_with := frequencies.of(term)) else 0.0
        for term in terms
    }


def _known_of(keys: Sequence[int], papers: Mapping[int, Paper]) -> tuple[Paper, ...]:
    return tuple(papers[key] for key in keys if key in papers)
