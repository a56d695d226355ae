"""A query that is an identifier finds its paper alone, or says where the paper can be had."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""

PAPERS = {
    "10.1016/S0140-6736(20)30183-5": "Clinical features of patients",
    "10.1016/0370-2693(91)90641-Q": "A physics letter",
    "1706.03762": "Attention is all you need",
    "acl:P19-1001": "A paper of the Anthology",
    "openreview:Hkxzx0NtDB": "Your classifier is secretly a model",
    "pmid:31452104": "A paper of medicine",
    "10.5555/zzz": "Another paper",
}


@pytest.fixture
def library(broadsheet: Command) -> Command:
    lines = (
        json.dumps({"id": name, "title": title, "authors": ["C H"], "published": "2020"})
        for name, title in PAPERS.items()
    )
    assert broadsheet("import", "-", stdin="\n".join(lines).encode()).status == 0
    return broadsheet


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("10.1016/S0140-6736(20)30183-5", "Clinical features of patients"),
        ("https://doi.org/10.1016/S0140-6736(20)30183-5", "Clinical features of patients"),
        ("(doi: 10.1016/s0140-6736(20)30183-5)", "Clinical features of patients"),
        ("DOI 10.1016/S0140-6736(20)30183-5.", "Clinical features of patients"),
        ("id:10.1016/0370-2693(91)90641-Q", "A physics letter"),
        ("1706.03762", "Attention is all you need"),
        ("arXiv:1706.03762v5", "Attention is all you need"),
        ("<https://arxiv.org/pdf/1706.03762.pdf>", "Attention is all you need"),
        ("P19-1001", "A paper of the Anthology"),
        ("https://aclanthology.org/P19-1001/", "A paper of the Anthology"),
        ("https://openreview.net/forum?id=Hkxzx0NtDB", "Your classifier is secretly a model"),
        ("PMID: 31452104", "A paper of medicine"),
        ("https://pubmed.ncbi.nlm.nih.gov/31452104/", "A paper of medicine"),
    ],
)
def test_an_identifier_finds_its_paper_alone(library: Command, query: str, title: str) -> None:
    answer = library("search", "--json", query)
    assert [line["title"] for line in answer.lines] == [title]
    assert answer.err == ""


def test_a_doi_with_parentheses_within_a_longer_query(library: Command) -> None:
    answer = library("search", "--json", "letter (10.1016/0370-2693(91)90641-Q OR physics)")
    assert answer.lines[0]["title"] == "A physics letter"


def test_a_missing_paper_is_named_with_its_source_and_a_command(library: Command) -> None:
    answer = library("search", "https://arxiv.org/abs/1810.04805")
    assert (answer.status, answer.out) == (1, "")
    assert "No paper in this library has the identifier arxiv:1810.04805." in answer.err
    assert "https://arxiv.org/abs/1810.04805" in answer.err
    assert "query?id_list=1810.04805" in answer.err


def test_other_words_make_it_an_ordinary_query(library: Command) -> None:
    assert len(library("search", "--json", "1706.03762 physics letter").lines) > 1
