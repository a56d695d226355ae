"""Papers like a paper, or like a text that is not in the library."""

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.search import Hit
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.index.port import IndexStore
from broadsheet.search.likes import best_terms, count_words, read_liked_papers
from broadsheet.search.present.hits import NO_MARKS, compose_hits, make_marker
from broadsheet.search.query.plan import QueryPlan
from broadsheet.search.rank.ranking import Ranking, RankingQuery, prepare_ranking
from broadsheet.search.rank.weights import Weights
from broadsheet.search.view import IndexView
from broadsheet.text.latex.plain_text import to_text


class Likeness:
    """Find papers by likeness. Thread-safe; sees papers as soon as they are indexed."""

    def __init__(
        self, index: IndexStore, embedders: EmbedderRegistry, papers: PaperReader, weights: Weights
    ) -> None:
        self._index = index
        self._embedders = embedders
        self._papers = papers
        self._weights = weights

    def to_paper(self, key: int, limit: int) -> list[Hit]:
        """Return the papers most like the one with this key, without it; [] if it is gone."""
        papers = self._papers.get_many([key])
        if key not in papers:
            return []
        view = IndexView.of(self._index, self._embedders)
        (liked,) = read_liked_papers(view, [papers[key]])
        query = RankingQuery(liked.terms, liked.vector, liked_keys=(key,))
        return self._hits(view, self._rank(view, query), limit)

    def to_text(self, text: str, limit: int) -> list[Hit]:
        """Return the papers most like a text, such as an abstract that is not in the library.

        By words alone if the embedder of the vectors is not at hand. Raises InvalidInputError
        for a text without any word.
        """
        view = IndexView.of(self._index, self._embedders)
        return self._hits(view, self._rank(view, _read_text(view, text)), limit)

    def explain(self, text: str, paper: Paper) -> Explanation:
        """Explain why ``to_text`` puts the paper where it does.

        The ``query`` of the explanation is empty; its words are the most telling of the text.
        Raises as ``to_text`` does.
        """
        from broadsheet.search.explain.explainer import RankedQuery, explain_ranking

        view = IndexView.of(self._index, self._embedders)
        query = _read_text(view, text)
        ranking = self._rank(view, query)
        keys = ranking.keys.tolist()
        rank = keys.index(paper.key) + 1 if paper.key in keys else None
        blank = Explanation(query="", mode=ranking.mode, paper=paper, rank=rank, score=0.0)
        if not keys:  # there is no scale to score by
            return blank
        plan = QueryPlan(dict(query.terms), (), (), None, (), "")
        marker = make_marker(plan, view.snapshot, view.frequencies)
        return explain_ranking(view, RankedQuery(plan, query, ranking), blank, marker)

    def _rank(self, view: IndexView, query: RankingQuery) -> Ranking:
        return prepare_ranking(view.snapshot, query, None, "hybrid").rank(self._weights)

    def _hits(self, view: IndexView, ranking: Ranking, limit: int) -> list[Hit]:
        keys = ranking.keys[:limit]
        return list(compose_hits(keys, 0, ranking, NO_MARKS, view.snapshot, self._papers))


def _read_text(view: IndexView, text: str) -> RankingQuery:
    readable = to_text(text)
    counts = count_words(readable)
    if not counts:
        raise InvalidInputError("the text holds no word to compare papers with")
    vector = view.encode_query(readable) if view.has_embedder else None
    return RankingQuery(best_terms(counts, view), vector, liked=vector, liked_text=readable)
