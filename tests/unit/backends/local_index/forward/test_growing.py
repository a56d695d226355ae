"""Arrays that grow: arrays given out stay unchanged, and a repeated step replaces."""

import numpy as np

from broadsheet.backends.local_index.forward.growing import Growing


def test_views_stay_as_they_are_while_the_array_grows() -> None:
    growing = Growing(np.int64, (2,))
    expected = np.empty((2, 0), np.int64)
    views = []
    for step in range(40):
        more = np.arange(2 * step).reshape(2, step)
        view = growing.extended(expected.shape[1], more)
        expected = np.concatenate([expected, more], axis=1)
        assert (view == expected).all()
        views.append((view, expected))
    assert all((view == before).all() for view, before in views)


def test_a_step_that_failed_is_taken_again() -> None:
    growing = Growing(np.uint8)
    growing.extended(0, np.array([1, 2], np.uint8))
    growing.extended(2, np.array([9, 9, 9], np.uint8))
    assert growing.extended(2, np.array([3], np.uint8)).tolist() == [1, 2, 3]
