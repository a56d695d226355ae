"""Choose ranking settings by Bayesian optimisation, and only on evidence.

Every second topic of a collection is set aside, the same ones for every seed. On the others,
settings are searched (tree-structured Parzen estimators, Optuna): once for each fold without that
fold, to see whether such a search carries over, and once over all, for the proposed settings. The
proposal is accepted only if the folds gain on average and it gains beyond noise on the topics set
aside: paired randomisation p < .05 and a 95 % interval above 0. Collections weigh equally. The
same seed, topics and scores give the same result.

The test does not use the folds: each fold's topics helped to choose in the others, and four times
too much pure noise would pass (docs/decisions/0007).

Sources  Bergstra et al., NeurIPS 2011 (Parzen estimators); Akiba et al., KDD 2019,
         doi:10.1145/3292500.3330701 (Optuna); Bengio & Grandvalet, JMLR 5, 2004 (why
         folds understate their variance); ``significance`` for the test.
"""

import importlib
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from broadsheet.domain.errors import BroadsheetError, ErrorCode, InvalidInputError
from broadsheet.evaluation.significance import Floats, paired_difference
from broadsheet.evaluation.topics import MEASURE, Evaluate, Topic, by_collection
from broadsheet.evaluation.verdict import Fold, Tuning, Values, decide

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

Space = Mapping[str, tuple[float, float]]
"""Setting → (lowest, highest), both allowed."""
TRIALS = 60
FOLDS = 5
_DIGITS = 3
"""Significant digits of a tried value, so that the written value is the measured one."""


class TunerMissingError(BroadsheetError):
    """Optuna is not installed."""

    code: ClassVar[ErrorCode] = "unavailable"

    def __init__(self) -> None:
        super().__init__("tuning needs Optuna; install it with: pip install 'broadsheet[tune]'")


def require_optuna() -> Any:
    """Return the module Optuna, which only tuning needs.

    Raises TunerMissingError if it is not installed.
    """
    try:
        optuna: Any = importlib.import_module("optuna")
    except ImportError as error:
        raise TunerMissingError from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def tune(
    present: S,
    space: Space,
    topics: Sequence[Topic],
    evaluate: Evaluate[S],
    *,
    measure: str = MEASURE,
    trials: int = TRIALS,
    folds: int = FOLDS,
    seed: int = 0,
    on_progress: Callable[[int, float | None], None] = lambda done, share: None,
) -> Tuning[S]:
    """Search ``space`` around ``present`` and decide.

    Costs at most ``trials`` × (``folds`` + 1) rankings of half the topics, and one of
    the other half for two settings. Raises InvalidInputError for a space, topics or
    scores that cannot be used, TunerMissingError without Optuna.
    """
    start = _checked_values(present, space)
    searched, set_aside = _halves(topics, folds)
    scores = _Scores(present, evaluate)
    steps = _Steps(trials * (folds + 1), on_progress)

    def search(training: Sequence[Topic]) -> Values:
        return _search(
            _Proposer(present, space, trials, seed), trials, start, scores, training, steps
        )

    measured = []
    for held_out in _deal(searched, folds, seed):
        unseen = set(held_out)
        training = [topic for topic in searched if topic not in unseen]
        best = search(training)
        measured.append(
            Fold(
                held_out=len(held_out),
                values=best,
                gain_seen=scores.mean(best, training) - scores.mean(start, training),
                gain_held_out=scores.mean(best, held_out) - scores.mean(start, held_out),
            )
        )
    proposed = search(searched)
    strata = scores.gains(proposed, start, set_aside)
    difference = paired_difference(list(strata.values()), seed=seed)
    carried_over = math.fsum(fold.gain_held_out for fold in measured) / folds
    accepted, reason = decide(proposed != start, carried_over, difference)
    return Tuning(
        chosen=_with(present, proposed) if accepted else present,
        accepted=accepted,
        reason=reason,
        present=start,
        proposed=proposed,
        set_aside=difference,
        by_collection={
            name: paired_difference([values], seed=seed) for name, values in strata.items()
        },
        folds=tuple(measured),
        measure=measure,
        trials=trials,
        seed=seed,
    )


class _Steps:
    """Counts trials over all searches."""

    def __init__(self, total: int, on_progress: Callable[[int, float | None], None]) -> None:
        self._done = 0
        self._total = total
        self._on_progress = on_progress

    def advance(self) -> None:
        self._done += 1
        self._on_progress(self._done, self._done / self._total)


def _search(
    proposer: "_Proposer",
    trials: int,
    start: Values,
    scores: "_Scores[S]",
    training: Sequence[Topic],
    steps: _Steps,
) -> Values:
    """Return the best values on ``training``; ``start`` if none is better."""
    best, best_score = start, scores.mean(start, training)
    proposer.start_from(start, best_score)
    for _ in range(trials):
        trial, values = proposer.propose()
        score = scores.mean(values, training)
        proposer.tell(trial, score)
        if score > best_score:
            best, best_score = values, score
        steps.advance()
    return best


