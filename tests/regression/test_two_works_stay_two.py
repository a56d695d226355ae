"""Records that share an identifier or a title are one work only if the rest agrees."""

import io
import json

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.catalogue.evidence import names_two_works, same_work
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Publication, Work
from broadsheet.ingest.pipeline import import_inputs, parse_kept
from broadsheet.ingest.reading import Input
from broadsheet.text.titles import names_match


@pytest.fixture
def store(tmp_path):
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as opened:
        yield opened


def papers(store, *texts):
    """The titles after an import of ``texts``, each a file; imported twice to no effect."""
    for new in (True, False):
        files = [Input(f"file{n}", io.BytesIO(t.encode()), None, None) for n, t in enumerate(texts)]
        summary = import_inputs(files, store)
        assert new or summary.new == 0
    return sorted(paper.title for paper in store.iter_papers())


def test_chapters_that_carry_the_doi_of_their_book(store):
    titles = papers(
        store,
        "@incollection{ch1, author={Norris, Mae}, title={Spike trains}, booktitle={Handbook},"
        " year=2014, pages={1--20}, doi={10.5555/book.1}}\n"
        "@incollection{ch2, author={Parker, Ola}, title={The social life of snails},"
        " booktitle={Handbook}, year=2014, pages={21--40}, doi={10.5555/book.1}}\n"
        "@book{bk, editor={Quinn, Ron}, title={Handbook of Everything}, year=2014,"
        " doi={10.5555/book.1}}\n",
    )
    assert titles == ["Handbook of Everything", "Spike trains", "The social life of snails"]


def test_a_doi_copied_into_another_entry(store):
    titles = papers(
        store,
        "@article{frogs, author={Miller, Ida}, title={A survey of frogs in alpine lakes},"
        " journal={Ecology}, year=1999, doi={10.5555/eco.4}}\n"
        "@article{nets, author={Tanaka, Jun}, title={Sorting networks of small depth},"
        " journal={SIAM J. Comput.}, year=2011, doi={10.5555/eco.4}}\n",
    )
    assert len(titles) == 2


def test_columns_of_one_author(store):
    column = (
        "@article{{c{n}, author={{Grey, Kim}}, title={{The treasure chest of tools}},"
        " journal={{TUG News}}, volume={v}, number=2, pages={{{p}}}, year={y}}}\n"
    )
    places = [(28, "233--235", 2007), (29, "328--330", 2008), (31, "96--98", 2010)]
    text = "".join(column.format(n=n, v=v, p=p, y=y) for n, (v, p, y) in enumerate(places))
    assert len(papers(store, text)) == 3


def test_editorials_without_authors(store):
    text = "".join(
        f"@article{{k{n}, title={{Editorial}}, journal={{J}}, year={1900 + n}, volume={n}}}\n"
        for n in range(60)
    )
    assert len(papers(store, text)) == 60


def test_initials_without_dots(store):
    ris = "TY  - JOUR\nAU  - {}\nTI  - {}\nPY  - 2016\nER  - \n"
    titles = papers(
        store,
        ris.format("Reid, CE", "Critical Review of Health Impacts of Smoke"),
        ris.format("Reid, Colleen E", "Critical review of health impacts of smoke"),
    )
    assert len(titles) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("10.26434/chemrxiv-2025-abcde", "10.26434/chemrxiv-2025-abcde-v2"),
        ("10.21203/rs.3.rs-1234567/v1", "10.21203/rs.3.rs-1234567/v2"),
        ("10.20944/preprints202501.0001.v1", "10.20944/preprints202501.0001.v2"),
        ("10.6084/m9.figshare.26117278", "10.6084/m9.figshare.26117278.v2"),
        ("10.31234/osf.io/abcde", "10.31234/osf.io/abcde_v2"),
    ],
)
def test_versions_of_a_preprint_are_its_history(store, first, second):
    works = [
        {"DOI": doi, "title": ["Catalysts"], "author": [{"given": "Ann", "family": "Lee"}],
         "posted": {"date-parts": [[2025, number, 2]]}, "type": "posted-content",
         "reference-count": 1}
        for number, doi in enumerate((first, second), 1)
    ]  # fmt: skip
    papers(store, json.dumps({"message-type": "work-list", "message": {"items": works}}))
    (paper,) = store.iter_papers()
    assert [version.number for version in paper.versions] == [1, 2]
    assert paper.published == PartialDate(2025, 1, 2)
    assert [str(name) for name in paper.identifiers] == [f"doi:{first}"]


def work(title="A long title of some words", author="Ann Lee", **fields):
    published = PartialDate(fields.pop("year")) if "year" in fields else None
    doi = fields.pop("doi", "")
    abstract, venue = fields.pop("abstract", ""), fields.pop("venue", "")
    return Work(
        title=title,
        authors=(Author(author),) if author else (),
        published=published,
        venue=venue,
        abstract=abstract,
        identifiers=(Identifier("doi", doi),) if doi else (),
        publication=Publication(**fields),
    )


TEXT = " ".join(f"word{chr(97 + n)}{chr(97 + n)}" for n in range(26)) + " other telling words here"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (work(volume="3", pages="1–9"), work(volume="3", pages="1–9"), True),
        (work(volume="3", pages="1–9"), work(volume="4", pages="7–9"), False),
        (work(volume="3", number="1"), work(volume="3", number="2"), False),
        (work(volume="3"), work(volume="4"), False),
        (work(volume="3", abstract=TEXT), work(volume="4", abstract=TEXT), True),
        (work(volume="3", pages="1–9"), work(pages="e17"), True),
        (work(volume="3", year=2020), work(year=2018), True),  # a preprint
        (work(volume="3", year=2020), work(year=1998), False),
        (work(author=""), work(volume="3", pages="1–9"), False),
        (work(author="", volume="3", pages="1–9"), work(volume="03", pages="1–12"), True),
        (work(), work(author="Bo Li"), False),
    ],
)
def test_evidence_of_equal_titles(a, b, expected):
    assert same_work(a, b, "a long title of some words") is expected
    assert same_work(b, a, "a long title of some words") is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (work("Deep nets for all"), work("Deep nets for all: a survey"), False),
        (work("Deep nets for all"), work("Deep nets for all, Part II"), True),
        (work("Deep nets, part I"), work("Deep nets, part II"), True),
        (work("Deep nets"), work("Tiefe Netze"), False),  # a translation
        (work("Deep nets", pages="1–9"), work("Tiefe Netze", pages="40–49"), True),
        (work("Deep nets"), work("Frogs of the Alps", author="Bo Li"), True),
        (work("Deep nets"), work("Frogs of the Alps", author=""), False),
        (work("Deep nets", abstract=TEXT), work("Frogs", author="Bo", abstract=TEXT), False),
    ],
)
def test_evidence_of_a_shared_doi(a, b, expected):
    shared = Identifier("doi", "10.5555/x")
    assert names_two_works(a, b, shared) is expected
    assert names_two_works(b, a, shared) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("CE Reid", "Colleen E. Reid", True),
        ("Reid, CE", "C. Reid", True),
        ("SQ Wan", "Shiqiang Wan", True),
        ("Jane A. Roe", "Jane B. Roe", False),
        ("Jane Roe", "J. B. Roe", True),
        ("AB Lee", "Colleen Lee", False),
        ("J. P. van der Berg", "Jan van der Berg", True),
    ],
)
def test_initials(a, b, expected):
    assert names_match(a, b) is expected
    assert names_match(b, a) is expected
