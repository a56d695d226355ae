"""Interests stay apart; reasons add up to the score; edits have their effects."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.discovery.personal.explain import (
    Edits,
    explain_score,
    list_terms,
    mute_terms,
    score_edits,
)
from broadsheet.discovery.personal.features import (
    PaperFeatures,
    Vocabulary,
    centre,
    combine_features,
)
from broadsheet.discovery.personal.interests import (
    SAME_INTEREST,
    cluster_likes,
    learn_interests,
)
from broadsheet.discovery.personal.model import Labels, Learner

WORDS = {
    "bees": "honey bees pollinate flowers near the hive",
    "knots": "knots and links have polynomial invariants of topology",
    "rocks": "rocks and minerals form under pressure in the crust",
}
SUBJECTS = [list(WORDS)[number % 3] for number in range(90)]


def library(vocabulary: Vocabulary) -> PaperFeatures:
    random = np.random.default_rng(2)
    directions = {name: random.normal(size=16) for name in WORDS}
    vectors = np.array([directions[s] + 0.6 * random.normal(size=16) for s in SUBJECTS])
    words = [
        vocabulary.encode(" ".join(random.permutation(WORDS[subject].split())[:5]))
        for subject in SUBJECTS
    ]
    return combine_features(vectors.astype(np.float32), words)


def rows_of(subject: str) -> list[int]:
    return [row for row, each in enumerate(SUBJECTS) if each == subject]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_clusters_part_the_likes_and_are_as_close_as_said(seed: int, count: int) -> None:
    vectors = centre(np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32))
    clusters = cluster_likes(vectors)
    assert sorted(row for cluster in clusters for row in cluster) == list(range(count))
    assert [len(c) for c in clusters] == sorted((len(c) for c in clusters), reverse=True)
    nearness = vectors @ vectors.T
    for one, cluster in enumerate(clusters):
        for other in clusters[one + 1 :]:
            assert nearness[np.ix_(cluster, other)].mean() < SAME_INTEREST + 1e-5


def test_a_strong_interest_does_not_drown_a_weak_one() -> None:
    features = library(Vocabulary())
    bees, knots, rocks = (rows_of(subject) for subject in WORDS)
    likes = bees[:12] + knots[:2]
    labels = Labels.of(likes + rocks[:6], [True] * len(likes) + [False] * 6)
    learner = Learner(features)
    interests = learn_interests(learner, features.vectors[labels.rows], labels)
    assert [int(i.labels.liked.sum()) for i in interests.each] == [12, 2]
    unread = np.ones(len(features), np.bool_)
    unread[labels.rows] = False
    scores = interests.score(features, unread)
    assert min(scores[knots[2:]]) > max(scores[rocks[6:]])
    assert min(scores[bees[12:]]) > max(scores[rocks[6:]])
    best = np.argsort(-np.where(unread, scores, -np.inf))[:20]
    assert {SUBJECTS[row] for row in best.tolist()} == {"bees", "knots"}


def test_reasons_add_up_to_the_score() -> None:
    vocabulary = Vocabulary()
    features = library(vocabulary)
    labels = Labels.of([0, 3, 6, 1, 2], [True, True, True, False, False])
    interest = Learner(features).learn(labels)
    reasons = explain_score(interest, features, 9, vocabulary, limit=1000)
    by_terms = features.terms.take(np.array([9])).times(interest.term_weights)[0]
    assert sum(part for _, part in reasons.terms) == pytest.approx(by_terms, abs=1e-5)
    by_vectors = float(features.vectors[9] @ interest.vector_weights)
    whole = by_terms + interest.vector_share * by_vectors
    assert sum(part for _, part in reasons.papers) == pytest.approx(whole, abs=1e-5)
    nearest = max(reasons.papers, key=lambda paper: paper[1])[0]
    assert SUBJECTS[nearest] == "bees"
    sizes = [abs(part) for _, part in reasons.terms]
    assert sizes == sorted(sizes, reverse=True)


def test_the_learned_terms_are_those_of_the_likes() -> None:
    vocabulary = Vocabulary()
    features = library(vocabulary)
    interest = Learner(features).learn(Labels.of([0, 3, 6, 1, 2], [True] * 3 + [False] * 2))
    terms = dict(list_terms(interest, features, vocabulary, limit=10))
    positive_terms = {term for term, weight in terms.items() if weight > 0}
    assert positive_terms
    assert all(set(term.split()) <= set(WORDS["bees"].split()) for term in positive_terms)


def test_a_muted_word_counts_nothing_in_pairs_neither() -> None:
    vocabulary = Vocabulary()
    features = library(vocabulary)
    interest = Learner(features).learn(Labels.of([0, 3, 1, 2], [True, True, False, False]))
    key = vocabulary.find_key("honey")
    assert key is not None
    muted = mute_terms(interest, features, Edits(muted=frozenset([key])))
    weights = dict(list_terms(muted, features, vocabulary, limit=10_000))
    assert weights
    assert not [term for term in weights if "honey" in term.split()]
    assert mute_terms(interest, features, Edits()) is interest


def test_pinned_and_unwanted_words_count_where_they_stand() -> None:
    vocabulary = Vocabulary()
    words = [vocabulary.encode(text) for text in ("bees fly", "knots tie", "bees tie knots", "")]
    features = combine_features(np.zeros((4, 2), np.float32), words)
    bees, knots = vocabulary.find_key("bees"), vocabulary.find_key("knots")
    assert bees is not None
    assert knots is not None
    edits = Edits(pinned=frozenset([bees]), unwanted=frozenset([knots]))
    assert score_edits(features, edits).tolist() == [1, -3, -2, 0]
