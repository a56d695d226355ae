"""Five catalogues that answer in JSON: every field, and damage."""

import gzip
import json

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author
from broadsheet.ingest.formats.registry import FORMATS
from broadsheet.ingest.reading import iter_inputs

FORMAT_OF = {
    "openalex.json": "openalex",
    "crossref.json": "crossref",
    "semantic-scholar.json": "semantic-scholar",
    "semantic-scholar-dump.jsonl": "semantic-scholar",
    "dblp.json": "dblp",
    "openreview.json": "openreview",
}
# Of an answer: the names that lead to its records.
WAYS = {
    "openalex.json": ("results",),
    "crossref.json": ("message", "items"),
    "dblp.json": ("result", "hits", "hit"),
    "openreview.json": ("notes",),
}


def inner_records(answer, way):
    for name in way:
        answer = answer[name]
    return answer


def test_openalex(read, sample):
    result = read("openalex", sample("openalex.json"))
    first, retracted, preprint = result.records
    assert (first.source, first.key) == ("openalex", "W4400000001")
    assert first.title == "Sparse attention for long documents"
    assert first.abstract == "We read long documents with sparse attention, and read long texts."
    assert first.authors == (
        Author("Ada Byron", "Dept. of Analytical Engines, University of London; Babbage Ltd"),
        Author("Charles Babbage", "Trinity College"),
    )
    assert set(first.identifiers) == {
        Identifier("openalex", "W4400000001"),
        Identifier("doi", "10.5555/3700000.3700001"),
        Identifier("arxiv", "2609.01234"),
        Identifier("pmid", "39000001"),
        Identifier("mag", "2999999999"),
    }
    assert first.published == PartialDate(2026, 9, 14)
    assert first.updated is None  # when the catalogue touched it is no news of the paper
    assert first.venue == "Journal of Long Texts"
    assert first.keywords == ("Transformer", "Sparsity")
    assert first.signals == {
        "openalex_citation": 12,
        "openalex_citation_by_year": {"2026": 9, "2025": 3},
    }
    assert first.extra["open_access_url"] == "https://arxiv.org/pdf/2609.01234"
    assert (first.extra["topic"], first.extra["field"]) == ("Topic Modeling", "Computer Science")
    assert (first.publication.volume, first.publication.pages) == ("3", "1–12")

    assert retracted.status == "retracted"
    assert retracted.title == "A claim about H$_{2}$O that did not hold"
    assert retracted.published == PartialDate(2024)

    assert preprint.venue == ""  # an archive is no venue
    assert preprint.abstract == "All is fine."  # impossible places of words are left out
    assert preprint.published == PartialDate(2026, 2)
    assert preprint.extra == {"publication_date": "2026-02-30"}
    assert result.rejected == [("record 3", "it has no title")]


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ({"b": [1], "a": [0, 2]}, "a b a"),
        ('{"IndexLength": 2, "InvertedIndex": {"old": [0], "form": [1]}}', "old form"),
        ("no JSON", ""),
        ({}, ""),
        ([1], ""),
        ({"Abstraction": [0], "Rises": [1]}, "Abstraction Rises"),
        ({"Abstract:": [0], "The": [1], "text": [2]}, "The text"),
    ],
)
def test_openalex_abstracts(read, index, text):
    work = {"id": "https://openalex.org/W44", "title": "T", "abstract_inverted_index": index}
    assert read("openalex", json.dumps({"results": [{**work, "id": "https://openalex.org/W4444"}]})).record.abstract == text  # fmt: skip


def test_semantic_scholar(read, sample):
    result = read("semantic-scholar", sample("semantic-scholar.json"))
    first, second = result.records
    assert (first.source, first.key) == ("s2", "0123456789abcdef0123456789abcdef01234567")
    assert [str(each) for each in first.identifiers] == [
        "arxiv:2609.01234",
        "doi:10.5555/3700000.3700001",
        "s2:0123456789abcdef0123456789abcdef01234567",
        "corpusid:271000001",
    ]  # neither MAG's number nor DBLP's name of the arXiv copy
    assert first.published == PartialDate(2026, 9, 2)
    assert first.venue == "Journal of Long Texts"
    assert first.signals == {
        "s2_citation": 15,
        "s2_influential_citation": 2,
        "s2_tldr": "Sparse attention reads long documents at a tenth of the cost.",
    }
    assert first.extra["fields_of_study"] == ["Computer Science", "Linguistics"]
    assert second.venue == ""  # "arXiv.org"
    assert Identifier("dblp", "conf/acl/HopperL25") in second.identifiers
    assert second.signals == {"s2_citation": 0, "s2_influential_citation": 0}
    # null in the list is no record, and no damage either
    assert result.rejected == [
        ("record 4", "it has neither a paperId nor a corpusId"),
        ("record 5", "a JSON object is expected, not a text"),
    ]


