"""Catalogues' counts and ratings of a paper are shown under the catalogue's name."""

import dataclasses

import pytest

from broadsheet.web.details import describe
from broadsheet.web.phrases import signals, summary
from memory_library import make_paper


def paper_with(**fields):
    return dataclasses.replace(make_paper(1, "A title"), signals=fields)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"crossref_citation": 7}, [("citations", "7 citations")]),
        ({"crossref_citation": 7, "openalex_citation": 9}, [("citations", "9 citations")]),
        ({"s2_citation": 1, "openalex_citation": 9}, [("citations", "1 citation")]),
        ({"gs_citation": 30, "s2_citation": 1}, [("citations", "30 citations")]),
        ({"s2_citation": 0, "openalex_citation": 2}, [("citations", "2 citations")]),
        ({"s2_citation": True, "openalex_citation": "many"}, []),
    ],
)
def test_one_count_of_citations_beside_a_title(fields, text):
    assert signals(paper_with(**fields)) == text


def test_every_count_on_the_papers_page():
    paper = paper_with(crossref_citation=7, openalex_citation=9, s2_citation=12, s2_influential_citation=2)  # fmt: skip
    assert describe(paper).signals == (
        ("Citations (Semantic Scholar)", "12"),
        ("Citations (OpenAlex)", "9"),
        ("Citations (Crossref)", "7"),
        ("Influential citations (Semantic Scholar)", "2"),
    )


def test_authors_own_summary_comes_before_a_machines():
    machine = "Summary written by a machine"
    assert summary(paper_with(s2_tldr="Short.")) == ("Short.", machine)
    both = paper_with(s2_tldr="Short.", openreview_tldr="Ours.")
    assert summary(both) == ("Ours.", "In the authors’ words")


def test_a_summary_of_an_unknown_writer_is_labelled_as_a_summary():
    assert summary(paper_with(tldr="It folds....")) == ("It folds.", "Summary")
    assert summary(paper_with(tldr="It folds.", hf_tldr="By machine."))[0] == "By machine."
    assert summary(paper_with(tldr=["no", "text"])) == ("", "")
