"""Newsworthiness: facts that raise a score, facts that must not, and fields without a learned
model.
"""

from dataclasses import replace

import numpy as np
import pytest

from broadsheet.discovery.newsworthiness import (
    NewsworthinessModelError,
    encode,
    load,
    save,
    shipped_model,
)
from broadsheet.domain.paper import Author, Work

AGENTS = Work(
    title="OpenResearcher-7B: Scaling Reinforcement Learning for Agentic Reasoning",
    abstract="We introduce a family of open-weight large language models for agentic reasoning. "
    "Trained with reinforcement learning on verifiable rewards, the 7B model surpasses larger "
    "proprietary models on deep research and coding benchmarks. We release all weights, data "
    "and training recipes.",
    authors=tuple(Author(f"Author {number}") for number in range(20)),
    categories=("cs.CL", "cs.AI"),
    code_url="https://github.com/example/openresearcher",
)
ROUTINE = Work(
    title="A finite-volume discretisation of boundary control with uncertain delays",
    abstract="We study a numerical scheme for scheduling in networked control systems with "
    "bounded delays and derive sufficient conditions for its stability.",
    authors=(Author("A. Author"),),
    categories=("eess.SY", "math.NA"),
)
BIOLOGY = Work(
    title="Seed dispersal by frugivorous birds in fragmented tropical forests",
    abstract="We mist-netted birds over three rainy seasons and counted the seeds in their "
    "droppings. Small fragments lost the large-gaped species, and with them the large seeds.",
    authors=(Author("B. Author"), Author("C. Author")),
)


def score(*papers: Work) -> list[float]:
    return shipped_model().score(papers, encode(papers)).tolist()


def test_a_paper_of_the_kind_that_lists_take_scores_above_a_routine_one():
    agents, routine = score(AGENTS, ROUTINE)
    assert agents > 1.5
    assert routine < 0
    assert agents == pytest.approx(score(AGENTS)[0], abs=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"code_url": ""},
        {"authors": AGENTS.authors[:3]},
        {"categories": ("cs.IT", "math.IT")},
    ],
    ids=["without code", "fewer authors", "another category"],
)
def test_a_paper_loses_by(change):
    full, less = score(AGENTS, replace(AGENTS, **change))
    assert less < full - 0.05


def test_another_field_has_no_score_and_no_explanation():
    model, vectors = shipped_model(), encode([BIOLOGY, Work(title="Ωμέγα")])
    assert model.weigh(vectors).tolist() == [0.0, 0.0]
    assert model.score([BIOLOGY, Work(title="Ωμέγα")], vectors).tolist() == [0.0, 0.0]
    assert model.explain(BIOLOGY, vectors[0]) == []


def test_what_a_source_leaves_out_counts_as_typical():
    silent = replace(AGENTS, authors=(), categories=())
    alone = replace(AGENTS, authors=AGENTS.authors[:1], categories=())
    crowd = replace(AGENTS, authors=AGENTS.authors * 3, categories=())
    one, unknown, many = score(alone, silent, crowd)
    assert one < unknown < many


def test_an_abstract_cut_at_a_thousand_characters_scores_alike():
    long = replace(AGENTS, abstract=" ".join([AGENTS.abstract] * 6))
    whole, cut = score(long, replace(long, abstract=long.abstract[:1000]))
    assert cut == pytest.approx(whole, abs=0.25)


def test_an_explanation_names_facts_and_words_by_size():
    vector = encode([AGENTS])[0]
    model = shipped_model()
    parts = model.explain(AGENTS, vector, limit=200)
    sizes = [abs(part.value) for part in parts]
    assert sizes == sorted(sizes, reverse=True)
    value_of = {part.reason: part.value for part in parts}
    assert value_of["20 authors"] > 0
    assert value_of["code is available"] > 0
    assert "the word “agentic”" in value_of
    assert model.explain(AGENTS, vector) == parts[:3]


def test_contributions_add_up_to_differences_of_scores():
    model, bare = shipped_model(), replace(AGENTS, code_url="")
    vector = encode([AGENTS])[0]
    with_code, without = (
        {part.reason: part.value for part in model.explain(paper, vector, limit=500)}
        for paper in (AGENTS, bare)
    )
    difference = np.subtract(*score(AGENTS, bare))
    reported = with_code["code is available"] - without["no code is linked"]
    assert reported == pytest.approx(difference, abs=1e-3)


def test_a_model_reads_back_as_written(tmp_path):
    model = shipped_model()
    save(model, tmp_path / "model.json")
    again = load(tmp_path / "model.json")
    vectors = encode([AGENTS, ROUTINE])
    assert again.categories == model.categories
    np.testing.assert_allclose(
        again.score([AGENTS, ROUTINE], vectors), model.score([AGENTS, ROUTINE], vectors), rtol=1e-3
    )


def test_the_shipped_model_takes_the_shipped_embedders_vectors():
    from broadsheet.embed.static.shipped import default_embedder

    assert shipped_model().embedder == default_embedder().name


def test_a_damaged_model_is_named(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(NewsworthinessModelError, match=r"model\.json"):
        load(tmp_path / "model.json")
    with pytest.raises(NewsworthinessModelError, match="missing"):
        load(tmp_path / "none.json")


def test_papers_and_vectors_must_match():
    with pytest.raises(ValueError, match="2 papers but 1 vectors"):
        shipped_model().score([AGENTS, ROUTINE], encode([AGENTS]))
