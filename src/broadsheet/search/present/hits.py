"""What readers see of papers that were found: title and snippet, with the words marked."""

import math
from collections.abc import Callable, Mapping, Sequence

from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.search import Hit
from broadsheet.index.documents import ReadableText
from broadsheet.index.port import Keys, VectorIndex, WordIndex
from broadsheet.search.present.snippets import Marker
from broadsheet.search.query.plan import Plan
from broadsheet.search.rank.ranking import Ranking


class HitMaker:
    """Makes hits of papers by key. Thread-safe; ``clean`` makes text readable."""

    def __init__(
        self,
        words: WordIndex,
        vectors: VectorIndex,
        papers: PaperReader,
        clean: Callable[[str], str],
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._papers = papers
        self._clean = clean

    def hits(
        self, keys: Keys, offset: int, plan: Plan | None, ranking: Ranking | None
    ) -> tuple[Hit, ...]:
        """Hits of ``keys``, those of ``ranking`` from ``offset`` on where there is one; papers
        that are gone meanwhile are left out."""
        alike = ranking.alike if ranking is not None else {}
        repeated = [key for leader in keys.tolist() for key in alike.get(leader, ())]
        papers = self._papers.get_many([*keys.tolist(), *repeated])
        marker = self.marker(plan)
        scores, matched = [0.0] * len(keys), [True] * len(keys)
        if ranking is not None:
            page = slice(offset, offset + len(keys))
            scores, matched = ranking.scores[page].tolist(), ranking.matched[page].tolist()
        found = [(at, key) for at, key in enumerate(keys.tolist()) if key in papers]
        shown_texts = marker.shown(self._texts([papers[key] for _, key in found]))
        hits: list[Hit] = []
        for (at, key), (title, snippet) in zip(found, shown_texts, strict=True):
            others = _known_of(alike.get(key, ()), papers)
            rank = offset + at + 1
            hits.append(Hit(rank, scores[at], papers[key], title, snippet, matched[at], others))
        return tuple(hits)

    def _texts(self, papers: Sequence[Paper]) -> list[ReadableText]:
        return [
            known or ReadableText.of(self._clean(paper.title), self._clean(paper.abstract))
            for paper, known in zip(papers, self._vectors.texts_of(papers), strict=True)
        ]

    def marker(self, plan: Plan | None) -> Marker:
        """Marks the words of a query; none without a plan."""
        if plan is None:
            return Marker(self._words.tokens, self._words.find, {})
        weights = self.rarities(list(plan.terms))
        in_phrases = {word for phrase in plan.phrases for word in phrase}
        single = frozenset(plan.terms) - (in_phrases - set(plan.soft))
        return Marker(self._words.tokens, self._words.find, weights, plan.phrases, single)

    def rarities(self, terms: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of each term; 0 where no paper has it."""
        papers = max(1, self._vectors.count_papers())
        return {
            term: math.log(1 + papers / frequency) if frequency else 0.0
            for term, frequency in zip(terms, self._words.frequencies(terms), strict=True)
        }


def _known_of(keys: Sequence[int], papers: Mapping[int, Paper]) -> tuple[Paper, ...]:
    return tuple(papers[key] for key in keys if key in papers)
