"""A file of numbers of which short stretches are asked for, here and there.

A small file is mapped. Of a large one the stretches are read: a mapping brings in up to
a hundred KB around each, so that after some hundred searches all of it counts as memory
of this process (2.6 GB for 2.8 million papers), and touching such a place for the first
time takes longer than reading it.
"""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.builds import damaged

MOST_MAPPED = 1 << 28
"""Bytes."""
Numbers = NDArray[np.int64]


class Stretches:
    """The first ``size`` numbers of a file. Thread-safe; keeps the file open while it lives."""

    def __init__(self, path: Path, dtype: np.dtype[Any], size: int) -> None:
        """Raises IndexUnavailableError for a file that is not there or shorter."""
        self._path = path
        self._dtype = dtype
        length = size * dtype.itemsize
        self._mapped: memoryview | None = None
        if length <= MOST_MAPPED:
            # Cutting bytes out of a view takes a third of the time of cutting an array.
            self._mapped = map_file(path, np.dtype(np.uint8), length).data
        else:
            try:
                self._file = os.open(path, os.O_RDONLY)
            except OSError as error:
                raise damaged(path, error) from error
            weakref.finalize(self, os.close, self._file)
            if os.fstat(self._file).st_size < length:
                raise damaged(path, "shorter than its committed part")

    def gather(self, starts: Numbers, counts: Numbers) -> NDArray[Any]:
        """Stretches that begin at ``starts``, one after the other."""
        return np.frombuffer(b"".join(self.cut(starts, counts)), self._dtype)

    def cut(self, starts: Numbers, counts: Numbers) -> Sequence[bytes | memoryview]:
        """The bytes of each."""
        width, mapped = self._dtype.itemsize, self._mapped
        first = (starts * width).tolist()
        if mapped is not None:
            ends = ((starts + counts) * width).tolist()
            return [mapped[start:end] for start, end in zip(first, ends, strict=True)]
        lengths = (counts * width).tolist()
        read, file = os.pread, self._file
        parts = [read(file, length, start) for length, start in zip(lengths, first, strict=True)]
        if list(map(len, parts)) != lengths:
            raise damaged(self._path, "shorter than its committed part")
        return parts


def map_file(path: Path, dtype: np.dtype[Any], *shape: int) -> NDArray[Any]:
    """A file of at least this size, mapped; raises IndexUnavailableError."""
    if not shape[0]:
        return np.empty(shape, dtype)
    try:
        # A plain array over the map: slicing a ``memmap`` costs ten times as much.
        return np.asarray(np.memmap(path, dtype, "r", shape=shape))
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
