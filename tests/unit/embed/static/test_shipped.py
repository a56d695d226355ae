"""The shipped model: there, small, quick to load, and with some sense."""

import time

import numpy as np

from broadsheet.embed.static.shipped import SHIPPED_MODEL, default_embedder
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder


def test_the_shipped_model_is_within_its_size() -> None:
    assert sum(path.stat().st_size for path in SHIPPED_MODEL.iterdir()) <= 20_000_000


def test_the_shipped_model_loads_in_no_time() -> None:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        TokenVectorEmbedder.load(SHIPPED_MODEL)
        times.append(time.perf_counter() - began)
    assert min(times) < 1.0  # 0.1 s on a quiet machine


def test_titles_find_their_abstracts() -> None:
    papers = {
        "Attention is all you need": "We propose the Transformer, a sequence model without recurrence.",
        "ImageNet classification": "A deep convolutional network recognises objects in photographs.",
        "ACE inhibitors and blood pressure": "Enalapril was given to hypertensive patients for weeks.",
        "Boundary layer transition": "Supersonic flow over a flat plate becomes turbulent.",
    }
    embedder = default_embedder()
    queries = embedder.encode_queries(list(papers))
    documents = embedder.encode_documents([""] * 4, list(papers.values()))
    assert (queries @ documents.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_other_words_for_the_same_thing_are_close() -> None:
    vectors = default_embedder().encode_queries(
        ["hypertension", "high blood pressure", "graph neural network", "poetry"]
    )
    scores = vectors @ vectors.T
    assert scores[0, 1] > 0.4 > abs(scores[0, 2])
    assert scores[0, 1] > scores[0, 3]


def test_other_word_forms_are_close() -> None:
    embedder = default_embedder()
    one = embedder.encode_queries(["network", "learning", "proteins"])
    two = embedder.encode_queries(["networks", "learn", "protein"])
    assert (np.sum(one * two, axis=1) > 0.6).all()