def test_semantic_scholar_dumps_spell_in_lower_case(read, sample):
    record = read("semantic-scholar", sample("semantic-scholar-dump.jsonl")).record
    assert record.key == "CorpusID:271000003"
    assert Identifier("arxiv", "2511.00003") in record.identifiers
    assert record.published == PartialDate(2025, 11, 1)
    assert record.signals == {"s2_citation": 6, "s2_influential_citation": 1}


def test_crossref(read, sample):
    result = read("crossref", sample("crossref.json"))
    first, retracted, preprint = result.records
    assert (first.source, first.key) == ("crossref", "10.5555/3700000.3700001")
    assert first.title == "Sparse attention for long documents: Reading at a tenth of the cost"
    assert first.abstract == (
        r"Background: Long documents cost O(n$^{2}$) & more. Results: We need $n \log n$ steps."
    )
    assert first.authors == (
        Author("Ada Byron", "University of London; Babbage Ltd"),
        Author("Charles Babbage Jr."),
        Author("The Analytical Society"),
    )
    assert first.identifiers == (
        Identifier("doi", "10.5555/3700000.3700001"),
        Identifier("arxiv", "2609.01234"),
    )
    assert first.published == PartialDate(2026, 9, 14)
    assert first.signals == {"crossref_citation": 7}
    assert retracted.status == "retracted"
    assert retracted.abstract == "Water < wine."
    assert retracted.published == PartialDate(2024)
    assert [notice["type"] for notice in retracted.extra["notices"]] == ["correction", "retraction"]
    assert (preprint.venue, preprint.published) == ("bioRxiv", PartialDate(2026, 2, 3))
    assert result.rejected == [("record 3", "it has no title")]


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["correction"], "corrected"),
        (["Expression of Concern", "erratum"], "expression of concern"),
        (["new_version", "addendum"], ""),
        (["partial_retraction"], "partly retracted"),
        (["withdrawal", "retraction"], "retracted"),
        ([None, 5], ""),
    ],
)
def test_crossref_notices(read, kinds, status):
    work = {"DOI": "10.5555/a", "title": ["T"], "updated-by": [{"type": kind} for kind in kinds]}
    assert read("crossref", json.dumps({"message": {"items": [work]}})).record.status == status


def test_a_crossref_notice_says_what_it_is_about(read):
    work = {
        "DOI": "10.5555/n",
        "title": ["Retraction: T"],
        "update-to": [{"DOI": "10.5555/A", "type": "retraction", "updated": {"date-parts": [[2026, 1]]}}],
    }  # fmt: skip
    record = read("crossref", json.dumps({"items": [work]})).record
    assert record.status == ""  # the notice itself stands
    assert record.extra["corrects"] == [
        {"doi": "10.5555/a", "type": "retraction", "date": "2026-01"}
    ]


def test_dblp(read, sample):
    result = read("dblp", sample("dblp.json"))
    first, copy = result.records
    assert (first.source, first.key) == ("dblp", "journals/jlt/ByronB26")
    assert first.title == "Sparse attention for long documents"
    assert first.authors == (Author("Ada Byron"), Author("Charles Babbage"))
    assert first.identifiers == (
        Identifier("dblp", "journals/jlt/ByronB26"),
        Identifier("doi", "10.5555/3700000.3700001"),
    )
    assert (first.venue, first.published) == ("J. Long Texts", PartialDate(2026))
    assert copy.title == 'Bugs & Moths: A "First" Account'
    assert copy.authors == (Author("Grace Hopper"),)
    assert copy.identifiers == (Identifier("arxiv", "2609.04321"),)
    assert copy.venue == ""
    assert [reason for _, reason in result.rejected] == [
        "'conf/longtexts/2026' is a volume of papers, not a paper",
        "'' is not a key of DBLP",
    ]


