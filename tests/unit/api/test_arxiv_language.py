"""The query language of arXiv's API, as a tree."""

import pytest

from broadsheet.api.arxiv_query import MAX_DEPTH, MAX_TERMS, parse_arxiv_query
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.query import (
    EMPTY,
    After,
    And,
    Before,
    Field,
    Not,
    Or,
    Phrase,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.search.query.parse import parse

A, B, C = Field("title", "a"), Field("title", "b"), Field("title", "c")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EMPTY),
        ("  ", EMPTY),
        ("ti:a", A),
        ('ti:"two words"', Field("title", "two words")),
        ("abs:deep_learning", Field("abs", "deep learning")),
        ("co:pages", Field("comment", "pages")),
        ("jr:Nature", Field("venue", "Nature")),
        ("rn:CERN-TH_98/1", Field("report", "CERN-TH_98/1")),
        ("id:2401.00001", Field("id", "2401.00001")),
        ("cat:cs.LG", Field("cat", "cs.LG")),
        ("cat:cs.*", Field("cat", "cs")),
        ("cat:cs*", Field("cat", "cs")),
        ("au:del_maestro", Field("author", "del maestro")),
        ("au:maestro_a", Field("author", "maestro a")),
        (
            "electron",
            Or(
                (
                    Word("electron"),
                    Field("comment", "electron"),
                    Field("venue", "electron"),
                    Field("report", "electron"),
                )
            ),
        ),
        (
            'all:"quantum gas"',
            Or(
                (
                    Phrase("quantum gas"),
                    Field("comment", "quantum gas"),
                    Field("venue", "quantum gas"),
                    Field("report", "quantum gas"),
                )
            ),
        ),
        ("ti:a AND ti:b", And((A, B))),
        ("ti:a OR ti:b", Or((A, B))),
        ("ti:a ti:b", Or((A, B))),
        ("ti:a ANDNOT ti:b", And((A, Not(B)))),
        ("ti:a AND NOT ti:b", And((A, Not(B)))),
        ("ti:a OR ti:b AND ti:c", And((Or((A, B)), C))),
        ("ti:a OR (ti:b AND ti:c)", Or((A, And((B, C))))),
        ("ti:(a AND b)", And((A, B))),
        (
            "submittedDate:[202301150600 TO 202301312359]",
            And((After(PartialDate(2023, 1, 15)), Before(PartialDate(2023, 2, 1)))),
        ),
        (
            "submittedDate:[20230101 TO 20230131]",
            And((After(PartialDate(2023, 1, 1)), Before(PartialDate(2023, 2, 1)))),
        ),
        (
            "submittedDate:[202301010000 TO 202302010000]",
            And((After(PartialDate(2023, 1, 1)), Before(PartialDate(2023, 2, 1)))),
        ),
        ("submittedDate:[20230101 TO *]", After(PartialDate(2023, 1, 1))),
        (
            "lastUpdatedDate:[20230101 TO 20230131]",
            And((UpdatedAfter(PartialDate(2023, 1, 1)), UpdatedBefore(PartialDate(2023, 2, 1)))),
        ),
    ],
)
def test_a_query_is_read_into_the_tree(text: str, query: object) -> None:
    tree = parse_arxiv_query(text)
    assert tree == query
    assert parse(str(tree)).query == tree, "the tree prints itself in our own language"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("foo:bar", "there is no field 'foo'"),
        ('ti:"open', "has no partner"),
        ("(ti:a", "opening parenthesis"),
        ("ti:a)", "closing parenthesis"),
        ("ti:a AND", "term is missing"),
        ("AND ti:a", "nothing before it"),
        ("()", "term is missing"),
        ("au:einst*", "wildcards"),
        ("cat:*", "wildcards"),
        ("submittedDate:2023", "needs a range"),
        ("submittedDate:[2023 TO 2024]", "is no date"),
        ("submittedDate:[20230231 TO 20230301]", "is no date"),
        ("ti:[20230101 TO 20230301]", "range"),
        ("submittedDate:[20230101]", "range"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "nested deeper"),
        ("a " * (MAX_TERMS + 1), "more than"),
        ("a" * 20_000, "longer than"),
    ],
)
def test_a_malformed_query_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        parse_arxiv_query(text)
