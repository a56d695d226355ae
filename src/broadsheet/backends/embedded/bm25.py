"""BM25 as Tantivy counts it, for documents that are not in the index.

Score   Σ weight × idf × (k1 + 1) × tf / (tf + k1 × (1 − b + b × length / average length)),
        idf = ln(1 + (N − n + .5) / (n + .5)); the length is rounded down as Tantivy
        rounds it, to keep it in one byte.
Source  Robertson & Zaragoza 2009, doi:10.1561/1500000019; the numbers N, average
        length, k1 and b are read from Tantivy's own account of one score.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXACT = 24
"""Lengths below are kept as they are; above, four leading bits of the rest."""


@dataclass(frozen=True, slots=True)
class Bm25:
    """The statistics of one commit of the index."""

    papers: float
    average_length: float
    k1: float
    b: float

    @classmethod
    def read(cls, account: str) -> "Bm25":
        """From Tantivy's explanation (JSON) of the score of one paper for one term."""
        values = {name.split(",")[0]: value for name, value in _walk(json.loads(account))}
        return cls(values["N"], values["avgdl"], values["k1"], values["b"])

    def score(
        self, counts: Floats, lengths: Floats, frequencies: Floats, weights: Floats
    ) -> Floats:
        """Scores (m,) of documents by their counts of terms (m, t) and lengths (m,).

        ``frequencies`` (t,) says how many papers hold each term, ``weights`` (t,) how
        much it counts in the query.
        """
        idf = np.log1p((self.papers - frequencies + 0.5) / (frequencies + 0.5))
        idf[frequencies == 0] = 0.0  # such a term ranks nothing
        norms = self.k1 * (1 - self.b + self.b * kept_length(lengths) / self.average_length)
        saturated: Floats = counts / (counts + norms[:, None])
        total: Floats = saturated @ (weights * idf * (self.k1 + 1))
        return total


def kept_length(lengths: Floats) -> Floats:
    """Lengths as they come back from the one byte they are kept in."""
    rest = np.maximum(lengths - _EXACT, 0).astype(np.int64)
    # frexp: the number of binary digits of a whole number.
    shift = np.maximum(np.frexp(rest.astype(np.float64))[1] - 4, 0)
    rounded = (rest >> shift) << shift
    return np.where(lengths < _EXACT, lengths, _EXACT + rounded)


def _walk(account: dict[str, Any]) -> Iterator[tuple[str, float]]:
    yield account["description"], account["value"]
    for part in account.get("details") or ():
        yield from _walk(part)
