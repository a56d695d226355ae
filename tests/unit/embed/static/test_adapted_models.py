"""Which embedder a library is served by, and what is kept of the verdict."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broadsheet.embed.registry import LibraryEmbedder
from broadsheet.embed.static.adaptation import Verdict
from broadsheet.embed.static.adapted_models import AdaptedModels, JudgingError, decide_due
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder, quantise


def make_model(seed: int, label: str = "test") -> TokenVectorEmbedder:
    matrix = np.random.default_rng(seed).standard_normal((3, 8)).astype(np.float32)
    return TokenVectorEmbedder(label, [b"wing", b"slip", b"flow"], *quantise(matrix))


SHIPPED = make_model(0)
ADAPTED = make_model(1, "test+library")
HELPS = Verdict(2.0, 1.5, ADAPTED)
HARMS = Verdict(2.0, 2.5, None)


@pytest.fixture
def models(tmp_path: Path) -> AdaptedModels:
    return open_models(tmp_path)


def open_models(folder: Path, on: bool = True) -> AdaptedModels:
    return AdaptedModels(folder / "adapted", SHIPPED, on)


def keep(
    models: AdaptedModels, verdict: Verdict, papers: int = 300, in_use: str | None = None
) -> None:
    with models.judging():
        models.keep(verdict, papers, in_use)


def test_before_the_first_verdict_the_shipped_model_is_wanted(models: AdaptedModels) -> None:
    assert models.last() is None
    assert models.wanted() is SHIPPED


def test_what_is_kept_is_what_another_process_reads(models: AdaptedModels, tmp_path: Path) -> None:
    other = open_models(tmp_path)
    assert other.last() is None
    keep(models, HELPS)
    last = other.last()
    assert last is not None
    assert (last.papers, last.helps, last.shipped_log_rank, last.adapted_log_rank) == (
        300, True, 2.0, 1.5,
    )  # fmt: skip
    assert last == models.last()
    assert other.wanted().name == ADAPTED.name


def test_where_adapting_harms_the_shipped_model_is_wanted_again(models: AdaptedModels) -> None:
    keep(models, HELPS)
    keep(models, HARMS, 500)
    last = models.last()
    assert last is not None
    assert not last.helps
    assert models.wanted() is SHIPPED


def test_switched_off_the_shipped_model_is_wanted_and_old_vectors_still_serve(
    models: AdaptedModels, tmp_path: Path
) -> None:
    keep(models, HELPS)
    off = open_models(tmp_path, on=False)
    assert off.wanted() is SHIPPED
    served = LibraryEmbedder(off.wanted, off.find, lambda: ADAPTED.name)
    assert served.name == ADAPTED.name


def test_a_model_adapted_from_another_release_is_not_wanted(
    models: AdaptedModels, tmp_path: Path
) -> None:
    keep(models, HELPS)
    newer = AdaptedModels(tmp_path / "adapted", make_model(9), on=True)
    assert newer.wanted() is newer.shipped
    assert newer.due(300)


def test_models_that_nothing_uses_are_removed(models: AdaptedModels, tmp_path: Path) -> None:
    third = make_model(2, "test+library")
    keep(models, HELPS)
    keep(models, replace(HELPS, model=make_model(3)), in_use=ADAPTED.name)
    assert models.find(ADAPTED.name) is not None
    keep(models, replace(HELPS, model=third), in_use=third.name)
    folders = {path.name for path in (tmp_path / "adapted").iterdir() if path.is_dir()}
    assert folders == {third.name, make_model(3).name}


def test_a_damaged_model_is_as_none_and_is_made_again(
    models: AdaptedModels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(models, HELPS)
    (tmp_path / "adapted" / ADAPTED.name / "vectors.npy").write_bytes(b"no")
    other = open_models(tmp_path)
    assert other.wanted() is SHIPPED
    assert "damaged" in caplog.text or "readable" in caplog.text
    assert other.due(300)
    keep(other, HELPS)
    assert open_models(tmp_path).wanted().name == ADAPTED.name


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 9}', '{"format": 1}'])
def test_a_verdict_that_cannot_be_read_is_as_none(
    models: AdaptedModels, tmp_path: Path, content: str
) -> None:
    keep(models, HELPS)
    (tmp_path / "adapted" / "verdict.json").write_text(content)
    assert models.last() is None
    assert models.due(300)


def test_a_half_written_model_is_replaced(models: AdaptedModels, tmp_path: Path) -> None:
    half = tmp_path / "adapted" / "unfinished"
    half.mkdir(parents=True)
    (half / "rest").write_text("of a process that died")
    keep(models, HELPS)
    assert not half.exists()
    assert json.loads((tmp_path / "adapted" / ADAPTED.name / "model.json").read_text())
    assert not (tmp_path / "adapted" / ADAPTED.name / "rest").exists()


def test_one_process_judges_at_a_time(models: AdaptedModels, tmp_path: Path) -> None:
    with (
        models.judging(),
        pytest.raises(JudgingError, match="broadsheet status"),
        open_models(tmp_path).judging(),
    ):
        pass


def test_it_is_due_at_first_and_when_the_library_has_grown_by_half(models: AdaptedModels) -> None:
    assert not models.due(199)
    assert models.due(200)
    keep(models, HARMS, 200)
    last = models.last()
    assert not decide_due(200, last, SHIPPED.name)
    assert not decide_due(299, last, SHIPPED.name)
    assert decide_due(300, last, SHIPPED.name)
    assert decide_due(200, last, "another release's")


def test_queries_are_encoded_as_the_stored_vectors_were(models: AdaptedModels) -> None:
    stored: list[str | None] = [None]
    embedder = LibraryEmbedder(models.wanted, models.find, lambda: stored[0])
    assert embedder.name == SHIPPED.name
    stored[0] = SHIPPED.name
    keep(models, HELPS)
    assert models.wanted().name == ADAPTED.name
    np.testing.assert_array_equal(
        embedder.encode_queries(["slip flow"]), SHIPPED.encode_queries(["slip flow"])
    )
    stored[0] = ADAPTED.name
    np.testing.assert_array_equal(
        embedder.encode_documents(["slip"], ["flow"]), ADAPTED.encode_documents(["slip"], ["flow"])
    )
    assert embedder.dimensions == 8
    stored[0] = "lsi-1234"
    assert embedder.name == ADAPTED.name
