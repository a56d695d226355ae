"""Which records tell of one paper. Each case is a pair (or more) of records in both orders."""

import itertools

import pytest
from arriving import LONG_ABSTRACT, OTHER_ABSTRACT, arrival

TITLE = "Gradient methods without smoothness constants"
ARXIV = ["arxiv:2401.00001"]


def papers_after(open_store, records, order):
    store = open_store()
    for position in order:
        store.store([records[position]], [])
    return list(store.iter_papers())


ONE_PAPER = {
    "the same identifier, whatever else": [
        arrival(source="a", title=TITLE, identifiers=ARXIV),
        arrival(source="b", title="Quite another title here", identifiers=ARXIV),
    ],
    "one arXiv paper with two DOIs": [
        arrival(source="a", title=TITLE, identifiers=[*ARXIV, "doi:10.1000/1"]),
        arrival(source="b", title=TITLE, identifiers=[*ARXIV, "doi:10.1000/2"]),
    ],
    "an equal title and first author": [
        arrival(source="a", title=TITLE, authors=["Ana Müller", "B. Ko"], identifiers=ARXIV),
        arrival(source="b", title=TITLE.upper() + ".", authors=["A. Müller"]),
    ],
    "an equal title and abstract, no authors": [
        arrival(source="a", title=TITLE, authors=["A. Roe"], abstract=LONG_ABSTRACT,
                identifiers=ARXIV),
        arrival(source="b", title=TITLE, abstract=LONG_ABSTRACT.replace(" -- ", "--").upper()),
    ],
    "an equal title and a truncated abstract": [
        arrival(source="a", title=TITLE, abstract=LONG_ABSTRACT),
        arrival(source="b", title=TITLE, abstract=LONG_ABSTRACT[:250], abstract_truncated=True),
    ],
    "identifiers of different schemes and an equal title": [
        arrival(source="a", title=TITLE, authors=["A. Roe"], identifiers=ARXIV),
        arrival(source="b", title=TITLE, authors=["A. Roe"], identifiers=["acl:2024.acl-long.1"]),
    ],
    "a generic title with author and abstract": [
        arrival(source="a", title="Editorial", authors=["A. Roe"], abstract=LONG_ABSTRACT),
        arrival(source="b", title="Editorial", authors=["A. Roe"], abstract=LONG_ABSTRACT + " End."),
    ],
    "a short title and nearly one text": [
        arrival(source="a", title="Deep nets", identifiers=ARXIV, authors=["A. Roe"],
                abstract=LONG_ABSTRACT),
        arrival(source="b", title="Deep nets", abstract=LONG_ABSTRACT),
    ],
    "a record that gives the identifiers of both": [
        arrival(source="a", title="Draft of a paper", identifiers=["openreview:abc"]),
        arrival(source="b", title="The paper in print", identifiers=["doi:10.1000/1"]),
        arrival(source="c", title=TITLE, identifiers=["openreview:abc", "doi:10.1000/1"]),
    ],
    "a title that leads to one and an identifier to the other": [
        arrival(source="a", title="Draft of one paper", authors=["A. Roe"]),
        arrival(source="b", title="The paper in print", identifiers=["doi:10.1000/1"]),
        arrival(source="c", title="Draft of one paper", authors=["A. Roe"],
                identifiers=["doi:10.1000/1"]),
    ],
}  # fmt: skip

