"""Rows whose binary codes are nearest to that of a vector.

The scan reads the first words of every code, which are kept in memory a word
after the other; of the nearest so found the whole codes are compared.
"""

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.forward.files import WORD_GROUP, Codes

SECOND_LOOK = 4
"""Rows whose whole code is compared, for each that is wanted."""
HEAD = 4
"""64-bit words of a code that are compared first: with more, counts would not fit a byte."""
_HEADS_AT_ONCE = 1 << 15
_CHUNK = 1 << 12
"""Rows scanned at once: their buffers stay in the processor's cache."""
_BYTE, _TOP = np.uint64(8), np.uint64(48)
_LOW_BYTES, _GATHER = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)

Rows = NDArray[np.int64]


def nearest_of_all(
    heads: Codes, codes: Codes, code: Codes, without: Rows | NDArray[np.bool_], count: int
) -> Rows:
    """At least ``wanted`` of the rows but for those ``without``, by number or as a mask of all;
    ``heads`` has shape (HEAD, rows)."""
    distances = head_distances(heads, code)
    distances[without] = np.iinfo(distances.dtype).max
    return nearest_of(codes, code, closest(distances, SECOND_LOOK * count), count)


def nearest_of(codes: Codes, code: Codes, rows: Rows, count: int) -> Rows:
    """The same among ``rows``, of which only the codes are read."""
    return rows[closest(code_distances(codes[rows], code), count)]


def head_distances(heads: Codes, code: Codes) -> NDArray[np.uint8]:
    """Hamming distance of each code's first words to those of ``code``.

    256, where every bit differs, comes out as 0; the whole code then tells.
    """
    distances = np.zeros(heads.shape[1], np.uint8)
    for start in range(0, len(distances), _HEADS_AT_ONCE):
        part = slice(start, start + _HEADS_AT_ONCE)
        sums = distances[part]
        for word in range(len(heads)):
            sums += np.bitwise_count(heads[word, part] ^ code[word])
    return distances


def code_distances(codes: Codes, code: Codes) -> NDArray[np.uint16]:
    """Hamming distance of each row of ``codes`` to ``code``."""
    distances = np.empty(len(codes), np.uint16)
    width = codes.shape[1]
    # Flat arrays throughout: a loop over rows of eight words costs more than the words.
    repeated = np.tile(code, _CHUNK)
    differing = np.empty(_CHUNK * width, np.uint64)
    counts = np.empty(_CHUNK * width, np.uint8)
    for start in range(0, len(codes), _CHUNK):
        part = codes[start : start + _CHUNK].reshape(-1)
        size = len(part)
        np.bitwise_xor(part, repeated[:size], out=differing[:size])
        np.bitwise_count(differing[:size], out=counts[:size])
        # Eight counts of up to 64 lie in one 64-bit number: added in pairs, then
        # the four sums by a multiplication that gathers them in the highest.
        eight = counts[:size].view(np.uint64)
        odd = (eight >> _BYTE) & _LOW_BYTES
        eight &= _LOW_BYTES
        eight += odd
        eight *= _GATHER
        eight >>= _TOP
        groups = eight.reshape(-1, width // WORD_GROUP)
        sums = distances[start : start + len(groups)]
        sums[:] = groups[:, 0]
        for group in range(1, groups.shape[1]):
            sums += groups[:, group].astype(np.uint16)
    return distances


def closest(distances: NDArray[np.uint8] | NDArray[np.uint16], count: int) -> Rows:
    """Places of the ``wanted`` smallest distances and of all that tie with the last.

    The greatest number stands for rows that do not count. Counting how many are
    below a bound is so much faster than sorting that the bound is searched for.
    """
    most = int(np.iinfo(distances.dtype).max) - 1
    low, high = 0, min(most, int(distances.max(initial=0)))
    while low < high:
        middle = (low + high) // 2
        if np.count_nonzero(distances <= middle) >= count:
            high = middle
        else:
            low = middle + 1
    return np.flatnonzero(distances <= low)
