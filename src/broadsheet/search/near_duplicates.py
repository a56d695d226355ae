"""Papers that are nearly the same text, such as one work under two titles or identifiers.

Input   the tokens of papers, best first.
Output  for each paper the place of the first one that it repeats, its own where it is new;
        shape (n,).
Rule    the sets of words of their abstracts (stop words and all) overlap by ``OVERLAP`` of
        their union, or by ``SAME_TITLE`` under the same title; abstracts of fewer than
        ``FEWEST`` different words are too short to tell and repeat nothing.
Source  Resemblance: Broder, "On the resemblance and containment of documents", 1997,
        doi:10.1109/SEQUEN.1997.666900.

Only a repetition of a paper that is new counts, so that a chain of small changes does not
make one of papers that differ. Identity, at import, is decided elsewhere and more strictly
(``ingest.identity``): here papers stay apart and are only shown together.
"""

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.token_ids import TokenIds

OVERLAP = 0.8
SAME_TITLE = 0.6
FEWEST = 20
_BUCKETS = 2_048
"""Words are counted in so many buckets first; collisions only make more pairs be looked at."""

Places = NDArray[np.int64]


def find_repetitions(papers: TokenIds) -> Places:
    """The place of the first paper that each repeats; see the module."""
    texts = [_words(papers, at) for at in range(len(papers))]
    first = np.arange(len(papers))
    for one, other in _close_pairs(texts):
        if first[one] == one and first[other] == other and _repeats(papers, texts, one, other):
            first[other] = one
    return first


def _words(papers: TokenIds, at: int) -> NDArray[np.uint16]:
    start = papers.starts[at] + papers.titles[at]
    return np.unique(papers.ids[start : papers.starts[at + 1]])


def _title(papers: TokenIds, at: int) -> NDArray[np.uint16]:
    start = papers.starts[at]
    return papers.ids[start : start + papers.titles[at]]


def _close_pairs(texts: list[NDArray[np.uint16]]) -> list[tuple[int, int]]:
    """Pairs that may repeat each other, (earlier, later), in the order of the later one."""
    if len(texts) < 2:
        return []
    buckets = np.zeros((len(texts), _BUCKETS), np.float32)
    for at, words in enumerate(texts):
        buckets[at, words % _BUCKETS] = 1
    sizes = np.array([len(words) for words in texts])
    shared = buckets @ buckets.T
    # Of the true union at most what collides is missing, and of what is shared too.
    used = buckets.sum(axis=1)
    least = SAME_TITLE * np.maximum(used[:, None], used[None, :])
    later, earlier = np.nonzero(np.tril(shared >= least * 0.9, -1))
    told = (sizes[later] >= FEWEST) & (sizes[earlier] >= FEWEST)
    return list(zip(earlier[told].tolist(), later[told].tolist(), strict=True))


def _repeats(papers: TokenIds, texts: list[NDArray[np.uint16]], one: int, other: int) -> bool:
    shared = len(np.intersect1d(texts[one], texts[other], assume_unique=True))
    overlap = shared / (len(texts[one]) + len(texts[other]) - shared)
    if overlap >= OVERLAP:
        return True
    return overlap >= SAME_TITLE and np.array_equal(_title(papers, one), _title(papers, other))
