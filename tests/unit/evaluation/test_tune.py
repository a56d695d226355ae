"""Tuning: finds a known optimum, and refuses noise."""

import math
import random
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.significance import PairedDifference
from broadsheet.evaluation.topics import Evaluate, Topic, iter_topics, prepare_topics
from broadsheet.evaluation.tune import TunerMissingError, tune
from broadsheet.evaluation.verdict import decide


@dataclass(frozen=True)
class Weights:
    """Settings like those of a ranking."""

    meaning: float = 0.5
    saturation: float = 1
    depth: int = 100
    stemmed: bool = True
    name: str = "default"


SPACE = {"meaning": (0.0, 1.0), "saturation": (0.2, 3.0), "depth": (10, 300)}
TOPICS = [Topic(name, f"q{i}") for name, n in (("large", 60), ("small", 24)) for i in range(n)]


def noise(*key: object) -> float:
    """Normal noise that belongs to ``key``."""
    return random.Random(repr(key)).gauss(0, 1)


def known_optimum(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
    """Best at meaning .8 and depth 200; topics differ in hardness and in their gains."""
    loss = 0.4 * (settings.meaning - 0.8) ** 2 + 1e-6 * (settings.depth - 200) ** 2
    return {
        topic: 0.5 + 0.1 * noise(topic) - loss * (1 + 0.3 * noise(topic, 1)) for topic in topics
    }


def pure_noise(salt: int) -> Evaluate[Weights]:
    """Every setting has scores of its own at every topic, and none is better."""

    def scores(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
        return {topic: 0.4 + 0.1 * noise(salt, topic, settings) for topic in topics}

    return scores


@pytest.fixture
def optuna() -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed (extra [tune])")


@pytest.mark.usefixtures("optuna")
class TestTune:
    def test_a_known_optimum_is_found_and_accepted(self) -> None:
        tuning = tune(Weights(), SPACE, TOPICS, known_optimum, trials=40)
        assert tuning.accepted
        assert tuning.chosen.meaning == pytest.approx(0.8, abs=0.12)
        assert tuning.chosen == Weights(**tuning.values)  # type: ignore[arg-type]
        assert isinstance(tuning.chosen.depth, int)
        assert tuning.set_aside.topics == 42
        assert tuning.set_aside.mean == pytest.approx(0.045, abs=0.01)
        assert tuning.set_aside.p_value < 0.001
        assert all(fold.gain_held_out > 0 for fold in tuning.folds)
        assert set(tuning.by_collection) == {"large", "small"}
        assert "Changed" in tuning.reason

    @pytest.mark.parametrize("salt", range(8))
    def test_noise_is_refused(self, salt: int) -> None:
        present = Weights()
        tuning = tune(present, SPACE, TOPICS, pure_noise(salt), trials=10, folds=2)
        assert tuning.chosen is present
        assert not tuning.accepted
        assert tuning.reason.startswith("Kept the settings")
        assert tuning.values == {"meaning": 0.5, "saturation": 1, "depth": 100}
        # The search itself was taken in.
        assert all(fold.gain_seen > 0 for fold in tuning.folds if fold.values != tuning.present)

    def test_folds_do_not_see_the_topics_they_hold_out(self) -> None:
        folds = [
            fold
            for salt in range(6)
            for fold in tune(Weights(), SPACE, TOPICS, pure_noise(salt), trials=10, folds=2).folds
        ]
        mean_gain = sum(fold.gain_seen for fold in folds) / len(folds)
        held_out = sum(fold.gain_held_out for fold in folds) / len(folds)
        assert mean_gain > 0.02
        assert abs(held_out) < mean_gain / 3

    def test_a_gain_on_the_topics_searched_alone_is_refused(self) -> None:
        searched = {topic for topic in TOPICS if int(topic.query[1:]) % 2 == 0}

        def scores(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
            return {
                topic: 0.5 + (0.3 * settings.meaning if topic in searched else 0)
                for topic in topics
            }

        tuning = tune(Weights(), SPACE, TOPICS, scores, trials=10, folds=2)
        assert not tuning.accepted
        assert tuning.proposed["meaning"] > 0.5
        assert all(fold.gain_held_out > 0 for fold in tuning.folds)
        assert "topics set aside" in tuning.reason

    def test_settings_that_are_best_already_stay(self) -> None:
        present = Weights(meaning=0.8, depth=200)
        tuning = tune(present, SPACE, TOPICS, known_optimum, trials=10, folds=2)
        assert tuning.chosen is present
        assert "no trial was better" in tuning.reason

    def test_collections_weigh_equally(self) -> None:
        """Most topics gain a little by more, those of the small one lose much: less it is."""
        topics = [
            Topic(name, f"q{i}") for name, n in (("large", 130), ("small", 48)) for i in range(n)
        ]

        def scores(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
            slope = {"large": 0.1, "small": -0.22}
            return {topic: 0.5 + slope[topic.collection] * settings.meaning for topic in topics}

        tuning = tune(Weights(), {"meaning": (0.0, 1.0)}, topics, scores, trials=10, folds=2)
        assert tuning.accepted
        assert tuning.chosen.meaning < 0.2
        assert tuning.by_collection["large"].mean < 0 < tuning.by_collection["small"].mean

    def test_the_seed_repeats_and_no_topic_is_scored_twice(self) -> None:
        requests: list[tuple[Weights, Topic]] = []

        def counted(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
            requests.extend((settings, topic) for topic in topics)
            return known_optimum(settings, topics)

        steps: list[float | None] = []
        first = tune(
            Weights(), SPACE, TOPICS, counted, trials=8, folds=2, seed=5,
            on_progress=lambda done, share: steps.append(share),
        )  # fmt: skip
        assert len(requests) == len(set(requests))
        assert len(steps) == 24
        assert steps[-1] == 1.0
        again = tune(Weights(), SPACE, TOPICS, known_optimum, trials=8, folds=2, seed=5)
        assert again == first
        other = tune(Weights(), SPACE, TOPICS, known_optimum, trials=8, folds=2, seed=6)
        assert other.proposed != first.proposed

    def test_topics_set_aside_are_asked_of_two_settings_only(self) -> None:
        by_topic: dict[Topic, set[Weights]] = {}

        def counted(settings: Weights, topics: Sequence[Topic]) -> Mapping[Topic, float]:
            for topic in topics:
                by_topic.setdefault(topic, set()).add(settings)
            return known_optimum(settings, topics)

        tune(Weights(), SPACE, TOPICS, counted, trials=8, folds=2)
        set_aside = [topic for topic in TOPICS if int(topic.query[1:]) % 2]
        assert all(len(by_topic[topic]) == 2 for topic in set_aside)

    def test_the_file_holds_the_values_and_why(self) -> None:
        tuning = tune(Weights(), SPACE, TOPICS, known_optimum, trials=12, folds=2)
        text = tuning.as_toml("ranking")
        assert tomllib.loads(text) == {"ranking": tuning.values}
        assert text.startswith(f"# {tuning.reason}\n")
        assert "fold 2" in text
        assert "# was 0.5" in text
        refused = tune(Weights(), SPACE, TOPICS, pure_noise(0), trials=5, folds=2)
        assert tomllib.loads(refused.as_toml()) == {"ranking": refused.present}
        assert refused.as_dict()["values"] == refused.present

    def test_a_collection_cannot_break_the_file(self) -> None:
        topics = [Topic("a\n[x]\ny=1", f"q{i}") for i in range(8)]
        tuning = tune(Weights(), SPACE, topics, known_optimum, trials=5, folds=2)
        assert list(tomllib.loads(tuning.as_toml())) == ["ranking"]

    def test_a_topic_without_a_score_is_named(self) -> None:
        with pytest.raises(InvalidInputError, match="no score for topic 'q"):
            tune(Weights(), SPACE, TOPICS, lambda settings, topics: {}, trials=5, folds=2)


def test_without_optuna_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(TunerMissingError, match=r"pip install 'broadsheet\[tune\]'"):
        tune(Weights(), SPACE, TOPICS, known_optimum)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "settings are: meaning, saturation, depth"),
        ({"name": (0, 1)}, "'name' is no number"),
        ({"stemmed": (0, 1)}, "'stemmed' is no number"),
        ({"fuzz": (0, 1)}, "settings are: meaning, saturation, depth"),
        ({"meaning": (1.0, 0.0)}, "meaning: 1.0 to 0.0 is no range"),
        ({"meaning": (0.0, float("inf"))}, "is no range"),
        ({"depth": (1.2, 1.8)}, "no whole number lies between"),
    ],
)
def test_a_space_that_cannot_be_searched(
    space: dict[str, tuple[float, float]], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        tune(Weights(), space, TOPICS, known_optimum)


@pytest.mark.parametrize(
    ("topics", "folds", "message"),
    [
        ([], 5, "no topics"),
        (TOPICS, 1, "at least 2"),
        ([*TOPICS, Topic("tiny", "q")], 5, "tiny has 1 topics; 5 folds .* at least 10"),
    ],
)
def test_topics_that_cannot_be_searched(topics: list[Topic], folds: int, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        tune(Weights(), SPACE, topics, known_optimum, folds=folds)


@pytest.mark.parametrize(
    ("better", "carried_over", "p_value", "low", "high", "accepted"),
    [
        (True, 0.01, 0.049, 0.001, 0.02, True),
        (True, 0.01, 0.05, 0.001, 0.02, False),
        (True, 0.01, 0.01, 0.0, 0.02, False),
        (True, 0.0, 0.01, 0.001, 0.02, False),
        (False, 0.01, 0.01, 0.001, 0.02, False),
    ],
)
def test_what_is_accepted(
    better: bool, carried_over: float, p_value: float, low: float, high: float, accepted: bool
) -> None:
    assert (
        decide(better, carried_over, PairedDifference(50, 0.01, p_value, low, high))[0] == accepted
    )


def test_a_significant_loss_is_not_accepted() -> None:
    assert not decide(True, 0.01, PairedDifference(50, -0.02, 0.001, -0.03, -0.01))[0]


class WeighedEngine:
    """Two papers, in an order that the settings decide."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def prepare(self, request: SearchRequest) -> Callable[[Weights], list[tuple[int, float]]]:
        self.asked.append(request.text)
        return lambda settings: sorted(
            {1: settings.meaning, 2: 1 - settings.meaning}.items(), key=lambda pair: -pair[1]
        )

    def iter_identifiers(self) -> list[tuple[int, Identifier]]:
        return [(1, Identifier("doc", "d1")), (2, Identifier("doc", "d2"))]


def test_topics_are_asked_once_and_scored_under_any_settings() -> None:
    collection = Collection(
        "tiny", {"q1": "first", "q2": "second"}, {"q1": {"d1": 1}, "q2": {"d2": 1}}, Path("unread")
    )
    topics = list(iter_topics([collection]))
    assert topics == [("tiny", "q1"), ("tiny", "q2")]
    engine = WeighedEngine()
    scores = prepare_topics([(engine, collection)])
    second = pytest.approx(1 / math.log2(3))
    assert scores(Weights(meaning=0.9), topics) == {topics[0]: 1.0, topics[1]: second}
    assert scores(Weights(meaning=0.1), topics) == {topics[0]: second, topics[1]: 1.0}
    assert engine.asked == ["first", "second"]
