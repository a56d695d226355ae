"""Stretches of a file: mapped or read, they are the same."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.backends.local_index.forward import stretches
from broadsheet.backends.local_index.forward.stretches import Stretches
from broadsheet.domain.errors import IndexUnavailableError

NUMBERS = np.random.default_rng(3).integers(0, 60_000, 5_000).astype(np.uint16)


@pytest.fixture(params=["mapped", "read"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "read":
        monkeypatch.setattr(stretches, "MOST_MAPPED", 100)
    path = tmp_path / "numbers.bin"
    path.write_bytes(NUMBERS.tobytes() + b"not committed")
    return path


def test_stretches_in_the_order_asked_for(path: Path) -> None:
    starts = np.array([4_990, 0, 17, 17, 5_000])
    counts = np.array([10, 3, 0, 40, 0])
    expected = np.concatenate(
        [NUMBERS[start : start + count] for start, count in zip(starts, counts, strict=True)]
    )
    file = Stretches(path, NUMBERS.dtype, 5_000)
    assert file.gather(starts, counts).tolist() == expected.tolist()
    none = np.empty(0, np.int64)
    assert file.gather(none, none).tolist() == []


def test_a_file_cut_off_is_reported(path: Path) -> None:
    path.write_bytes(NUMBERS.tobytes()[:4_000])
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        Stretches(path, NUMBERS.dtype, 5_000)


def test_a_missing_file_is_reported(path: Path) -> None:
    path.unlink()
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        Stretches(path, NUMBERS.dtype, 5_000)


def test_a_file_cut_off_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "MOST_MAPPED", 100)
    path = tmp_path / "numbers.bin"
    path.write_bytes(NUMBERS.tobytes())
    file = Stretches(path, NUMBERS.dtype, 5_000)
    path.write_bytes(NUMBERS.tobytes()[:4_000])
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        file.gather(np.array([1_990]), np.array([20]))
