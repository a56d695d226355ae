"""The file of remote answers: kept apart by model, bounded, never in the way."""

import logging
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from broadsheet.embed.vector_cache import VectorCache, hash_text


def make_vectors(count: int, start: int = 0, dimensions: int = 64) -> dict[bytes, np.ndarray]:
    rows = np.random.default_rng(start).standard_normal((count, dimensions)).astype(np.float16)
    return {hash_text(f"text {start + row}"): rows[row] for row in range(count)}


def test_what_is_stored_is_found_by_model_and_text(tmp_path: Path) -> None:
    vectors = make_vectors(1_200)  # more than one statement asks for
    VectorCache(tmp_path / "new/cache.db").store("a", vectors)
    cache = VectorCache(tmp_path / "new/cache.db")
    cached = cache.find("a", [*vectors, hash_text("another")])
    assert cached.keys() == vectors.keys()
    for text, vector in vectors.items():
        np.testing.assert_array_equal(cached[text], vector)
    assert cache.find("b", list(vectors)) == {}


def test_the_file_stays_below_its_size_and_keeps_the_latest(tmp_path: Path) -> None:
    most = 200_000
    cache = VectorCache(tmp_path / "cache.db", most_bytes=most)
    for start in range(0, 10_000, 100):
        cache.store("a", make_vectors(100, start))
    assert (tmp_path / "cache.db").stat().st_size < 1.5 * most
    assert len(cache.find("a", list(make_vectors(100, 9_900)))) == 100
    assert cache.find("a", list(make_vectors(100, 0))) == {}


def test_a_bound_below_one_store_does_not_loop(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache.db", most_bytes=1)
    cache.store("a", make_vectors(50))
    assert cache.find("a", list(make_vectors(50))) == {}


def test_a_damaged_file_is_reported_once_and_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"this is no database" * 500)
    cache = VectorCache(path)
    with caplog.at_level(logging.WARNING):
        cache.store("a", make_vectors(3))
        assert cache.find("a", list(make_vectors(3))) == {}
        assert cache.find_probe("a") is None
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]


def test_a_folder_in_the_way_is_no_error(tmp_path: Path) -> None:
    assert VectorCache(tmp_path).find("a", [hash_text("x")]) == {}


def test_threads_can_store_and_find_at_once(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache.db")

    def use(start: int) -> None:
        for step in range(5):
            cache.store("a", make_vectors(20, start + 20 * step))
            cache.find("a", list(make_vectors(20, start)))

    threads = [Thread(target=use, args=(1_000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [
        text
        for number in range(4)
        for step in range(5)
        for text in make_vectors(20, 1_000 * number + 20 * step)
    ]
    assert len(cache.find("a", everything)) == 400
