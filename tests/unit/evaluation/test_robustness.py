"""Losses under perturbed queries, with a ranker that looks words up."""

import math
from pathlib import Path

import pytest

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.perturb import PERTURBATIONS, Perturbation
from broadsheet.evaluation.robustness import measure_robustness

SUBJECTS = ("plasma", "protein", "turbulence", "galaxies", "retrieval", "grammar", "vaccine", "x")


class ExactRanker:
    """Finds a paper by its subject, spelled as it is; another paper comes first otherwise."""

    def rank(self, request: SearchRequest) -> list[tuple[int, float]]:
        assert request.mode == "words"
        matches = [key for key, word in enumerate(SUBJECTS) if word in request.text.split()]
        return [(key, 1.0 / place) for place, key in enumerate([*matches, 99], 1)]

    def iter_identifiers(self) -> list[tuple[int, Identifier]]:
        return [(key, Identifier("doc", f"d{key}")) for key in range(len(SUBJECTS))]


@pytest.fixture
def collection() -> Collection:
    return Collection(
        "subjects",
        {f"q{key}": word for key, word in enumerate(SUBJECTS)},
        {f"q{key}": {f"d{key}": 1} for key in range(len(SUBJECTS))},
        Path("unread"),
    )


def test_losses_are_measured_over_the_changed_queries(collection: Collection) -> None:
    steps: list[float | None] = []
    measured = measure_robustness(
        ExactRanker(), collection, "words", lambda done, share: steps.append(share)
    )
    losses = {loss.perturbation: loss for loss in measured.losses}
    assert list(losses) == list(PERTURBATIONS)
    typing = losses["typing error"]
    assert (typing.changed, typing.before, typing.after) == (7, 1.0, 0.0)  # "x" is too short
    assert typing.share == 1.0
    assert typing.difference is not None
    assert typing.difference.mean == pytest.approx(-1.0)
    assert typing.difference.p_value == 2 / 2**7
    assert typing.difference.beyond_noise
    case = losses["lower case"]
    assert (case.changed, case.share, case.difference) == (0, 0.0, None)
    assert losses["upper case"].changed == 8
    assert steps == sorted(step for step in steps if step is not None)
    assert steps[-1] == 1.0


def test_a_worse_rank_is_a_part_of_the_loss(collection: Collection) -> None:
    """The subject of the paper before comes in: the right one is second."""
    before = dict(zip(SUBJECTS[1:], SUBJECTS, strict=False))
    intrusion = Perturbation(
        "intrusion", "a word more", lambda query, source: f"{query} {before.get(query, '')}".strip()
    )
    measured = measure_robustness(
        ExactRanker(),
        collection,
        "words",
        lambda done, share: None,
        perturbations={"intrusion": intrusion},
    )
    (loss,) = measured.as_dict()["losses"]
    assert loss["changed"] == 7
    assert loss["loss"] == pytest.approx(1 - 1 / math.log2(3), abs=1e-4)
    assert loss["difference"]["low"] == pytest.approx(-loss["loss"], abs=1e-4)
    assert measured.as_dict()["queries"] == 8
