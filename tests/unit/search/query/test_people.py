"""People named in a query are told from words that only look like names."""

import pytest

from broadsheet.domain.search import SearchRequest
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.parse import parse
from broadsheet.search.query.people import read_names
from broadsheet.search.query.plan import plan_query
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

PAPERS = [
    make_paper(1, "Attention over sequences", "Sequences are attended to.", authors=["Émilie Oriel"]),
    make_paper(2, "Attention over pictures", "Pictures are attended to.", authors=["Ravi B. Narn"]),
    make_paper(3, "Long memory", "Short and long memory in networks.", authors=["Min Long"]),
    make_paper(4, "Long rivers", "Long rivers, at min flow.", authors=["Ana Short"]),
    make_paper(5, "Min long paths", "The min long path of a graph.", authors=["Ana Short"]),
    make_paper(6, "Attention in schools", "Émilie Oriel is not its author.", authors=["Bo Li"]),
    *[make_paper(n, f"Attention over sequences {n}", "Sequences again.") for n in range(7, 30)],
]  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("naming"), PAPERS)


def named(searcher: Searcher, text: str) -> list[str]:
    notes = searcher.search(SearchRequest(text)).notes
    return [note.split("“")[1].split("”")[0] for note in notes if "read as an author" in note]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Émilie Oriel attention", ["Émilie Oriel"]),
        ("attention emilie oriel", ["emilie oriel"]),
        ("Ravi Narn attention", ["Ravi Narn"]),
        ("Ravi B. Narn", ["Ravi B. Narn"]),
        ("ravi narn emilie oriel", ["ravi narn", "emilie oriel"]),
        ("min long", []),
        ("long memory", []),
        ("attention over sequences", []),
        ("Oriel attention", []),
        ('author:"Émilie Oriel" attention', []),
        ('"Émilie Oriel" attention', []),
        ("-Émilie Oriel", []),
        ("Émilie Oriel " + "attention " * 11, []),
    ],
)
def test_full_names_are_recognised(searcher: Searcher, text: str, names: list[str]) -> None:
    assert named(searcher, text) == names


@pytest.mark.parametrize(
    ("text", "embedded"),
    [
        ("Bo Li in schools", "in schools"),
        ("Bo Lin, Bo Lis or Bo Li", "Bo Lin, Bo Lis or"),
        ("JBo Life of Bo Li", "JBo Life of"),
        ("Bo  Li of schools Bo Li", "of schools"),
    ],
)
def test_whole_names_only_are_left_out_of_what_is_embedded(
    searcher: Searcher, text: str, embedded: str
) -> None:
    snapshot = searcher._index.snapshot()
    query = parse(text).query
    plan, names = read_names(query, plan_query(query), snapshot, Frequencies(snapshot))
    assert names[0] == "Bo Li"
    assert plan.text == embedded


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
def test_their_papers_lead_and_others_follow(searcher: Searcher, mode: str) -> None:
    answer = searcher.search(SearchRequest("emilie oriel attention over sequences", mode=mode))
    assert answer.hits[0].paper.key == 1
    assert len(answer.hits) > 10


def test_the_note_says_how_to_see_no_others(searcher: Searcher) -> None:
    (note,) = searcher.search(SearchRequest("emilie oriel")).notes
    query = note[note.index("author:") :].partition(" shows")[0]
    assert [hit.paper.key for hit in searcher.search(SearchRequest(query)).hits] == [1]


def test_a_name_alone_finds_the_person(searcher: Searcher) -> None:
    assert searcher.search(SearchRequest("Ravi Narn")).hits[0].paper.key == 2
