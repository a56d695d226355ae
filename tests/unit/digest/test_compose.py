"""Which papers an issue holds, in which order, and how it is worded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.digest.compose import (
    choose,
    compose_issue,
    find_common_phrase,
    vendi_score,
    without_repetitions,
)
from broadsheet.domain.digest import Topic
from digest_samples import NOW, WORDING, make_candidate, make_subscription


def keys(candidates):
    return [each.paper.key for each in candidates]


def test_the_best_papers_come_first_and_ties_go_by_id():
    pool = [make_candidate(3, 0.5), make_candidate(2, 0.9), make_candidate(1, 0.5)]
    assert keys(choose(pool, 3)) == [2, 1, 3]
    assert keys(choose(pool[::-1], 2)) == [2, 1]


def test_a_near_copy_of_a_chosen_story_gives_way_to_another_topic():
    pool = [
        make_candidate(1, 1.0, [1, 0]),
        make_candidate(2, 0.95, [1, 0.01]),
        make_candidate(3, 0.8, [0, 1]),
        make_candidate(4, 0.0, [0.7, 0.7]),
    ]
    assert keys(choose(pool, 2)) == [1, 3]


def test_a_sent_paper_comes_again_only_in_a_newer_version():
    pool = [make_candidate(1), make_candidate(2, versions=3), make_candidate(3, versions=2)]
    assert keys(without_repetitions(pool, {1: 1, 2: 1, 3: 2})) == [2]
    assert keys(without_repetitions(pool, {1: 0})) == [2, 3]


def test_an_update_says_so():
    pool = [make_candidate(2, versions=3)]
    issue = compose_issue(make_subscription(), "2026-12-01", pool, {2: 1}, WORDING, NOW)
    assert issue.stories[0].is_update
    assert "Version 3 is out; you had version 1." in issue.stories[0].reason


def test_vendi_score_counts_different_stories():
    assert vendi_score(np.eye(4, dtype=np.float32)) == pytest.approx(4)
    assert vendi_score(np.ones((4, 3), np.float32)) == pytest.approx(1)
    assert vendi_score(np.empty((0, 3), np.float32)) == 0
    two = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    assert vendi_score(two) == pytest.approx(2)


def test_the_subject_names_the_phrase_that_headlines_share_and_the_lead_of_the_rest():
    pool = [
        make_candidate(1, 0.9, title="Conformal Prediction under Shift"),
        make_candidate(2, 0.8, title="Fast conformal prediction for time series"),
        make_candidate(3, 0.7, title="Robust Conformal Prediction: A Guide"),
        make_candidate(4, 0.6, title="A survey of state space models"),
    ]
    subscription = make_subscription(topic=Topic("trending"))
    issue = compose_issue(subscription, "2026-12-01", pool, {}, WORDING, NOW)
    assert issue.subject == "3 on conformal prediction, and: A survey of state space models"


def test_a_subject_without_a_common_phrase_names_the_lead():
    pool = [make_candidate(1, 0.9, title="Alpha beats"), make_candidate(2, title="Gamma rays")]
    subscription = make_subscription(topic=Topic("trending"))
    issue = compose_issue(subscription, "2026-12-01", pool, {}, WORDING, NOW)
    assert issue.subject == "Alpha beats, and 1 more"


def test_common_phrases_need_two_headlines():
    assert find_common_phrase(["State space models", "Diffusion policies"]) == ("", 0)
    assert find_common_phrase(["On state space duality", "State space duality"]) == (
        "state space duality",
        2,
    )


def test_stories_are_grouped_by_field_and_single_ones_come_last():
    pool = [
        make_candidate(1, 0.9, category="cs.CV"),
        make_candidate(2, 0.8, category="cs.LG"),
        make_candidate(3, 0.7, category="cs.LG"),
        make_candidate(4, 0.6, category="math.CO"),
    ]
    issue = compose_issue(make_subscription(), "2026-12-01", pool, {}, WORDING, NOW)
    assert [(g.title, [s.paper for s in g.stories]) for g in issue.groups] == [
        ("Machine learning", [2, 3]),
        ("Elsewhere", [1, 4]),
    ]


def test_an_empty_issue_says_why():
    subscription = make_subscription()
    issue = compose_issue(subscription, "2026-12-01", [], {}, WORDING, NOW, "It is Sunday.")
    assert issue.empty_because == "It is Sunday."
    again = compose_issue(subscription, "2026-12-01", [make_candidate(1)], {1: 1}, WORDING, NOW)
    assert "since your last issue" in again.empty_because


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), max_size=40), st.integers(1, 12))
def test_an_issue_is_the_same_each_time_and_never_repeats_a_paper(drawn, limit):
    pool = [make_candidate(key, score) for key, score in dict(drawn).items()]
    subscription = make_subscription(limit=limit)
    issue = compose_issue(subscription, "2026-12-01", pool, {}, WORDING, NOW)
    assert issue == compose_issue(subscription, "2026-12-01", pool[::-1], {}, WORDING, NOW)
    papers = [story.paper for story in issue.stories]
    assert len(papers) == len(set(papers)) == min(limit, len(pool))
