"""Papers with parts left out are scored as if the index had them like that."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.index.bm25 import score_parts, weigh_terms
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import FeatureRequest
from broadsheet.text import words
from memory_library import MemoryLibrary, make_paper


def test_a_paper_in_parts_scores_as_it_does_in_the_index(tmp_path: Path) -> None:
    papers = [
        make_paper(
            key,
            f"Graph models, part {key}",
            "Graphs are drawn. " * key + "A model of one graph and C++ code. " + "Filler. " * 40,
            authors=["Ada Graph", "Grace Hopper"],
        )
        for key in range(1, 12)
    ]
    library = MemoryLibrary(papers)
    store = LocalIndexStore(tmp_path / "index")
    Indexer(library, library, store, EmbedderRegistry(default_embedder())).catch_up()
    snapshot = store.snapshot()
    terms = dict.fromkeys(words.terms("graph model drawn c++ nowhere"), 1.0)
    terms["graph"] = 2.5
    corpus = snapshot.statistics(terms)
    weights = weigh_terms(terms, corpus)
    keys = np.array([paper.key for paper in papers])
    indexed = snapshot.features(keys, FeatureRequest(terms)).bm25
    assert indexed.keys() == weights.keys() == {"graph", "model", "drawn", "cpp"}
    for at, paper in enumerate(papers):
        whole = make_document(paper)
        parts = [
            IndexDocument(paper.key, whole.title, ""),
            IndexDocument(paper.key, "", whole.abstract),
            IndexDocument(paper.key, "", "", whole.authors),
        ]
        masks = np.array([[True, True, True], [False, True, True], [False, False, False]])
        scores = score_parts(weights, corpus, parts, masks)
        assert scores[0] == pytest.approx(sum(each[at] for each in indexed.values()), rel=1e-4)
        assert scores[0] > scores[1] > scores[2] == 0
        for term in indexed:
            alone = score_parts({term: weights[term]}, corpus, parts, masks[:1])
            assert alone[0] == pytest.approx(indexed[term][at], rel=1e-4)


def test_no_terms_score_nothing() -> None:
    corpus = LocalIndexStore(Path("nowhere")).snapshot().statistics(["graph"])
    weights = weigh_terms({"graph": 1.0}, corpus)
    part = IndexDocument(1, "graph", "")
    assert score_parts(weights, corpus, [part], np.ones((2, 1), bool)).tolist() == [0, 0]
