"""Perturbed queries: each changes one thing and nothing else."""

import random
import re
from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from broadsheet.evaluation.perturb import PERTURBATIONS
from broadsheet.evaluation.variants import SPELLINGS, SYNONYMS, other_form
from broadsheet.text.keyboard import NEIGHBOURS

unhurried = settings(deadline=None)  # the machine may be busy

WORDS = [
    "what", "Kalman", "filtering", "of", "LLMs", "behaviour", "alpha", "methods", "β-decay",
    "optimised", "x", "12", "NEURAL", "networks", "analysis", "Ω", "can't", "1.5", ".", "naïve",
    "modeling", "(fast)", "rapid", "proteins", "aaaa", "тест",
]  # fmt: skip
QUERIES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join) | st.text(
    min_size=1, max_size=40
)
SEEDS = st.integers(0, 2**32)


def edits(old: str, new: str) -> int:
    """Insertions, deletions, substitutions and exchanges of neighbours between two texts."""
    rows = {(i, 0): i for i in range(len(old) + 1)} | {(0, j): j for j in range(len(new) + 1)}
    for i in range(1, len(old) + 1):
        for j in range(1, len(new) + 1):
            best = min(
                rows[i - 1, j] + 1,
                rows[i, j - 1] + 1,
                rows[i - 1, j - 1] + (old[i - 1] != new[j - 1]),
            )
            if i > 1 and j > 1 and old[i - 1] == new[j - 2] and old[i - 2] == new[j - 1]:
                best = min(best, rows[i - 2, j - 2] + 1)
            rows[i, j] = best
    return rows[len(old), len(new)]


