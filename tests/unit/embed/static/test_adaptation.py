"""Adapting token vectors to a library."""

import numpy as np
import pytest

from broadsheet.embed.static.adaptation import _mean_log_rank, adapt, iter_spread, judge
from broadsheet.embed.static.token_vectors import Counting, TokenVectorEmbedder, quantise

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


def test_joining_in_blocks_is_joining_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [(f"wing {n}", "slip flow") for n in range(5)] + [("", "")] + PAPERS * 4
    at_once = adapt(make_embedder(), papers, library_share=0.5)
    monkeypatch.setattr("broadsheet.embed.static.combine._BLOCK", 3)
    in_blocks = adapt(make_embedder(), papers, library_share=0.5)
    for words in (("wing", "slip"), ("quake", "fault"), ("wing", "quake")):
        assert similarity(in_blocks, *words) == pytest.approx(similarity(at_once, *words), abs=0.02)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_the_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adapt(make_embedder(), PAPERS, share=share)


def test_a_small_library_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="200 are needed"):
        judge(make_embedder(), PAPERS)


def test_a_library_that_adapting_makes_harder_to_search_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedder = make_embedder()
    papers = [(f"wing slip flow {n}", "fault quake") for n in range(300)]
    monkeypatch.setattr(
        "broadsheet.embed.static.adaptation._mean_log_rank",
        lambda model, _: 2.0 if model is embedder else 2.1,
    )
    harmed = judge(embedder, papers)
    assert (harmed.shipped, harmed.adapted, harmed.model) == (2.0, 2.1, None)
    monkeypatch.setattr("broadsheet.embed.static.adaptation._mean_log_rank", lambda model, _: 2.0)
    found = judge(embedder, papers).model
    assert found is not None
    assert found.label == "test+library"


def test_papers_without_words_are_left_alone() -> None:
    assert judge(make_embedder(), [("", "")] * 300).model is None


def test_of_a_large_library_the_trial_is_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(embedder: TokenVectorEmbedder, papers: object) -> TokenVectorEmbedder:
        made.append(len(list(papers)))  # type: ignore[call-overload]
        return adapt(embedder, PAPERS)

    monkeypatch.setattr("broadsheet.embed.static.adaptation.adapt", counted)
    monkeypatch.setattr("broadsheet.embed.static.adaptation._mean_log_rank", lambda model, _: 2.0)
    monkeypatch.setattr("broadsheet.embed.static.adaptation._MOST_JUDGED", 20)
    judge(make_embedder(), PAPERS * 100)
    assert made == [280]
    judge(make_embedder(), PAPERS * 66 + PAPERS[:2])
    assert made == [280, 180]
    monkeypatch.setattr("broadsheet.embed.static.adaptation._MOST_JUDGED", 2_000)
    judge(make_embedder(), PAPERS * 100)
    assert made == [280, 180, 150, 300]


@pytest.mark.parametrize(("total", "most"), [(10, 20), (20, 20), (21, 20), (100, 20), (59, 20)])
def test_a_sample_is_spread_over_the_library(total: int, most: int) -> None:
    papers = [(str(number), "") for number in range(total)]
    chosen = [int(title) for title, _ in iter_spread(iter(papers), total, most)]
    assert len(chosen) == min(total, most)
    apart = np.diff(chosen)
    assert apart.max() - apart.min() <= 1
    assert chosen[0] <= total // most
    assert chosen[-1] >= total - 1 - total // most


def test_a_library_that_grew_meanwhile_gives_no_more_than_asked_for() -> None:
    papers = [(str(number), "") for number in range(1_000)]
    assert len(list(iter_spread(iter(papers), 100, 20))) <= 20


def test_papers_without_vectors_rank_last_not_first() -> None:
    papers = [("unknown words here", "other unknown words")] * 7
    assert _mean_log_rank(make_embedder(), papers) == pytest.approx(3.0)


def test_a_library_of_words_the_model_does_not_know_is_adapted_to() -> None:
    rng = np.random.default_rng(1)
    embedder = make_embedder()
    papers = []
    for _ in range(400):
        topic = int(rng.integers(20))
        title, abstract = (
            " ".join(f"term{topic}x{n}" for n in rng.integers(0, 12, size)) for size in (4, 12)
        )
        papers.append((title, abstract))
    adapted = judge(embedder, papers).model
    assert adapted is not None
    assert adapted.label == "test+library"
    assert similarity(adapted, "term3x1", "term3x2") > similarity(adapted, "term3x1", "term4x2")
