"""Ranking terms and required filters."""

from broadsheet.domain.query import And, Field, Not, Phrase, Word
from broadsheet.search.query.parse import parse
from broadsheet.search.query.plan import QueryPlan, plan_query


def plan(text: str) -> QueryPlan:
    return plan_query(parse(text).query)


def test_bare_words_rank_and_everything_else_is_required() -> None:
    result = plan('graph models "message passing" cat:cs.LG -survey')
    assert set(result.terms) == {"graph", "model", "messag", "pass"}
    assert result.soft == ("graph", "model")
    assert result.where == And(
        (Phrase("message passing"), Field("cat", "cs.LG"), Not(Word("survey")))
    )
    assert result.phrases == (("messag", "pass"),)


def test_and_requires_its_words() -> None:
    result = plan("graph AND model")
    assert result.soft == ()
    assert result.where == And((Word("graph"), Word("model")))


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert set(plan("the theory of everything").terms) == {"theori", "everyth"}
    assert set(plan("to be or not to be").terms) == {"to", "be", "or", "not"}
    assert set(plan("few-shot").terms) == {"few", "shot"}


def test_quoted_words_in_prose_rank_without_being_required() -> None:
    text = 'we study how large models know what they "hide" from all of us'
    assert plan(text).where is None
    assert "hide" in plan(text).terms
