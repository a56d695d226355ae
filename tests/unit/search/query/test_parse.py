"""The query language: parsing, printing, and notes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.query import (
    EMPTY,
    After,
    And,
    Before,
    Field,
    Has,
    Like,
    Not,
    Or,
    Phrase,
    Sequence,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.search.query.parse import MAX_CHARACTERS, parse

A, B, C = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("a b", Sequence((A, B))),
        ('"a  b"', Phrase("a b")),
        ("“a b”", Phrase("a b")),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("NOT NOT a", A),
        ("a b OR c", Or((Sequence((A, B)), C))),
        ("a (b OR c)", Sequence((A, Or((B, C))))),
        ("a AND b OR c", Or((And((A, B)), C))),
        ("a AND (b OR c)", And((A, Or((B, C))))),
        ("-(a b)", Not(Sequence((A, B)))),
        ("(a) (b)", Sequence((A, B))),
        ("title:a", Field("title", "a")),
        ('author:"Yoshua Bengio"', Field("author", "Yoshua Bengio")),
        ("au:Bengio", Field("author", "Bengio")),
        ("-cat:cs.LG", Not(Field("cat", "cs.LG"))),
        ("after:2024-01", After(PartialDate(2024, 1))),
        ("updatedafter:2024-01", UpdatedAfter(PartialDate(2024, 1))),
        ("updatedbefore:2024-06-30", UpdatedBefore(PartialDate(2024, 6, 30))),
        ('comment:"12 pages"', Field("comment", "12 pages")),
        ("report:CERN-TH/98-1", Field("report", "CERN-TH/98-1")),
        ("before:2024-06-30", Before(PartialDate(2024, 6, 30))),
        ("has:code", Has("code")),
        ("like:2401.00001", Like("2401.00001")),
        ("few-shot", Word("few-shot")),
        ("https://arxiv.org/abs/2401.00001v2", Word("https://arxiv.org/abs/2401.00001v2")),
        ("", EMPTY),
        ("()", EMPTY),
        ('""', EMPTY),
        (" - -- ", EMPTY),
    ],
)
def test_is_read_without_a_note(text: str, tree: object) -> None:
    parsed = parse(text)
    assert parsed.query == tree
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("text", "tree", "note"),
    [
        ('"a b', Sequence((A, B)), "quotation mark"),
        ("(a b", Sequence((A, B)), "opening parenthesis"),
        ("a) b", Sequence((A, B)), "closing parenthesis"),
        ("a OR", A, "OR has nothing on one side"),
        ("AND a", A, "AND has nothing on one side"),
        ("a NOT", A, "NOT has nothing after it"),
        ("colour:red", Word("colour:red"), "There is no field “colour”"),
        ("after:yesterday", Word("after:yesterday"), "is not a date"),
        ("before:2024-02-31", Word("before:2024-02-31"), "is not a date"),
        ("has:legs", Word("has:legs"), "has: knows code and project"),
        ('title:""', Word("title"), "needs a value"),
    ],
)
def test_what_is_not_understood_is_plain_words_with_a_note(
    text: str, tree: object, note: str
) -> None:
    parsed = parse(text)
    assert parsed.query == tree
    assert len(parsed.notes) == 1
    assert note in parsed.notes[0]


def test_operators_are_words_in_a_topic_in_capitals() -> None:
    parsed = parse("DESIGN AND USE OF DIGITAL FILTERS NOT ANALOGUE")
    assert isinstance(parsed.query, Sequence)
    assert all(isinstance(part, Word) for part in parsed.query.children)
    assert parse("BERT AND GPT").query == And((Word("BERT"), Word("GPT")))


def test_nesting_and_length_are_bounded() -> None:
    deep = parse("(" * 1000 + "a b" + ")" * 1000)
    assert deep.query == Sequence((A, B))
    assert "nested deeper" in deep.notes[0]
    long = parse("ab " * MAX_CHARACTERS)
    assert f"{MAX_CHARACTERS:,} characters" in long.notes[0]
    assert len(str(long.query)) <= MAX_CHARACTERS


@pytest.mark.parametrize(("text", "read"), [('a AND:"" b', "a AND b"), ('AND:"" a OR:""', "a")])
def test_an_operator_with_an_empty_value_is_an_operator(text: str, read: str) -> None:
    result = parse(text)
    assert str(result.query) == read
    assert parse(str(result.query)).query == result.query


_PIECES = [
    *'ab-():"“ ',
    *("AND", "OR", "NOT", " AND ", " OR ", " NOT ", "title:", "after:", "2024", "-"),
    *("cat:cs", "has:code", "like:x", "colour:", "X Y Z W ", "few-shot", "C++", "…", "\n"),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(_PIECES)).map("".join) | st.text())
def test_a_query_prints_what_parses_to_itself(text: str) -> None:
    query = parse(text).query
    assert parse(str(query)).query == query


def test_a_field_with_an_open_quote_takes_the_next_word() -> None:
    result = parse('title:"diffusion models')
    assert str(result.query) == "title:diffusion models"
    assert result.notes == ("A quotation mark has no partner and was left out.",)
    assert parse(str(result.query)).query == result.query
