"""Ranking terms and required filters."""

from broadsheet.backends.local_index.postings.cutter import WordCutter
from broadsheet.domain.query import And, Field, Not, Phrase, Word
from broadsheet.search.query.parse import parse
from broadsheet.search.query.plan import Plan, plan_query, split_filter


def plan(text: str) -> Plan:
    return plan_query(parse(text).query, WordCutter().tokens)


def test_bare_words_rank_and_everything_else_is_required() -> None:
    found = plan('graph models "message passing" cat:cs.LG -survey')
    assert set(found.terms) == {"graph", "model", "messag", "pass"}
    assert found.soft == ("graph", "model")
    assert found.where == And(
        (Phrase("message passing"), Field("cat", "cs.LG"), Not(Word("survey")))
    )
    assert found.phrases == (("messag", "pass"),)


def test_and_requires_its_words() -> None:
    found = plan("graph AND model")
    assert found.soft == ()
    assert found.where == And((Word("graph"), Word("model")))


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert set(plan("the theory of everything").terms) == {"theori", "everyth"}
    assert set(plan("to be or not to be").terms) == {"to", "be", "or", "not"}
    assert set(plan("few-shot").terms) == {"few", "shot"}


def test_quoted_words_in_prose_rank_without_being_required() -> None:
    text = 'we study how large models know what they "hide" from all of us'
    assert plan(text).where is None
    assert "hide" in plan(text).terms


def test_a_filter_is_split_by_who_can_apply_it() -> None:
    where = plan("cat:cs.LG author:Bengio -survey -title:review").where
    columns, words, excluded = split_filter(
        where, lambda part: isinstance(part, Field) and part.name == "cat"
    )
    assert columns == Field("cat", "cs.LG")
    assert words == Field("author", "Bengio")
    assert excluded == Not(And((Not(Word("survey")), Not(Field("title", "review")))))