def test_openreview(read, sample):
    result = read("openreview", sample("openreview.json"))
    accepted, withdrawn, open_one = result.records
    assert (accepted.source, accepted.key) == ("openreview", "aB3dE6gH9k")
    assert (accepted.venue, accepted.status) == ("LongTexts 2026", "Oral")
    assert accepted.published == PartialDate(2026, 9, 15)
    assert accepted.updated == PartialDate(2026, 9, 16)
    assert accepted.keywords == ("sparse attention", "long documents")
    assert accepted.code_url == "https://github.com/babbage/sparse"
    assert accepted.signals == {
        "openreview_tldr": "A tenth of the cost.",
        "rating_avg": 7.0,
        "ratings": [6.0, 8.0],
    }
    assert accepted.extra["supplementary_material"] == (
        "https://openreview.net/attachment?id=aB3dE6gH9k&name=supplementary_material"
    )
    assert "_bibtex" not in accepted.extra
    assert (withdrawn.venue, withdrawn.status) == ("", "withdrawn from LongTexts 2026")
    assert withdrawn.authors == (Author("Grace Hopper"),)
    assert withdrawn.keywords == ("moths", "relays")
    assert withdrawn.published == PartialDate(2026, 9, 1)
    assert open_one.status == "under review at LongTexts 2026"
    assert (open_one.authors, open_one.updated) == ((), None)
    assert [reason for _, reason in result.rejected] == ["it has no title", "'' is not the id of a note"]  # fmt: skip


@pytest.mark.parametrize(
    ("venue_id", "venue", "outcome"),
    [
        ("ICLR.cc/2026/Conference", "ICLR 2026 poster", ("Poster", "ICLR 2026")),
        ("NeurIPS.cc/2023/Conference", "NeurIPS 2023 notable top 5%", ("Notable top 5%", "NeurIPS 2023")),
        ("X.cc/2026/Workshop", "X 2026 Workshop", ("", "X 2026 Workshop")),
        ("TMLR", "Accepted by TMLR", ("Accepted", "TMLR")),
        ("TMLR/Under_Review", "Under review for TMLR", ("under review at TMLR", "")),
        ("TMLR/Withdrawn_Submission", "Withdrawn by Authors", ("withdrawn from TMLR", "")),
        ("TMLR/Rejected", "Rejected by TMLR", ("rejected at TMLR", "")),
        ("ICLR.cc/2026/Conference/Rejected_Submission", "Submitted to ICLR 2026", ("rejected at ICLR 2026", "")),
        ("ICLR.cc/2026/Conference/Desk_Rejected_Submission", "ICLR 2026 Conference Desk Rejected Submission", ("desk-rejected at ICLR 2026", "")),
        ("ICLR.cc/2026/Conference", "Submitted to ICLR 2026", ("submitted to ICLR 2026", "")),
        ("", "", ("", "")),
    ],
)  # fmt: skip
def test_openreview_outcomes(read, venue_id, venue, outcome):
    note = {
        "id": "aB3dE6gH9k",
        "content": {"title": {"value": "T"}, "venue": {"value": venue}, "venueid": {"value": venue_id}},
    }  # fmt: skip
    record = read("openreview", json.dumps({"notes": [note]})).record
    assert (record.status, record.venue) == outcome


@pytest.mark.parametrize("name", FORMAT_OF)
def test_the_format_is_found_from_the_content(sample, name):
    content = sample(name)
    assert next(each.name for each in FORMATS if each.recognises(content, "x")) == FORMAT_OF[name]


@pytest.mark.parametrize("name", WAYS)
def test_answers_and_lines_give_the_same_records(read, sample, name):
    answer = json.loads(sample(name))
    records = inner_records(answer, WAYS[name])
    whole = read(FORMAT_OF[name], sample(name))
    a_line_each = "\n".join(json.dumps(each) for each in records) + "\n"
    assert read(FORMAT_OF[name], a_line_each).records == whole.records
    two_answers = json.dumps(answer) + "\n" + json.dumps(answer)
    assert read(FORMAT_OF[name], two_answers).records == whole.records * 2
    assert read(FORMAT_OF[name], json.dumps(answer)).records == whole.records
    assert read(FORMAT_OF[name], json.dumps(records)).records == whole.records


@pytest.mark.parametrize("name", [*WAYS, "semantic-scholar.json"])
def test_before_a_cut_records_come_out(read, sample, name):
    content = sample(name)
    whole = read(FORMAT_OF[name], content)
    cut = read(FORMAT_OF[name], content[: len(content) * 9 // 10])
    assert cut.records == whole.records[: len(cut.records)]
    assert cut.records
    assert "the input ends" in cut.rejected[-1][1]


def test_a_snapshot_file_is_read_as_it_lies_there(tmp_path, sample):
    works = json.loads(sample("openalex.json"))["results"]
    path = tmp_path / "part_000.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(w) + "\n" for w in works).encode()))
    (opened,) = iter_inputs([str(path)])
    assert opened.format is not None
    assert opened.format.name == "openalex"


def test_an_answer_about_one_work_is_read_too(read, sample):
    work = json.loads(sample("crossref.json"))["message"]["items"][0]
    answer = {"status": "ok", "message-type": "work", "message": work}
    assert read("crossref", json.dumps(answer, indent=1)).record.key == "10.5555/3700000.3700001"
