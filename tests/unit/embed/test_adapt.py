"""Adapting token vectors to a library."""

import numpy as np
import pytest

from broadsheet.embed.adapt import adapt
from broadsheet.embed.token_vectors import Counting, TokenVectorEmbedder, quantise

TOKENS = [b"wing", b"slip", b"fault", b"quake", b"flow", b"new", b"##ton", b"##ian"]
PAPERS = [
    ("Slip on a wing", "Slip flow over the wing."),
    ("Wing", "Flow slip."),
    ("Quake", "fault"),
]


def make_embedder(tokens: list[bytes] = TOKENS) -> TokenVectorEmbedder:
    matrix = np.random.default_rng(0).standard_normal((len(tokens), 32)).astype(np.float32)
    return TokenVectorEmbedder("test", tokens, *quantise(matrix), Counting())


def similarity(embedder: TokenVectorEmbedder, one: str, two: str) -> float:
    a, b = embedder.encode_queries([one, two])
    return float(a @ b)


def test_words_move_towards_the_company_they_keep() -> None:
    before = make_embedder()
    after = adapt(before, PAPERS * 5, share=0.5, library_share=0)
    assert similarity(after, "slip", "wing") > similarity(before, "slip", "wing") + 0.1
    assert after.dimensions == before.dimensions


def test_lengths_of_known_words_hold_their_weight() -> None:
    before = make_embedder()
    after = adapt(before, PAPERS * 5, share=1.0, library_share=0)
    row = after.table.row_of[b"quake"]
    lengths = [np.linalg.norm(e.vectors[row] * e.factors[row]) for e in (before, after)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.3)


def test_words_that_no_paper_has_stay() -> None:
    before = make_embedder()
    after = adapt(before, [("slip", "wing")] * 9, library_share=0)
    one, two = (e.encode_queries(["quake"])[0] for e in (before, after))
    np.testing.assert_allclose(one, two, atol=0.02)


def test_new_words_of_the_library_get_a_vector_of_their_own() -> None:
    before = make_embedder()
    after = adapt(before, [("flutter", "wing"), ("newtonian", "flow"), ("quake", "fault")] * 6)
    assert b"flutter" in after.table.row_of
    assert similarity(after, "flutter", "wing") > 0.5
    assert not before.encode_queries(["flutter"]).any()
    assert after.table.tokens[-2:] == (b"##ton", b"##ian")


@pytest.mark.parametrize("papers", [[], [("", "")], [("?", "!")]])
def test_without_words_nothing_changes(papers: list[tuple[str, str]]) -> None:
    embedder = make_embedder()
    assert adapt(embedder, papers) is embedder


def test_adapted_embedders_have_names_of_their_own() -> None:
    embedder = make_embedder()
    adapted = adapt(embedder, PAPERS)
    assert adapted.name != embedder.name
    assert adapted.name == adapt(embedder, iter(PAPERS)).name
    assert adapt(adapted, PAPERS).label == "test+library"


def test_a_library_of_unknown_words_leaves_known_ones_as_close_as_they_were() -> None:
    embedder = make_embedder()
    adapted = adapt(embedder, [("xyzzy", "plugh")] * 3)
    before, after = similarity(embedder, "wing", "slip"), similarity(adapted, "wing", "slip")
    assert after == pytest.approx(before, abs=0.05)


def test_latent_semantic_indexing_has_its_share() -> None:
    papers = [(f"wing {n}", "slip flow") for n in range(300)] + [("quake", "fault")] * 300
    alone = adapt(make_embedder(), papers, share=0, library_share=0)
    joined = adapt(make_embedder(), papers, share=0, library_share=0.5)
    assert similarity(joined, "wing", "slip") > similarity(alone, "wing", "slip") + 0.02
    assert joined.dimensions == alone.dimensions


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_the_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adapt(make_embedder(), PAPERS, share=share)
