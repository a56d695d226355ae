"""Papers that are nearly the same text, such as one work under two titles or identifiers.

Input   vectors and tokens of papers, best first.
Output  for each paper the place of the first one that it repeats, its own where it is new;
        shape (n,).
Rule    the vectors' cosine is ``NEAR`` at least, which leaves few pairs to compare; the sets
        of words of their abstracts (stop words and all) overlap by ``OVERLAP`` of their
        union, or by ``SAME_TITLE`` under the same title; abstracts of fewer than ``FEWEST``
        different words are too short to tell and repeat nothing.
Source  Resemblance: Broder, "On the resemblance and containment of documents", 1997,
        doi:10.1109/SEQUEN.1997.666900.

Only a repetition of a paper that is new counts, so that a chain of small changes does not
make one of papers that differ. Identity, at import, is decided elsewhere and more strictly
(``catalogue.identity``): here papers stay apart and are only shown together.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.port import Vectors

NEAR = 0.85
OVERLAP = 0.8
SAME_TITLE = 0.6
FEWEST = 20

Places = NDArray[np.int64]


def find_repetitions(vectors: Vectors, tokens: Callable[[Places], TokenIds]) -> Places:
    """The place of the first paper that each repeats; see the module.

    ``vectors`` has shape (n, d), rows of unit length or of zeros; ``tokens`` gives those of
    the papers at some places, and is asked only where papers are near.
    """
    first = np.arange(len(vectors))
    later, earlier = np.nonzero(
        np.tri(len(vectors), k=-1, dtype=np.bool_) & (vectors @ vectors.T >= NEAR)
    )
    if not len(later):
        return first
    places = np.unique(np.concatenate([later, earlier]))
    papers = tokens(places)
    at = dict(zip(places.tolist(), range(len(places)), strict=True))
    for one, other in zip(earlier.tolist(), later.tolist(), strict=True):
        new = first[one] == one and first[other] == other
        if new and _repeats(papers, at[one], at[other]):
            first[other] = one
    return first


def _words(papers: TokenIds, at: int) -> set[int]:
    start = papers.starts[at] + papers.titles[at]
    return set(papers.ids[start : papers.starts[at + 1]].tolist())


def _title(papers: TokenIds, at: int) -> NDArray[np.uint16]:
    start = papers.starts[at]
    return papers.ids[start : start + papers.titles[at]]


def _repeats(papers: TokenIds, one: int, other: int) -> bool:
    words, others = _words(papers, one), _words(papers, other)
    if min(len(words), len(others)) < FEWEST:
        return False
    shared = len(words & others)
    overlap = shared / (len(words) + len(others) - shared)
    if overlap >= OVERLAP:
        return True
    return overlap >= SAME_TITLE and np.array_equal(_title(papers, one), _title(papers, other))
