"""People named in a query are told from words that only look like names."""

import pytest

from broadsheet.domain.search import Mode, SearchRequest
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
    make_paper(30, "Maps of points", "Points.", authors=["Laurens van der Maaten"]),
    make_paper(31, "A river bank", "Erosion of the river bank."),
    make_paper(32, "River banks", "Trees on river banks."),
    make_paper(33, "Money", "Savings.", authors=["Bank River"]),
    *[make_paper(n, f"Attention over sequences {n}", "Sequences again.") for n in range(7, 30)],
]  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("naming"), PAPERS)


def named(searcher: Searcher, text: str) -> list[str]:
    people = searcher.search(SearchRequest(text)).people
    return [person.typed for person in sorted(people, key=lambda each: text.index(each.typed))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Émilie Oriel attention", ["Émilie Oriel"]),
        ("attention emilie oriel", ["emilie oriel"]),
        ("Ravi Narn attention", ["Ravi Narn"]),
        ("Ravi B. Narn", ["Ravi B. Narn"]),
        ("ravi narn emilie oriel", ["ravi narn", "emilie oriel"]),
        ("min long", ["min long"]),
        ("Long Min", ["Long Min"]),
        ("paths of min long", []),
        ("paths of Min Long", ["Min Long"]),
        ("NARN R B", ["NARN R B"]),
        ("Narn, Ravi", ["Narn, Ravi"]),
        ("oriel emilie", ["oriel emilie"]),
        ("E. Oriel", ["E. Oriel"]),
        ("L. van der Maaten", ["L. van der Maaten"]),
        ("maps of Laurens van der Maaten", ["Laurens van der Maaten"]),
        ("van der Maaten", []),
        ("Ravi Oriel", []),
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
    plan = read_names(query, plan_query(query), snapshot, Frequencies(snapshot))
    assert plan.people[0].typed == "Bo Li"
    assert plan.text == embedded


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
def test_their_papers_lead_and_others_follow(searcher: Searcher, mode: str) -> None:
    answer = searcher.search(SearchRequest("emilie oriel attention over sequences", mode=mode))
    assert answer.hits[0].paper.key == 1
    assert len(answer.hits) > 10


def test_each_person_is_offered_with_a_search_that_shows_no_others(searcher: Searcher) -> None:
    (person,) = searcher.search(SearchRequest("emilie oriel attention")).people
    assert (person.name, person.papers, person.leads) == ("Émilie Oriel", 1, False)
    hits = searcher.search(SearchRequest(person.query)).hits
    assert [hit.paper.key for hit in hits] == [1]


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
@pytest.mark.parametrize("text", ["ana short", "Short Ana", "A. Short", "Short, A."])
def test_a_name_alone_finds_the_persons_papers_the_latest_first(
    searcher: Searcher, text: str, mode: Mode
) -> None:
    answer = searcher.search(SearchRequest(text, mode=mode))
    assert [hit.paper.key for hit in answer.hits[:2]] == [5, 4]
    assert answer.people[0].leads
    assert (answer.people[0].papers, answer.matching) == (2, 2)
    assert len(answer.hits) > 2


def test_words_of_more_papers_than_the_person_has_do_not_put_the_person_first(
    searcher: Searcher,
) -> None:
    answer = searcher.search(SearchRequest("river bank"))
    (person,) = answer.people
    assert person.share == pytest.approx(1 / 3)
    assert not person.leads
    assert answer.hits[0].paper.key != 33


def test_a_name_can_be_searched_for_as_words(searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest("min long", literal=True))
    assert answer.people == ()
    assert answer.hits[0].paper.key == 5


def test_a_name_by_date_lists_the_persons_papers(searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest("Ana Short", order="date", facets=True))
    assert [hit.paper.key for hit in answer.hits] == [5, 4]
    assert [(each.label, each.count) for each in answer.facets["author"]] == [("Ana Short", 2)]
