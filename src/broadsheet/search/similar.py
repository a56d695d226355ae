"""Papers like a paper, or like a text that is not in the library."""

import math
from collections import Counter
from collections.abc import Callable

from broadsheet.domain.errors import EmbedderMismatchError, InvalidInputError
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.search import Hit
from broadsheet.embed.embedder import Embedder
from broadsheet.index.port import VectorIndex, Vectors, WordIndex
from broadsheet.search.explain.ablation import Asked
from broadsheet.search.explain.explainer import Explainer
from broadsheet.search.present.hits import HitMaker
from broadsheet.search.query.plan import Plan
from broadsheet.search.rank.ranking import Ranker, Ranking
from broadsheet.search.steady import steady
from broadsheet.text.analysis import without_stop_words

MOST_TERMS = 25
"""Words that stand for a paper when papers like it are looked for."""


class Likeness:
    """Finds papers by likeness. Thread-safe; sees papers as soon as they are indexed."""

    def __init__(
        self,
        words: WordIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        papers: PaperReader,
        clean: Callable[[str], str],
        ranker: Ranker,
        show: HitMaker,
        explainer: Explainer,
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._embedder = embedder
        self._papers = papers
        self._clean = clean
        self._ranker = ranker
        self._show = show
        self._explainer = explainer

    @steady
    def to_paper(self, key: int, limit: int) -> list[Hit]:
        """Papers most like the one with this key, which is left out; [] if it is gone."""
        found = self._papers.get_many([key])
        if key not in found:
            return []
        terms, vector = self.of_paper(found[key])
        ranking = self._ranker.rank(terms, vector, None, "hybrid").without(key)
        return list(self._show.hits(ranking.keys[:limit], 0, None, ranking))

    @steady
    def to_text(self, text: str, limit: int) -> list[Hit]:
        """Papers most like a text, for instance an abstract that is not in the library.

        By words alone where the vectors are of another embedder. Raises
        InvalidInputError for a text without any word.
        """
        ranking = self._rank(self._asked(text))
        return list(self._show.hits(ranking.keys[:limit], 0, None, ranking))

    @steady
    def explain(self, text: str, paper: Paper) -> Explanation:
        """Why ``to_text`` puts the paper where it does; its ``query`` is empty.

        The words are those that tell most of the text. Raises as ``to_text`` does.
        """
        asked = self._asked(text)
        ranking = self._rank(asked)
        keys = ranking.keys.tolist()
        rank = keys.index(paper.key) + 1 if paper.key in keys else None
        blank = Explanation(query="", mode=ranking.mode, paper=paper, rank=rank, score=0.0)
        if not keys:  # there is no scale to score by
            return blank
        plan = Plan(dict(asked.terms), (), (), None, (), "")
        return self._explainer.explain(blank, plan, asked, ranking, self._show.marker(plan))

    def of_paper(self, paper: Paper) -> tuple[dict[str, float], Vectors]:
        """The words and the vector that stand for a paper.

        Raises EmbedderMismatchError where it has none and those of others are of another
        embedder.
        """
        title, abstract = self._clean(paper.title), self._clean(paper.abstract)
        vector = self._vectors.find(paper.key)
        if vector is None:
            if not self._embedder_fits():
                stored = str(self._vectors.embedder())
                raise EmbedderMismatchError(self._vectors.place(), stored, self._embedder.name)
            vector = self._embedder.encode_documents([title], [abstract])[0]
        return self._best_terms(f"{title} {title} {abstract}"), vector

    def _asked(self, text: str) -> Asked:
        clean = self._clean(text)
        if not self._words.tokens(clean):
            raise InvalidInputError("the text holds no word to compare papers with")
        vector = self._ranker.encode(clean) if self._embedder_fits() else None
        return Asked(self._best_terms(clean), vector, liked=vector, liked_text=clean)

    def _rank(self, asked: Asked) -> Ranking:
        return self._ranker.rank(asked.terms, asked.vector, None, "hybrid")

    def _embedder_fits(self) -> bool:
        return self._vectors.embedder() in (None, self._embedder.name)

    def _best_terms(self, text: str) -> dict[str, float]:
        """The words of a long text that tell most: by (1 + log of its count) × idf."""
        words = without_stop_words(text.split())
        counts = Counter(token.text for token in self._words.tokens(" ".join(words)))
        weights = self._show.rarities(list(counts))
        told = {term: (1 + math.log(count)) for term, count in counts.items()}
        best = sorted(counts, key=lambda term: (-told[term] * weights[term], term))[:MOST_TERMS]
        return {term: told[term] for term in best}
