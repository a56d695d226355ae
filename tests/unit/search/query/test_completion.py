"""Suggestions while a reader types."""

from pathlib import Path

import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.search import Completion
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.index.indexer import Indexer
from broadsheet.search.query.completion import Completer
from broadsheet.search.query.parse import parse
from memory_library import MemoryLibrary, make_paper

PAPERS = [
    make_paper(
        1,
        "Graph neural networks",
        date="2020",
        authors=["Yoshua Bengio", "Émile Müller"],
        categories=["cs.LG"],
        venue="NeurIPS 2020",
    ),
    make_paper(2, "Graph colouring", date="2021", authors=["Yoshua Bengio"], categories=["cs.DM"]),
    make_paper(3, "Deep graph neural nets", date="2022", categories=["cs.LG", "stat.ML"]),
    make_paper(4, "A grape in the neurology ward", authors=["Y. Neumann"]),
]


@pytest.fixture(scope="module")
def completer(tmp_path_factory: pytest.TempPathFactory) -> Completer:
    library = MemoryLibrary(PAPERS)
    store = LocalIndexStore(tmp_path_factory.mktemp("completion") / "index")
    Indexer(library, library, store, EmbedderRegistry(default_embedder())).catch_up()
    return Completer(store, library)


def offered(completer: Completer, text: str, limit: int = 8) -> list[tuple[str, str]]:
    return [(found.kind, found.text) for found in completer.complete(text, limit)]


def test_the_last_word_by_frequency(completer: Completer) -> None:
    assert offered(completer, "deep gra")[:2] == [("word", "deep graph"), ("word", "deep grape")]
    assert completer.complete("gra", 1) == (Completion("graph", "word", 3, "graph"),)
    assert offered(completer, "g") == []
    assert offered(completer, "graph ") == []
    assert offered(completer, "") == []


@pytest.mark.parametrize("typed", ["Yoshua", "yoshua b", "bengio", "Bengio, Y"])
def test_people_by_either_name(completer: Completer, typed: str) -> None:
    found = [hit for hit in completer.complete(typed, 8) if hit.kind == "author"]
    assert found == [Completion("Yoshua Bengio", "author", 2, 'author:"Yoshua Bengio"')]


def test_a_name_of_which_several_words_stand_comes_first(completer: Completer) -> None:
    assert offered(completer, "y neu")[0] == ("author", "Y. Neumann")
    assert offered(completer, "neu")[0][0] == "word"


def test_names_without_accents_categories_and_venues(completer: Completer) -> None:
    assert ("author", "Émile Müller") in offered(completer, "emile mu")
    assert ("category", "cs.LG") in offered(completer, "CS.")
    assert ("venue", "NeurIPS 2020") in offered(completer, "neurips")


def test_after_a_field_only_its_names_and_what_stood_before_is_kept(completer: Completer) -> None:
    found = completer.complete("graph cat:cs", 8)
    assert [(hit.kind, hit.query) for hit in found] == [
        ("category", "graph cat:cs.LG"),
        ("category", "graph cat:cs.DM"),
    ]
    assert offered(completer, 'author:"Yoshua B') == [("author", "Yoshua Bengio")]


def test_titles_that_hold_the_words_so_far(completer: Completer) -> None:
    found = [hit for hit in completer.complete("graph neural n", 8) if hit.kind == "title"]
    assert [hit.text for hit in found] == ["Graph neural networks", "Deep graph neural nets"]
    assert all(str(parse(hit.query).query) == hit.query for hit in found)
    assert ("title", "Graph colouring") in offered(completer, "Graph colourin")


def test_never_more_than_asked_for(completer: Completer) -> None:
    for text in ("gra", "graph neu", "yoshua", "cs."):
        assert len(completer.complete(text, 1)) <= 1
        assert completer.complete(text, 0) == ()


def test_one_form_of_a_word_is_offered(tmp_path: Path) -> None:
    titles = [
        "Diffusion models",
        "Diffusion of heat",
        "A diffusive limit",
        "Diffusions",
        "Diffused",
    ]
    library = MemoryLibrary([make_paper(at, title) for at, title in enumerate(titles, 1)])
    store = LocalIndexStore(tmp_path / "index")
    Indexer(library, library, store, EmbedderRegistry(default_embedder())).catch_up()
    offered = [each.text for each in Completer(store, library).complete("diffus", 8)]
    assert offered[0] == "diffusion"
    assert "diffusions" not in offered


def test_a_title_that_is_being_typed_comes_first(completer: Completer) -> None:
    assert offered(completer, "deep graph neur")[0] == ("title", "Deep graph neural nets")
