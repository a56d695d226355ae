"""One paper in arXiv and five catalogues is one paper, whoever comes first."""

import itertools

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.pipeline import parse_kept
from replicas.catalogues import (
    CrossrefReplica,
    DblpReplica,
    OpenAlexReplica,
    OpenReviewReplica,
    SemanticScholarReplica,
    sample,
)

ARXIV = b"""{"id": "2609.01234", "title": "Sparse attention for long documents (v2)",
"abstract": "We read long documents with sparse attention. This is arXiv's own text.",
"authors_parsed": [["Byron", "Ada", ""], ["Babbage", "Charles", ""]],
"categories": "cs.CL cs.LG", "versions": [{"version": "v1", "created": "Tue, 1 Sep 2026 10:00:00 GMT"}]}"""

NAMES = ("openalex", "semantic-scholar", "crossref", "dblp", "openreview")


def first_of(answer, *way):
    for name in way:
        answer = answer[name]
    return answer[:1]


@pytest.fixture
def five(desk):
    """Replicas that all hold one paper, and nothing else."""
    works = first_of(sample("openalex.json"), "results")
    desk.serve("openalex", OpenAlexReplica(works), search="sparse")
    papers = sample("semantic-scholar.json")[:1]
    desk.serve("semantic-scholar", SemanticScholarReplica(papers))
    deposited = first_of(sample("crossref.json"), "message", "items")
    desk.serve("crossref", CrossrefReplica(deposited), query="sparse")
    hits = first_of(sample("dblp.json"), "result", "hits", "hit")
    desk.serve("dblp", DblpReplica(hits), queries=["sparse"], years=0)
    notes = first_of(sample("openreview.json"), "notes")
    venue = "LongTexts.cc/2026/Conference"
    desk.serve("openreview", OpenReviewReplica(notes), venues=[venue], ratings=True)
    return desk


def add_arxiv(desk):
    record = parse_kept("arxiv-snapshot", ARXIV)
    desk.store.store([Arrival(record, RawRecord(ARXIV, "1"), "arxiv-snapshot", "test")], [])


def test_one_paper_with_the_best_of_each(five):
    add_arxiv(five)
    for name in NAMES:
        run = five.run(name)
        assert (run.counts.new, run.counts.updated, run.counts.rejected) == (0, 1, 0), name
    assert five.store.count() == 1
    paper = five.store.get("arxiv:2609.01234")
    assert paper.sources == ("arxiv", "openreview", "crossref", "openalex", "s2", "dblp")
    # arXiv's own fields first, missing ones from the next best
    assert paper.title == "Sparse attention for long documents (v2)"
    assert paper.abstract.endswith("arXiv's own text.")
    assert paper.categories == ("cs.CL", "cs.LG")
    assert paper.published == PartialDate(2026, 9, 1)
    assert paper.venue == "LongTexts 2026"
    assert paper.status == "Oral"
    assert paper.code_url == "https://github.com/babbage/sparse"
    assert paper.keywords == ("sparse attention", "long documents", "Transformer", "Sparsity")
    assert {str(each) for each in paper.identifiers} >= {
        "arxiv:2609.01234", "doi:10.5555/3700000.3700001", "openreview:aB3dE6gH9k",
        "openalex:W4400000001", "s2:0123456789abcdef0123456789abcdef01234567",
        "dblp:journals/jlt/ByronB26", "pmid:39000001", "corpusid:271000001",
    }  # fmt: skip
    signals = paper.signals
    counts = [signals[f"{name}_citation"] for name in ("crossref", "openalex", "s2")]
    assert counts == [7, 12, 15]
    assert signals["rating_avg"] == 7.0
    for name in NAMES:
        assert five.run(name).counts.updated == 0, name


def test_the_order_in_which_they_come_makes_no_difference(five):
    sources = [name for name in NAMES if name != "semantic-scholar"]  # it needs to know the paper
    for name in reversed(sources):
        five.run(name)
    add_arxiv(five)
    five.run("semantic-scholar")
    assert five.store.count() == 1
    paper = five.store.get("arxiv:2609.01234")
    assert paper.title == "Sparse attention for long documents (v2)"
    assert paper.sources == ("arxiv", "openreview", "crossref", "openalex", "s2", "dblp")


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("openalex", "crossref", "dblp")))[:6]
)
def test_without_arxiv_they_still_are_one(five, order):
    for name in order:
        five.run(name)
    assert five.store.count() == 1
    paper = five.store.get("doi:10.5555/3700000.3700001")
    assert paper.title.startswith("Sparse attention for long documents: Reading")  # Crossref's


def test_what_only_dblp_knows_stands_with_its_title(desk):
    hits = sample("dblp.json")["result"]["hits"]["hit"][1:2]
    desk.serve("dblp", DblpReplica(hits), queries=["moths"], years=0)
    assert desk.run("dblp").counts.new == 1
    paper = desk.store.get("arxiv:2609.04321")
    assert (paper.title, paper.abstract) == ('Bugs & Moths: A "First" Account', "")
