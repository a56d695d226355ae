"""BM25 from counted terms is that of the word index."""

import math

import numpy as np
import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.backends.local_index.forward.term_counts import (
    TermCounts,
    bm25,
    bm25_by_term,
    count_terms,
    has_all,
    number_of,
)
from broadsheet.index.bm25 import idf
from broadsheet.index.documents import IndexDocument


@pytest.mark.parametrize("longest", [30, 200, 3_000])
def test_scores_are_tantivys(longest: int) -> None:
    random = np.random.default_rng(longest)
    texts = [
        " ".join(random.choice(["graph", "network", "tree", "leaf"], random.integers(1, longest)))
        for _ in range(60)
    ]
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text")
    builder.add_unsigned_field("key", fast=True)
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer()
    for key, text in enumerate(texts):
        document = tantivy.Document(text=text)
        document.add_unsigned("key", key)
        writer.add_document(document)
    writer.commit()
    index.reload()
    searcher = index.searcher()
    query = tantivy.Query.boolean_query(
        [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", word))
            for word in ("graph", "tree")
        ]
    )
    hits = searcher.search(query, 60).hits
    keys = searcher.fast_field_values("key", [address for _, address in hits])
    wanted = dict(zip(keys, (score for score, _ in hits), strict=True))
    # The abstract alone: a title would count twice.
    stored = count_terms([IndexDocument(key, "", text) for key, text in enumerate(texts)])
    weights = {
        word: idf(60, sum(word in text.split() for text in texts)) for word in ("graph", "tree")
    }
    average = sum(len(text.split()) for text in texts) / 60
    scores = bm25(weights, _uncapped(stored, texts), average)
    assert np.allclose(scores, [wanted.get(key, 0.0) for key in range(60)], rtol=1e-4)


def _uncapped(stored: TermCounts, texts: list[str]) -> TermCounts:
    """With true counts that exceed a byte."""
    of = {number_of(word): word for word in ("graph", "network", "tree", "leaf")}
    papers = np.repeat(np.arange(len(texts)), stored.sizes)
    true = [
        texts[paper].split().count(of[term])
        for paper, term in zip(papers.tolist(), stored.terms.tolist(), strict=True)
    ]
    assert stored.counts.tolist() == [min(count, 255) for count in true]
    return TermCounts(stored.terms, np.array(true), stored.sizes, stored.lengths)


def test_a_title_counts_twice_and_authors_and_keywords_count() -> None:
    document = IndexDocument(
        1, "Graph trees", "A graph.", authors=("Ada Graph",), keywords=("tree",)
    )
    stored = count_terms([document])
    counts = dict(zip(stored.terms.tolist(), stored.counts.tolist(), strict=True))
    assert counts == {
        number_of(term): count for term, count in {"graph": 4, "tree": 3, "a": 1, "ada": 1}.items()
    }
    assert stored.lengths.tolist() == [9]


WORDS = ("graph", "tree", "leaf", "model", "word")


@given(
    st.lists(st.lists(st.sampled_from(WORDS), unique=True), max_size=8),
    st.lists(st.sampled_from((*WORDS, "nowhere")), max_size=4),
)
def test_papers_that_have_all_terms(papers: list[list[str]], terms: list[str]) -> None:
    counted = TermCounts(
        np.array([number_of(word) for paper in papers for word in paper], np.uint32),
        np.ones(sum(map(len, papers)), np.uint8),
        np.array([len(paper) for paper in papers], np.int64),
        np.full(len(papers), 10, np.int64),
    )
    expected = [set(terms) <= set(paper) for paper in papers]
    assert has_all([number_of(term) for term in terms], counted).tolist() == expected
    scores = bm25(dict.fromkeys(terms, 1.0), counted, 10.0)
    assert np.allclose(scores, [len(set(terms) & set(paper)) for paper in papers])
    by_term = bm25_by_term(dict.fromkeys(terms, 1.0), counted, 10.0)
    assert np.allclose(by_term.sum(axis=0), scores)


def test_the_inverse_document_frequency_is_positive_whatever_was_removed() -> None:
    assert idf(10, 12) == pytest.approx(math.log(1 + 0.5 / 12.5))
    assert idf(10, 1) > idf(10, 5) > idf(10, 10) > 0
