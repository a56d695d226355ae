"""Papers with parts left out are scored by words as if the index held them so."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.backends.local_index.store import EmbeddedIndexStore
from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.indexer import Indexer
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
    store = EmbeddedIndexStore(tmp_path / "index")
    Indexer(library, library, store, default_embedder(), default_tokeniser()).catch_up()
    terms = {token.text: 1.0 for token in store.words.tokens("graph model drawn c++ nowhere")}
    terms["graph"] = 2.5
    for paper in papers:
        whole = make_document(paper, str)
        parts = [
            IndexDocument(paper.key, whole.title, ""),
            IndexDocument(paper.key, "", whole.abstract),
            IndexDocument(paper.key, "", "", whole.authors),
        ]
        masks = np.array([[True, True, True], [False, True, True], [False, False, False]])
        scores = store.words.part_scores(terms, parts, masks)
        indexed = store.words.scores(terms, np.array([paper.key]))
        assert scores[0] == pytest.approx(indexed[0], rel=1e-4)
        assert scores[0] > scores[1] > scores[2] == 0
        by_term = store.words.term_scores(terms, paper.key)
        assert by_term.keys() == {"graph", "model", "drawn", "cpp"}
        assert sum(by_term.values()) == pytest.approx(indexed[0], rel=1e-6)
        for term, score in by_term.items():
            alone = store.words.scores({term: terms[term]}, np.array([paper.key]))
            assert score == pytest.approx(alone[0], rel=1e-6)
    assert store.words.term_scores(terms, 10**6) == {}


def test_an_empty_index_scores_nothing(tmp_path: Path) -> None:
    store = EmbeddedIndexStore(tmp_path / "index")
    part = IndexDocument(1, "graph", "")
    assert store.words.term_scores({"graph": 1.0}, 1) == {}
    assert store.words.part_scores({"graph": 1.0}, [part], np.ones((2, 1), bool)).tolist() == [0, 0]
