"""Search as readers meet it."""

from pathlib import Path

import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.search import Fragment, Hit, SearchAnswer, SearchRequest
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.search.service import Searcher
from memory_library import MemoryLibrary, make_paper
from searching import open_searcher

PAPERS = [
    make_paper(
        1,
        r"Schr\"odinger bridges for graph generation",
        "We generate graphs. The bridge connects noise and graphs with $\\alpha$ steps.",
        date="2024-03-01",
        categories=["cs.LG", "stat.ML"],
        name="2403.00001",
        authors=["Ada Lovelace"],
        venue="ICML 2024",
    ),
    make_paper(
        2,
        "Few-shot learning of graph structure",
        "Few examples suffice. Structure is shared between tasks.",
        date="2024-05",
        categories=["cs.CL"],
        name="2405.00002",
        code_url="https://example.org/code",
    ),
    make_paper(
        3,
        "Protein folding without templates",
        "Folding follows from sequence alone.",
        date="2023",
        categories=["q-bio.BM"],
    ),
    make_paper(4, "Protein design", "Inverse folding of proteins with a graph.", date="2025-01-31"),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("searcher"), PAPERS)


def search(searcher: Searcher, text: str, **options: object) -> SearchAnswer:
    return searcher.search(SearchRequest(text, **options))  # type: ignore[arg-type]


def keys(answer: SearchAnswer) -> list[int]:
    return [hit.paper.key for hit in answer.hits]


def marked(fragments: tuple[Fragment, ...]) -> str:
    return "".join(f"[{part.text}]" if part.matched else part.text for part in fragments)


def first(answer: SearchAnswer) -> Hit:
    return answer.hits[0]


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
def test_every_mode_finds_the_paper(searcher: Searcher, mode: str) -> None:
    answer = search(searcher, "protein folding", mode=mode)
    assert set(keys(answer)[:2]) == {3, 4}
    assert answer.matching == 2
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))


def test_words_are_marked_in_readable_text(searcher: Searcher) -> None:
    hit = first(search(searcher, "schrodinger graphs"))
    assert marked(hit.title) == "[Schrödinger] bridges for [graph] generation"
    assert "[graphs]" in marked(hit.snippet)
    assert "$" not in marked(hit.snippet)


def test_a_phrase_is_marked_as_a_whole_only(searcher: Searcher) -> None:
    answer = search(searcher, '"few shot"')
    assert keys(answer) == [2]
    assert marked(first(answer).title) == "[Few-shot] learning of graph structure"
    assert "[" not in marked(first(answer).snippet)


@pytest.mark.parametrize("text", ["2403.00001v2", "arXiv:2403.00001", "id:2403.00001"])
def test_an_identifier_leads_to_its_paper(searcher: Searcher, text: str) -> None:
    assert keys(search(searcher, text))[0] == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [4, 2, 1, 3]),
        ("-protein", [2, 1]),
        ("cat:cs", [2, 1]),
        ("after:2024", [4, 2, 1]),
        ("after:2024-02 before:2024-05", [1]),
        ("has:code", [2]),
        ("author:lovelace", [1]),
        ("venue:ICML", [1]),
        ("cat:cs -has:code", [1]),
    ],
)
def test_without_words_the_newest_come_first(
    searcher: Searcher, text: str, expected: list[int]
) -> None:
    answer = search(searcher, text)
    assert keys(answer) == expected
    assert answer.total == answer.matching == len(expected)
    assert "newest" in answer.notes[0]


def test_filters_bind_every_mode(searcher: Searcher) -> None:
    for mode in ("hybrid", "words", "meaning"):
        assert keys(search(searcher, "graph -protein cat:cs.LG", mode=mode)) == [1]
        assert set(keys(search(searcher, "graph AND protein", mode=mode))) == {4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cat:hep-th", "No paper in the library passes cat:hep-th."),
        ("cat:cs has:code after:2025", "none passes all of them"),
        ("colour:red graph", "There is no field “colour”"),
        ("like:2499.99999", "names no paper"),
        ("蛋白质折叠", "seems to be Chinese"),
        ("Verfahren zur Faltung", "seems to be German"),
        ("Bildverarbeitung", "seems to be in another language"),
    ],
)
def test_notes_say_why(searcher: Searcher, text: str, said: str) -> None:
    assert any(said in note for note in search(searcher, text).notes)


def test_mistyped_words_are_corrected(searcher: Searcher) -> None:
    assert search(searcher, "protien foldng", mode="words").corrected == "protein folding"
    assert search(searcher, "protein").corrected == ""


def test_pages_fit_together(searcher: Searcher) -> None:
    whole = keys(search(searcher, "graph protein structure"))
    pages = [
        keys(search(searcher, "graph protein structure", limit=1, offset=at)) for at in range(4)
    ]
    assert [key for page in pages for key in page] == whole


def test_facets_count_what_matches_and_narrow_it(searcher: Searcher) -> None:
    answer = search(searcher, "graph", facets=True)
    assert answer.matching == 3
    years = {facet.label: facet.count for facet in answer.facets["year"]}
    assert years == {"2025": 1, "2024": 2}
    for facet in (facet for group in answer.facets.values() for facet in group):
        assert search(searcher, f"graph {facet.term}").matching == facet.count, facet


def test_similar_papers_leave_out_the_paper_itself(searcher: Searcher) -> None:
    assert next(hit.paper.key for hit in searcher.likeness.to_paper(3, 2)) == 4
    assert 3 not in [hit.paper.key for hit in searcher.likeness.to_paper(3, 10)]
    assert searcher.likeness.to_paper(999, 5) == []
    assert set(keys(search(searcher, "like:2405.00002"))[:2]) == {1, 4}
    assert searcher.likeness.to_text(PAPERS[2].abstract, 1)[0].paper.key == 3


@pytest.mark.parametrize(
    "text",
    [
        "the of and",
        "a" * 10_000,
        "(" * 1000 + "graph",
        "graph " * 1600,
        '"',
        "%%%",
        "-",
        "İstanbul",
    ],
)
def test_odd_queries_have_an_answer(searcher: Searcher, text: str) -> None:
    answer = search(searcher, text)
    assert answer.hits or answer.notes


def test_what_cannot_be_asked_is_refused(searcher: Searcher) -> None:
    with pytest.raises(InvalidInputError, match="hybrid, words, meaning"):
        search(searcher, "graph", mode="magic")
    with pytest.raises(InvalidInputError, match="offset"):
        search(searcher, "graph", offset=-1)


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    store = LocalIndexStore(tmp_path / "index")
    library = MemoryLibrary()
    searcher = Searcher(store, EmbedderRegistry(default_embedder()), library)
    answer = search(searcher, "graph")
    assert answer.hits == ()
    assert "no papers yet" in answer.notes[0]