def changed_words(old: str, new: str) -> list[tuple[str, str]]:
    before, after = old.split(), new.split()
    assert len(before) == len(after)
    return [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("name", PERTURBATIONS)
@unhurried
@given(query=QUERIES, seed=SEEDS)
def test_a_query_is_never_emptied_and_the_seed_repeats(name: str, query: str, seed: int) -> None:
    perturbed = PERTURBATIONS[name].apply(query, seed)
    assert bool(perturbed.strip()) == bool(query.strip())
    random.seed(0)  # the perturbation has a source of its own
    assert PERTURBATIONS[name].apply(query, seed) == perturbed


@unhurried
@given(query=QUERIES, seed=SEEDS)
@example(query="aaaa", seed=0)
def test_a_typing_error_is_one_edit_in_a_long_word(query: str, seed: int) -> None:
    perturbed = PERTURBATIONS["typing error"].apply(query, seed)
    if not re.search(r"(?<![\w\\])[A-Za-z]{4,}(?!\w)", query):
        assert perturbed == query
        return
    assert edits(query, perturbed) == 1
    ((old, new),) = changed_words(query, perturbed)
    assert re.search(r"[A-Za-z]{4,}", old)
    if len(old) == len(new) and Counter(old) != Counter(new):
        ((left, right),) = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
        assert right.lower() in NEIGHBOURS[left.lower()]


def test_all_four_typing_errors_occur() -> None:
    variants = {PERTURBATIONS["typing error"].apply("word", seed) for seed in range(300)}
    lengths = Counter(len(word) for word in variants)
    assert "wrod" in variants
    assert lengths[3] == 4
    assert lengths[5] > 4
    assert lengths[4] > 4


@pytest.mark.parametrize("word", ["aaaa", "loop", "that"])
def test_every_typing_error_shows(word: str) -> None:
    assert word not in {PERTURBATIONS["typing error"].apply(word, seed) for seed in range(200)}


def test_neighbours_touch_both_ways() -> None:
    assert set(NEIGHBOURS["g"]) == set("tyfhvb")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert all(key in NEIGHBOURS[other] for key, others in NEIGHBOURS.items() for other in others)


@unhurried
@given(query=QUERIES, seed=SEEDS)
def test_one_word_is_dropped(query: str, seed: int) -> None:
    perturbed = PERTURBATIONS["dropped word"].apply(query, seed)
    if perturbed == query:
        assert len(re.findall(r"\S*\w\S*", query)) < 2
        return
    gone = Counter(query.split()) - Counter(perturbed.split())
    assert gone.total() == 1
    assert len(perturbed.split()) == len(query.split()) - 1
    (word,) = gone
    assert len(word) >= 4 or not any(
        len(other) >= 4 for other in query.split() if re.search(r"\w", other)
    )


@unhurried
@given(query=QUERIES, seed=SEEDS)
def test_two_neighbouring_words_are_swapped(query: str, seed: int) -> None:
    perturbed = PERTURBATIONS["swapped words"].apply(query, seed)
    assert Counter(perturbed) == Counter(query)
    assert Counter(perturbed.split()) == Counter(query.split())
    assume(perturbed != query)
    (first, second) = changed_words(query, perturbed)
    assert first == second[::-1]


@unhurried
@given(query=QUERIES, seed=SEEDS)
def test_a_synonym_replaces_one_word(query: str, seed: int) -> None:
    perturbed = PERTURBATIONS["synonym"].apply(query, seed)
    assume(perturbed != query)
    assert len(changed_words(query, perturbed)) == 1


def test_synonyms_keep_the_capitals() -> None:
    synonym = PERTURBATIONS["synonym"]
    assert synonym.apply("Rare earths", 1) == "Infrequent earths"
    assert synonym.apply("RARE EARTHS", 1) == "INFREQUENT EARTHS"
    assert {synonym.apply("a fast code", seed) for seed in range(20)} == {
        "a rapid code",
        "a quick code",
    }


def test_synonym_groups_do_not_overlap() -> None:
    for word, others in SYNONYMS.items():
        assert others
        assert all(word in SYNONYMS[other] for other in others), word


def test_spellings_turn_back() -> None:
    spelling = PERTURBATIONS["spelling"]
    british = "Behaviour of optimised Fibres, modelling COLOUR near LLMs and AgentRxiv"
    american = "Behavior of optimized Fibers, modeling COLOR near LLMs and AgentRxiv"
    assert spelling.apply(british) == american
    assert spelling.apply(american) == british
    assert all(SPELLINGS[other] == word for word, other in SPELLINGS.items())


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("networks", "network"), ("theories", "theory"), ("theory", "theories"),
        ("classes", "class"), ("meshes", "mesh"), ("boxes", "box"),
        ("estimation", "estimations"), ("density", "densities"), ("model", "models"),
        ("training", "trained"), ("trained", "training"), ("applied", "applying"),
        ("applying", "applied"), ("playing", "played"), ("embedded", "embedding"),
        # No form, or none by simple rules.
        ("analysis", "analysis"), ("gas", "gas"), ("string", "string"), ("speed", "speed"),
        ("various", "various"), ("physics", "physics"), ("during", "during"), ("fast", "fast"),
    ],
)  # fmt: skip
def test_other_forms(word: str, form: str) -> None:
    assert other_form(word) == form


def test_one_word_takes_another_form() -> None:
    forms = {PERTURBATIONS["word form"].apply("Training LLMs on GRAPHS", s) for s in range(30)}
    assert forms == {"Trained LLMs on GRAPHS", "Training LLMs on GRAPH"}


@unhurried
@given(query=QUERIES)
def test_case(query: str) -> None:
    assert PERTURBATIONS["lower case"].apply(query) == query.lower()
    assert PERTURBATIONS["upper case"].apply(query) == query.upper()


def test_greek() -> None:
    greek = PERTURBATIONS["greek"]
    assert greek.apply("alpha decay of Omega baryons") == "α decay of Ω baryons"
    assert greek.apply("Δ-learning, β-VAE, 5μm") == "delta-learning, beta-VAE, 5 mu m"
    assert greek.apply("alphabet, \\beta and pie") == "alphabet, \\beta and pie"


def test_latex() -> None:
    latex = PERTURBATIONS["latex"]
    assert latex.apply("α or beta at k = 12, 1.5 K, I'm a B-52") == (
        "$\\alpha$ or $\\beta$ at $k$ = $12$, 1.5 $K$, I'm a $B$-$52$"
    )
    emphasised = {latex.apply("on the mesh", seed) for seed in range(30)}
    assert emphasised == {
        r"on the {\em mesh}",
        r"on the \emph{mesh}",
        r"on the \textbf{mesh}",
    }
