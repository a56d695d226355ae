"""Explanations describe the ranking that readers get, and are true of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.search import MODES, Mode, SearchRequest
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.evaluation.collection import load_collection
from broadsheet.evaluation.faithfulness import measure_faithfulness, measure_truth
from broadsheet.search.explain.ablation import MOST_PARTS
from broadsheet.search.explain.shares import Floats, Score
from broadsheet.search.service import Searcher
from broadsheet.wiring import indexed_collection
from memory_library import make_paper
from searching import open_searcher

RANKING = Path(__file__).parents[3] / "ranking"
CRANFIELD = Path(__file__).parents[4].parent / "shared" / "data" / "collections" / "cranfield"
ROWS = [line.split("\t") for line in (RANKING / "corpus.tsv").read_text().splitlines()]
PAPERS = [
    make_paper(key, title, text, authors=["Ada Lovelace"], categories=["cs.LG"], date="2024")
    for key, (_, title, text) in enumerate(ROWS, 1)
]
EMBEDDER = default_embedder()
QUERIES = [
    *(RANKING / "queries.txt").read_text().splitlines(),
    *(paper.title for paper in PAPERS),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("explained"), PAPERS, EMBEDDER)


def explain(searcher: Searcher, text: str, at: int = 0, mode: Mode = "hybrid") -> Explanation:
    request = SearchRequest(text, mode=mode)
    return searcher.explain(request, searcher.search(request).hits[at].paper)


@pytest.mark.parametrize("mode", MODES)
def test_the_score_and_the_rank_are_those_of_the_ranking(searcher: Searcher, mode: Mode) -> None:
    request = SearchRequest("surrogate models of simulators", mode=mode)
    for hit in searcher.search(request).hits:
        answer = searcher.explain(request, hit.paper)
        assert answer.score == pytest.approx(hit.score, abs=1e-4)
        assert answer.rank == hit.rank
        assert (answer.by_words is None, answer.by_meaning is None) == (
            mode == "meaning",
            mode == "words",
        )
        attributed = searcher.attribute(request, hit.paper)
        for score, parts in (
            (attributed.query_score, len(attributed.query.labels)),
            (attributed.paper_score, len(attributed.paper.parts)),
        ):
            whole = score(np.ones((1, parts), np.bool_))
            assert whole[0] == pytest.approx(hit.score, abs=1e-3)


def test_words_are_told_with_their_places(searcher: Searcher) -> None:
    request = SearchRequest("the surrogate model of Lovelace and zyzzyva")
    answer = searcher.explain(request, PAPERS[0])
    words = {word.text: word for word in answer.words}
    assert list(words) == ["surrogate", "model", "Lovelace", "zyzzyva"]
    assert words["Lovelace"].places == ("authors",)
    assert words["zyzzyva"].places == ()
    assert sum(abs(word.share) for word in answer.words) == pytest.approx(1)
    words_held = explain(searcher, "surrogate")
    assert words_held.words[0].share == 1
    assert "title" in words_held.words[0].places


def test_sentences_are_told_with_nearness_and_marks(searcher: Searcher) -> None:
    answer = explain(searcher, "surrogate")
    assert answer.sentences[0].place == "title"
    assert any(part.matched for sentence in answer.sentences for part in sentence.text)
    near = [sentence.nearness or 0 for sentence in answer.nearest(2)]
    assert near == sorted(near, reverse=True)
    assert explain(searcher, "surrogate", mode="words").nearest() == ()


def test_filters_are_told_as_passed_or_failed(searcher: Searcher) -> None:
    answer = searcher.explain(SearchRequest("surrogate cat:cs.LG after:2030"), PAPERS[0])
    assert (answer.filters, answer.failed) == (("cat:cs.LG",), ("after:2030",))
    assert answer.rank is None
    assert answer.words == ()
    newest = searcher.explain(SearchRequest("cat:cs.LG"), PAPERS[0])
    assert newest.words == ()
    assert "newest" in newest.notes[0]


def test_a_liked_paper_is_told_by_the_words_both_share(searcher: Searcher) -> None:
    answer = explain(searcher, f"like:{PAPERS[0].id}")
    assert 1 < len(answer.words) <= MOST_PARTS
    assert any(word.places for word in answer.words)
    text_of_paper = f"{PAPERS[0].title} {PAPERS[0].abstract}"
    assert all(word.text in text_of_paper for word in answer.words)


@pytest.mark.parametrize(
    "text", ["the of and", "%%% -- ?", "graph " * 150, PAPERS[3].abstract, '"few-shot learning"']
)
def test_odd_queries_are_explained(searcher: Searcher, text: str) -> None:
    answer = searcher.explain(SearchRequest(text), PAPERS[3])
    assert len(answer.words) <= MOST_PARTS
    assert np.isfinite([word.share for word in answer.words]).all()


def test_a_paper_without_abstract_or_title_is_explained(searcher: Searcher) -> None:
    for bare in (make_paper(1, title="Surrogate"), make_paper(1, abstract="Surrogate.")):
        assert len(searcher.explain(SearchRequest("surrogate"), bare).sentences) == 1


@pytest.mark.parametrize("removed", [1, 2])
@pytest.mark.parametrize("mode", MODES)
def test_explanations_are_faithful(searcher: Searcher, mode: Mode, removed: int) -> None:
    """Removing the parts they name first costs more than removing others."""
    words: list[tuple[Score, Floats]] = []
    sentences: list[tuple[Score, Floats]] = []
    for text in QUERIES:
        request = SearchRequest(text, limit=2, mode=mode)
        for hit in searcher.search(request).hits:
            answer = searcher.attribute(request, hit.paper)
            words.append((answer.query_score, answer.by_query.shares))
            sentences.append((answer.paper_score, answer.by_paper.shares))
    for cases in (words, sentences):
        measures = measure_faithfulness(cases, removed)
        assert measures.without_top > measures.without_random
        assert measures.difference.mean > 0
        assert measures.difference.beyond_noise


def test_a_text_is_explained_as_it_is_ranked(searcher: Searcher) -> None:
    text = f"{PAPERS[3].title}. {PAPERS[3].abstract}"
    hits = searcher.likeness.to_text(text, 5)
    for hit in hits:
        answer = searcher.likeness.explain(text, hit.paper)
        assert answer.rank == hit.rank
        assert answer.score == pytest.approx(hit.score, abs=1e-4)
    answer = searcher.likeness.explain(text, hits[0].paper)
    assert answer.by_words
    assert answer.by_words.rank == 1
    spelled = {word.text for word in answer.words} - {""}
    assert spelled <= set(text.replace(",", " ").replace(".", " ").split())
    words_held = [word for word in answer.words if word.places]
    assert sum(word.share for word in words_held) > 0.9
    assert any(fragment.matched for part in answer.sentences for fragment in part.text)
    with pytest.raises(InvalidInputError):
        searcher.likeness.explain("?!", PAPERS[0])


class CountingEmbedder:
    """An embedder that is costly: it counts the texts it is asked for."""

    name, dimensions = EMBEDDER.name, EMBEDDER.dimensions

    def __init__(self) -> None:
        self.texts = 0

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        self.texts += len(titles)
        return EMBEDDER.encode_documents(titles, abstracts)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        self.texts += len(queries)
        return EMBEDDER.encode_queries(queries)


def test_a_costly_embedder_is_asked_for_each_part_once(tmp_path: Path) -> None:
    costly = CountingEmbedder()
    searcher = open_searcher(tmp_path, PAPERS, costly)
    costly.texts = 0
    answer = searcher.explain(SearchRequest(PAPERS[5].title), PAPERS[5])
    assert costly.texts <= 2 * (len(answer.words) + len(answer.sentences)) + 3
    assert answer.rank == 1
    assert max(word.share for word in answer.words) > 0


@pytest.mark.shared
def test_explanations_are_faithful_on_cranfield() -> None:
    if not CRANFIELD.exists():
        pytest.skip("the measurement data is not beside the checkout")
    collection = load_collection(CRANFIELD)
    few = dict(list(collection.queries.items())[:40])
    with indexed_collection(CRANFIELD, None, None, lambda done, share: None) as (services, topics):
        topics.queries.clear()
        topics.queries.update(few)
        truth = measure_truth(services.search, topics, "hybrid", lambda done, share: None)
    for measures in (truth.words, truth.sentences, truth.rank):
        assert measures is not None
        assert measures.without_top > 1.5 * measures.without_random
        assert measures.difference.beyond_noise
