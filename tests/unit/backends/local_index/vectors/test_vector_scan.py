"""The two passes over codes find the same as a comparison of whole codes."""

import numpy as np
import pytest

from broadsheet.backends.local_index.vectors.code_scan import (
    closest,
    code_distances,
    head_distances,
)


@pytest.mark.parametrize("count", [1, 10, 500, 5_000])
def test_closest_are_the_smallest_with_ties_and_without_what_is_out(count: int) -> None:
    distances = np.random.default_rng(3).integers(0, 200, 5_000).astype(np.uint8)
    distances[::7] = 255
    last = np.sort(distances)[count - 1]
    expected = np.flatnonzero(distances <= min(last, 254))
    assert closest(distances, count).tolist() == expected.tolist()


def test_heads_and_whole_codes_are_compared_bit_by_bit() -> None:
    random = np.random.default_rng(5)
    codes = random.integers(0, 2**63, (40_000, 8)).astype(np.uint64)
    code = random.integers(0, 2**63, 8).astype(np.uint64)
    bits = np.bitwise_count(codes ^ code)
    assert code_distances(codes, code).tolist() == bits.sum(axis=1).tolist()
    heads = head_distances(np.ascontiguousarray(codes[:, :4].T), code)
    assert heads.tolist() == bits[:, :4].sum(axis=1).tolist()
