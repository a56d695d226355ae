"""Closeness of a query's words in a paper, over the shipped table."""

import numpy as np
import pytest

from broadsheet.embed.static.shipped import default_embedder
from broadsheet.embed.static.token_ids import Tokeniser
from broadsheet.search.rank.proximity import Closeness
from broadsheet.text import words

CLOSENESS = Closeness(default_embedder())
TOKENISER = Tokeniser(default_embedder().table)


def scores(query: str, *texts: str) -> list[float]:
    papers = TOKENISER.encode_papers([""] * len(texts), texts)
    return CLOSENESS.scores(query, papers).tolist()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("graph networks", "networks of a graph"),
        ("graphs network", "networking over graphs"),
        ("Łojasiewicz inequality", "inequalities of Lojasiewicz type"),
    ],
)
def test_words_are_near_in_any_form(query: str, text: str) -> None:
    near, apart = scores(query, text, "an unrelated sentence about the weather")
    assert near > 0
    assert apart == 0


def test_words_with_one_initial_have_the_forms_of_the_whole_table() -> None:
    """Only the words with the query's initial are analysed; none is missed."""
    rows_of: dict[str, list[int]] = {}
    for by_initial in CLOSENESS._words_by_initial.values():
        for word, row in by_initial:
            for token in words.tokens(word):
                rows_of.setdefault(token.text, []).append(row)
    for term in ("graph", "e", "l", "lojasiewicz", "estim"):
        rows = CLOSENESS._forms(term[0])[term]
        np.testing.assert_array_equal(np.sort(rows), sorted(rows_of[term]))