TWO_PAPERS = {
    "two arXiv papers of one title and author": [
        arrival(source="a", title=TITLE, authors=["A. Roe"], identifiers=["arxiv:2401.00001"]),
        arrival(source="a", title=TITLE, authors=["A. Roe"], identifiers=["arxiv:2401.00002"]),
    ],
    "two documents of a collection": [
        arrival(source="a", title=TITLE, abstract=LONG_ABSTRACT, identifiers=["doc:1"]),
        arrival(source="a", title=TITLE, abstract=LONG_ABSTRACT, identifiers=["doc:2"]),
    ],
    "two arXiv papers that give the DOI of one volume": [
        arrival(source="a", title=TITLE, identifiers=["arxiv:2401.00001", "doi:10.1145/1235"]),
        arrival(source="a", title="Another paper here", identifiers=["arxiv:2401.00002",
                                                                      "doi:10.1145/1235"]),
    ],
    "two anthology papers with one DOI": [
        arrival(source="a", title=TITLE, identifiers=["doi:10.1145/1235", "acl:P19-1001"]),
        arrival(source="a", title="Another paper here", identifiers=["doi:10.1145/1235",
                                                                      "acl:P19-1002"]),
    ],
    "an equal title and nothing else in common": [
        arrival(source="a", title=TITLE, authors=["A. Roe"], abstract=LONG_ABSTRACT),
        arrival(source="b", title=TITLE, authors=["B. Ko"], abstract=OTHER_ABSTRACT),
    ],
    "an equal title and nothing else known": [
        arrival(source="a", title=TITLE),
        arrival(source="b", title=TITLE),
    ],
    "a generic title and the author": [
        arrival(source="a", title="Editorial", authors=["A. Roe"], abstract=LONG_ABSTRACT),
        arrival(source="b", title="Editorial", authors=["A. Roe"], abstract=OTHER_ABSTRACT),
    ],
    "one source and title, other people and text": [
        arrival(source="bibtex", title="Introduction", authors=["A. Roe"], abstract=LONG_ABSTRACT),
        arrival(source="bibtex", title="Introduction", authors=["B. Ko"], abstract=OTHER_ABSTRACT),
    ],
    "one citation key for two works": [
        arrival(source="bibtex", key="roe2020", title=TITLE, authors=["A. Roe"]),
        arrival(source="bibtex", key="roe2020", title="A survey of frogs", authors=["C. Roe"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "order"),
    [
        (case, order)
        for case, records in ONE_PAPER.items()
        for order in itertools.permutations(range(len(records)))
    ],
)
def test_one_paper_in_any_order(open_store, case, order):
    records = ONE_PAPER[case]
    (paper,) = papers_after(open_store, records, order)
    assert set(paper.identifiers) == {i for each in records for i in each.record.identifiers}


@pytest.mark.parametrize("case", TWO_PAPERS)
def test_two_papers(open_store, case):
    records = TWO_PAPERS[case]
    assert len(papers_after(open_store, records, (0, 1))) == 2
    # Again, in one batch: nothing joins later either.
    store = open_store()
    assert store.store(records, []).duplicates == 2
    assert store.count() == 2


@pytest.mark.parametrize("case", TWO_PAPERS)
def test_two_papers_in_the_opposite_order(open_store, case):
    papers = papers_after(open_store, TWO_PAPERS[case], (1, 0))
    assert len(papers) == 2
    assert len({paper.id for paper in papers}) == 2


@pytest.mark.parametrize(
    ("identifiers", "id_"),
    [
        (["doi:10.1/1", "arxiv:2401.00001"], "arxiv:2401.00001"),
        (["openalex:W1", "pmid:1", "s2:1"], "pmid:1"),
        (["doc:1", "openalex:W1"], "openalex:W1"),
        (["zzz:1", "pl:2"], "pl:2"),
    ],
)
def test_a_paper_is_called_by_its_preferred_identifier(store, identifiers, id_):
    store.store([arrival(title=TITLE, identifiers=identifiers)], [])
    (paper,) = store.iter_papers()
    assert paper.id == id_


def test_an_id_stays_when_a_better_identifier_comes(store):
    store.store([arrival(source="bibtex", title=TITLE, authors=["A. Roe"])], [])
    (before,) = store.iter_papers()
    store.store([arrival(source="arxiv", title=TITLE, authors=["A. Roe"], identifiers=ARXIV)], [])
    (after,) = store.iter_papers()
    assert after.id == before.id
    assert store.get("2401.00001") == after


def test_works_of_one_title_and_author_get_different_local_ids(store):
    store.store(
        [
            arrival(source=source, title="Editorial", authors=["A. Roe"], abstract=abstract)
            for source, abstract in (("a", LONG_ABSTRACT), ("b", OTHER_ABSTRACT))
        ],
        [],
    )
    assert len({paper.id for paper in store.iter_papers()}) == 2


def test_spacing_and_dashes_are_no_news(store):
    first = arrival(title=TITLE, abstract="A -- dash; " + LONG_ABSTRACT)
    again = arrival(title=TITLE, abstract="A--dash;  " + LONG_ABSTRACT)
    assert store.store([first, again], []).duplicates == 1
    assert store.store([again, first], []).duplicates == 2
    assert store.last_change() == 1


def test_an_earlier_state_does_not_replace_a_later(store):
    versions = [[[1, "2024-01-02"]], [[1, "2024-01-02"], [2, "2024-02-03"]]]
    old, new = (
        arrival(title=f"{TITLE}, version {len(v)}", identifiers=ARXIV, versions=v) for v in versions
    )
    store.store([new], [])
    assert store.store([old], []).duplicates == 1
    assert store.get("2401.00001").title.endswith("version 2")
    dated = [
        arrival(title=f"{TITLE}, {day}", identifiers=["doi:10.1/1"], updated=day)
        for day in ("2024-01-02", "2024-03-04")
    ]
    store.store(dated[::-1], [])
    assert store.get("doi:10.1/1").title.endswith("2024-03-04")


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_of_several_states_the_last_stays_and_all_come_back_as_no_news(store, batch):
    states = [
        arrival(title=TITLE, identifiers=ARXIV, venue=venue, position=f"line {venue}")
        for venue in ("A", "B", "C")
    ]
    for start in range(0, 3, batch):
        store.store(states[start : start + batch], [])
    assert store.get("2401.00001").venue == "C"
    last = store.last_change()
    for start in range(0, 3, batch):
        assert store.store(states[start : start + batch], []).duplicates > 0
    assert store.get("2401.00001").venue == "C"
    assert store.last_change() == last


def test_an_edit_can_be_undone_in_its_place(store):
    for venue in ("A", "B", "A", "B"):
        state = arrival(title=TITLE, identifiers=ARXIV, venue=venue, position="line 7")
        store.store([state], [])
        assert store.get("2401.00001").venue == venue


def test_a_dash_less_copy_stays_no_news_after_a_change(store):
    """Else importing a file twice would bring an earlier state back."""
    states = [
        arrival(title=title, identifiers=ARXIV, position=f"line {n}")
        for n, title in enumerate(["On frogs - a tale", "On frogs -- a tale", "On toads"])
    ]
    for _ in range(2):
        for state in states:
            store.store([state], [])
        assert store.get("2401.00001").title == "On toads"
    assert store.last_change() == 2


def test_two_works_of_one_key_stay_two_however_often_they_come(store):
    works = [
        arrival(source="bibtex", key="roe2020", title=title, authors=[author], position=str(n))
        for n, (title, author) in enumerate(
            [
                (TITLE, "A. Roe"),
                ("A survey of frogs", "C. Roe"),
                ("Gradient methods without constants", "A. Roe"),
                ("A survey of toads", "D. Roe"),
            ]
        )
    ]
    for _ in range(3):
        for work in works:
            store.store([work], [])
        assert sorted(paper.title for paper in store.iter_papers()) == [
            "A survey of frogs",
            "A survey of toads",
            "Gradient methods without constants",
        ]
    assert store.last_change() == 4


def test_a_change_that_readers_do_not_see_is_a_duplicate(store):
    store.store([arrival(source="arxiv", title=TITLE, identifiers=ARXIV, venue="ICML")], [])
    other = {"source": "bibtex", "key": "k", "identifiers": ARXIV}
    assert store.store([arrival(title="One", **other)], []).updated == 1  # a new source
    assert store.store([arrival(title="One (corrected)", **other)], []).duplicates == 1
    assert store.last_change() == 2


def test_a_notice_of_withdrawal_marks_the_paper_and_erases_nothing(store):
    paper = arrival(source="arxiv", key="2401.00001", title=TITLE, abstract=LONG_ABSTRACT,
                    identifiers=ARXIV, updated="2024-01-02")  # fmt: skip
    notice = arrival(source="arxiv", key="2401.00001", title="", identifiers=ARXIV,
                     status="deleted", updated="2024-02-03")  # fmt: skip
    store.store([paper], [])
    assert store.store([notice], []).updated == 1
    assert store.store([paper, notice], []).duplicates == 2
    marked = store.get("2401.00001")
    assert (marked.status, marked.title, marked.abstract) == ("removed", TITLE, LONG_ABSTRACT)
    back = arrival(source="arxiv", key="2401.00001", title=TITLE, abstract=LONG_ABSTRACT,
                   identifiers=ARXIV, updated="2024-03-04")  # fmt: skip
    store.store([back], [])
    assert store.get("2401.00001").status == ""


def test_a_notice_about_an_unknown_work_waits_on_the_rejected_list(store):
    notice = arrival(source="arxiv", key="x", title="", identifiers=ARXIV, status="deleted")
    assert store.store([notice], []).rejected == 1
    (rejected,) = store.iter_rejected()
    assert "deleted" in rejected.reason
    assert store.count() == 0
