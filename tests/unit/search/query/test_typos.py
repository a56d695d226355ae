"""Mistyped words are ranked by as they were meant; real words stay."""

from collections.abc import Collection

import pytest

from broadsheet.index.empty import EmptySnapshot
from broadsheet.index.port import Statistics
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.parse import parse
from broadsheet.search.query.plan import QueryPlan, plan_query
from broadsheet.search.query.typos import explain_mending, mend, read_markup

HELD = {"surrog": 12, "model": 50, "learn": 40, "lean": 3, "diffus": 9}


class KnownWords(EmptySnapshot):
    """A library in which only these words occur."""

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        return Statistics(100, 9.0, {term: HELD.get(term, 0) for term in terms}, {})


def mended(text: str) -> tuple[QueryPlan, dict[str, str]]:
    plan = plan_query(parse(text).query)
    plan = mend(plan, Frequencies(KnownWords()))
    return plan, dict(plan.mended)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("surorgate models", "surrogate models"),
        ("surrogate modls", "surrogate models"),
        ("surrogatte models", "surrogate models"),
        ("SURROGSTE MODELS", "surrogate MODELS"),
        ("leqrning, with diffusion", "learning, with diffusion"),
    ],
)
def test_one_slip_is_mended(typed: str, meant: str) -> None:
    plan, taken = mended(typed)
    wanted = plan_query(parse(meant).query)
    assert plan.text == meant
    assert plan.terms == wanted.terms
    assert len(taken) == 1
    assert f"“{next(iter(taken.values()))}” was ranked by" in explain_mending(plan)[0]


@pytest.mark.parametrize(
    "text",
    [
        "surrogate models",  # held
        "protein folding",  # a word that no paper holds, and one with none near it
        "gpt5 modl3",  # not of letters
        "lea",  # too short
        'title:modls "surogate model" -diffusin',  # required or excluded as typed
    ],
)
def test_what_is_no_slip_stays(text: str) -> None:
    plan, taken = mended(text)
    assert not taken or "modls" in text
    assert plan.where == plan_query(parse(text).query).where


def test_the_word_that_most_papers_hold_is_taken() -> None:
    assert mended("leaen")[1] == {"leaen": "learn"}


def test_markup_is_read_as_text_and_dollars_alone_are_not() -> None:
    assert read_markup(r"\emph{bounded} regret AND cost") == "bounded regret AND cost"
    assert read_markup("costs below $5") == "costs below $5"
