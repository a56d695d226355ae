"""Arrays that grow at their end without being copied each time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SPARE = 8
"""A full buffer gets room for an eighth more; the spare part takes no memory before it is written."""


class Growing:
    """An array whose last axis grows. One thread writes; earlier views stay as they are."""

    def __init__(self, dtype: Any, lead: tuple[int, ...] = ()) -> None:
        self._buffer = np.empty((*lead, 0), dtype)

    def extended(self, start: int, more: NDArray[Any]) -> NDArray[Any]:
        """The first ``start`` entries and ``more`` after them."""
        size = start + more.shape[-1]
        if size > self._buffer.shape[-1]:
            larger = np.empty((*self._buffer.shape[:-1], size + size // _SPARE), self._buffer.dtype)
            larger[..., :start] = self._buffer[..., :start]
            self._buffer = larger
        self._buffer[..., start:size] = more
        return self._buffer[..., :size]