def _checked_values(present: S, space: Space) -> Values:
    tunable = {
        field.name: value
        for field in fields(present)
        if isinstance(value := getattr(present, field.name), int | float)
        and not isinstance(value, bool)
    }
    if not space:
        raise InvalidInputError(f"nothing to tune; the settings are: {', '.join(tunable)}")
    for name, (low, high) in space.items():
        if name not in tunable:
            raise InvalidInputError(
                f"{name!r} is no number that can be tuned; the settings are: {', '.join(tunable)}"
            )
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise InvalidInputError(f"{name}: {low} to {high} is no range; lowest comes first")
        if name in _whole(present) and math.ceil(low) > math.floor(high):
            raise InvalidInputError(f"{name}: no whole number lies between {low} and {high}")
    return {name: tunable[name] for name in space}


def _whole(settings: "DataclassInstance") -> set[str]:
    """Settings that are whole numbers; ``field.type`` is text in some modules."""
    return {field.name for field in fields(settings) if field.type in (int, "int")}


def _halves(topics: Sequence[Topic], folds: int) -> tuple[list[Topic], list[Topic]]:
    """Topics at odd places of their collection, to search on, and those at even places."""
    if folds < 2:
        raise InvalidInputError(f"{folds} folds; at least 2 are needed to hold topics out")
    if not topics:
        raise InvalidInputError("no topics to tune on")
    searched: list[Topic] = []
    set_aside: list[Topic] = []
    for name, own in by_collection(dict.fromkeys(topics)).items():
        if len(own) < 2 * folds:
            raise InvalidInputError(
                f"{name} has {len(own)} topics; {folds} folds on half of them need at "
                f"least {2 * folds}"
            )
        searched += own[0::2]
        set_aside += own[1::2]
    return searched, set_aside


def _deal(topics: Sequence[Topic], folds: int, seed: int) -> list[list[Topic]]:
    """Folds with as many topics of each collection as can be."""
    dealt: list[list[Topic]] = [[] for _ in range(folds)]
    for name, own in by_collection(topics).items():
        random.Random(f"{seed}\n{name}").shuffle(own)
        for place, topic in enumerate(own):
            dealt[place % folds].append(topic)
    return dealt


def _with(settings: S, values: Values) -> S:
    return replace(settings, **values)


class _Scores(Generic[S]):
    """Per-topic scores of settings, each asked for once."""

    def __init__(self, present: S, evaluate: Evaluate[S]) -> None:
        self._present = present
        self._evaluate = evaluate
        self._known: dict[tuple[float, ...], dict[Topic, float]] = {}

    def of(self, values: Values, topics: Sequence[Topic]) -> dict[Topic, float]:
        cached = self._known.setdefault(tuple(values.values()), {})
        missing = [topic for topic in topics if topic not in cached]
        if missing:
            new_scores = self._evaluate(_with(self._present, values), missing)
            for topic in missing:
                score = new_scores.get(topic, math.nan)
                if not math.isfinite(score):
                    raise InvalidInputError(f"no score for topic {topic.query!r} with {values}")
                cached[topic] = float(score)
        return {topic: cached[topic] for topic in topics}

    def mean(self, values: Values, topics: Sequence[Topic]) -> float:
        """Mean over collections of the mean over their topics."""
        scores = self.of(values, topics)
        means = [
            math.fsum(scores[topic] for topic in own) / len(own)
            for own in by_collection(topics).values()
        ]
        return math.fsum(means) / len(means)

    def gains(self, new: Values, old: Values, topics: Sequence[Topic]) -> dict[str, Floats]:
        """Collection → new minus old, shape (its topics,)."""
        after, before = self.of(new, topics), self.of(old, topics)
        return {
            name: np.array([after[topic] - before[topic] for topic in own], dtype=np.float64)
            for name, own in by_collection(topics).items()
        }


class _Proposer:
    """Values to try next, from those tried so far."""

    def __init__(self, present: "DataclassInstance", space: Space, trials: int, seed: int) -> None:
        self._optuna = require_optuna()
        self._distributions = {
            name: self._optuna.distributions.IntDistribution(math.ceil(low), math.floor(high))
            if name in _whole(present)
            else self._optuna.distributions.FloatDistribution(low, high)
            for name, (low, high) in space.items()
        }
        # The same seed in every fold: the random trials that begin a search are the
        # same ones, whose scores are known already.
        sampler = self._optuna.samplers.TPESampler(
            seed=seed, multivariate=True, n_startup_trials=max(5, trials // 4)
        )
        self._study = self._optuna.create_study(direction="maximize", sampler=sampler)

    def start_from(self, values: Values, score: float) -> None:
        """Give the search the present settings if they lie in its space."""
        limits = self._distributions
        if all(limits[name].low <= value <= limits[name].high for name, value in values.items()):
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=values, distributions=self._distributions, value=score
                )
            )

    def propose(self) -> tuple[Any, Values]:
        """A trial, to be told its score, and the values to try."""
        trial = self._study.ask(self._distributions)
        return trial, {name: self._rounded(name, value) for name, value in trial.params.items()}

    def tell(self, trial: Any, score: float) -> None:
        self._study.tell(trial, score)

    def _rounded(self, name: str, value: float) -> float:
        if isinstance(value, int):
            return value
        limits = self._distributions[name]
        return float(min(max(float(f"{value:.{_DIGITS}g}"), limits.low), limits.high))
