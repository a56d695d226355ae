"""The personal model: optimal, balanced, and a function of the labels that are left."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.discovery.personal.features import PaperFeatures, Vocabulary, combine_features
from broadsheet.discovery.personal.model import (
    Labels,
    Learner,
    add_background,
    balance_costs,
    multiply_all_rows,
    multiply_rows,
    standardise,
)
from broadsheet.discovery.personal.svm import train_svm
from broadsheet.embed.static.bag_of_words import SparseRows

unhurried = settings(deadline=None, max_examples=40)  # the machine may be busy
PAPERS = 40


def some_papers(seed: int = 0) -> PaperFeatures:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(PAPERS, 8)).astype(np.float32)
    tokens = [random.integers(0, 30, random.integers(0, 25)) for _ in vectors]
    return combine_features(vectors, tokens)


PAPERS_FEATURES = some_papers()

label_sets = st.dictionaries(st.integers(0, PAPERS - 1), st.booleans(), min_size=2, max_size=20)


def labels_of(answers: dict[int, bool]) -> Labels:
    return Labels.of(list(answers), list(answers.values()))


@unhurried
@given(st.integers(0, 1000), st.integers(2, 30), st.floats(0.01, 10))
def test_svm_meets_the_conditions_of_the_optimum(seed: int, count: int, cost: float) -> None:
    random = np.random.default_rng(seed)
    examples = random.normal(size=(count, 5)).astype(np.float32)
    signs = np.where(random.random(count) < 0.4, 1, -1).astype(np.float32)
    costs = (cost * random.uniform(0.5, 2, count)).astype(np.float32)
    beta = train_svm(examples @ examples.T + 1, signs, costs)
    margins = (examples @ examples.T + 1) @ beta
    # The gradient vanishes: each share is twice the cost times the distance to the margin.
    expected = 2 * costs * signs * np.maximum(0, 1 - signs * margins)
    assert beta == pytest.approx(expected, abs=4e-2 * max(1, float(costs.max())))  # margins to .02


@unhurried
@given(label_sets, label_sets)
def test_a_deleted_label_leaves_no_trace(
    remaining: dict[int, bool], deleted: dict[int, bool]
) -> None:
    remaining = {**remaining, 0: True, 1: False}
    learner = Learner(PAPERS_FEATURES)
    learner.learn(labels_of({**deleted, **remaining}))
    after = learner.learn(labels_of(remaining))
    fresh = Learner(PAPERS_FEATURES).learn(labels_of(remaining))
    assert after.term_weights == pytest.approx(fresh.term_weights, abs=1e-5)
    assert after.vector_weights == pytest.approx(fresh.vector_weights, abs=1e-5)


def test_equal_labels_give_equal_scores() -> None:
    labels = labels_of({3: True, 4: False, 9: True, 12: False})
    first = Learner(PAPERS_FEATURES).learn(labels).score(PAPERS_FEATURES)
    second = Learner(PAPERS_FEATURES).learn(labels).score(PAPERS_FEATURES)
    assert np.array_equal(first, second)


@given(label_sets)
def test_likes_cost_a_fixed_multiple_of_dislikes(answers: dict[int, bool]) -> None:
    labels = labels_of({**answers, 0: True, 1: False})
    costs = balance_costs(labels)
    assert costs[labels.liked].sum() == pytest.approx(9.8 * costs[~labels.liked].sum(), rel=1e-4)
    assert costs.mean() == pytest.approx(0.11, rel=1e-4)


def test_a_heavier_like_pulls_more() -> None:
    rows, liked = np.array([2, 3, 5]), np.array([True, True, False])

    def score_of_2(weight: float) -> float:
        labels = Labels(rows, liked, np.array([weight, 1, 1], np.float32))
        interest = Learner(PAPERS_FEATURES).learn(labels)
        return float(PAPERS_FEATURES.vectors[2] @ interest.vector_weights)

    assert score_of_2(3) > score_of_2(1)


@pytest.mark.parametrize("answers", [{0: True, 1: True}, {0: False}])
def test_learning_needs_a_like_and_a_dislike(answers: dict[int, bool]) -> None:
    with pytest.raises(ValueError, match="at least one like and one dislike"):
        Learner(PAPERS_FEATURES).learn(labels_of(answers))


def test_papers_on_the_liked_subject_come_first() -> None:
    random = np.random.default_rng(1)
    subject = np.arange(60) % 2 == 0
    tokens = [random.integers(0, 20, 15) + 20 * on for on in subject]
    papers = combine_features(np.zeros((60, 4), np.float32), tokens)
    interest = Learner(papers).learn(Labels.of([0, 1], [True, False]))
    order = np.argsort(-interest.score(papers))
    assert subject[order[:30]].all()


def test_terms_are_words_and_pairs_with_tf_idf() -> None:
    vocabulary = Vocabulary()
    texts = ["One two, ONE two", "two three", ""]
    papers = combine_features(np.zeros((3, 2), np.float32), [vocabulary.encode(t) for t in texts])
    names = [vocabulary.term_name(int(key)) for key in papers.term_keys]
    assert names == ["one", "two", "three", "one two", "two one", "two three"]
    assert [vocabulary.find_key(name) for name in names] == papers.term_keys.tolist()
    assert vocabulary.find_key("unknown") is None
    row = papers.terms.take(np.array([0]))
    assert [names[c] for c in row.columns] == ["one", "two", "one two", "two one"]
    rare, common = np.log(4 / 2) + 1, np.log(4 / 3) + 1
    twice = 1 + np.log(2)
    expected = np.array([twice * rare, twice * common, twice * rare, rare])
    assert row.values == pytest.approx(expected / np.linalg.norm(expected), rel=1e-5)
    assert papers.terms.take(np.array([2])).values.size == 0


def test_read_papers_do_not_set_the_scale() -> None:
    scores = np.array([100, -100, 1, 2, 3], np.float32)
    unread = np.array([False, False, True, True, True])
    standardised = standardise(scores, unread)
    assert standardised[unread].mean() == pytest.approx(0, abs=1e-6)
    assert standardised[unread].std() == pytest.approx(1, rel=1e-5)


def test_equal_scores_stand_at_zero() -> None:
    assert not standardise(np.full(4, 3, np.float32)).any()


def test_vectors_count_more_with_each_like() -> None:
    def share(likes: int) -> float:
        answers = {row: row < likes for row in range(PAPERS)}
        return Learner(PAPERS_FEATURES).learn(labels_of(answers)).vector_share

    assert [share(likes) for likes in (1, 5, 30, 39)] == pytest.approx([0, 0, 0.7, 0.7])
    assert share(10) == pytest.approx(0.7 / 5)


@unhurried
@given(st.integers(0, 1000), st.integers(1, 60))
def test_products_of_rows_are_those_of_the_dense_matrix(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    dense = np.where(random.random((count, 30)) < 0.5, random.normal(size=(count, 30)), 0)
    rows, columns = np.nonzero(dense)
    starts = np.searchsorted(rows, np.arange(count + 1))
    terms = SparseRows(
        starts, columns.astype(np.int32), dense[rows, columns].astype(np.float32), 30
    )
    assert multiply_all_rows(terms) == pytest.approx(dense @ dense.T, abs=1e-4)
    first = terms.take(np.arange(min(3, count)))
    assert multiply_rows(terms, first) == pytest.approx(dense[:3] @ dense.T, abs=1e-4)


def test_one_like_is_enough_with_a_background() -> None:
    labels = add_background(labels_of({7: True}), PAPERS)
    assert labels.liked.tolist() == [True] + [False] * (PAPERS - 1)
    assert labels.weights[1:].sum() == pytest.approx(1)
    assert len(set(labels.rows.tolist())) == PAPERS
    scores = Learner(PAPERS_FEATURES).learn(labels).score(PAPERS_FEATURES)
    assert int(scores.argmax()) == 7


def test_real_dislikes_need_no_background() -> None:
    labels = labels_of({7: True, 8: False})
    assert add_background(labels, PAPERS) is labels
