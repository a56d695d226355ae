"""Choose the words and word pieces that get a vector of their own.

Words come from three places: the corpus (frequent ones), the reviews (so that biomedical
words are in) and the vocabulary of the sentence encoder that the vectors start from (so that
general English is in).  A word outside the vocabulary is cut into the longest known word and
then continuation pieces (``##tion``), which come from the encoder's vocabulary too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from broadsheet.embed.static.words import split_words
from training.records import Paper

CONTINUATION = b"##"


def count_words(papers: Iterable[Paper]) -> Counter[bytes]:
    """Return for each word the number of papers that have it."""
    counts: Counter[bytes] = Counter()
    for paper in papers:
        counts.update({*split_words(paper.title), *split_words(paper.abstract)})
    return counts


def read_encoder_vocabulary(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Return whole words and continuation pieces of a WordPiece vocabulary, in its order."""
    words: list[bytes] = []
    pieces: list[bytes] = []
    for token in path.read_text("utf-8").splitlines():
        stem = token.removeprefix("##")
        if split_words(stem) != [stem.encode()]:
            continue  # [unused1], punctuation
        if not stem.isascii() and len(stem) > 1:
            continue
        (pieces if token.startswith("##") else words).append(token.encode())
    return words, pieces


def choose_vocabulary(
    corpus: Counter[bytes],
    reviews: Counter[bytes],
    encoder: tuple[list[bytes], list[bytes]],
    size: int,
) -> list[bytes]:
    """Return ``size`` tokens at most, most frequent first, continuation pieces last.

    A word counts once per corpus paper and four times per review (there are thirty times fewer
    reviews); a whole word of the encoder counts eight more.  Words of the encoder that no
    text here has are left out, but for single characters.
    """
    words, pieces = encoder
    score: Counter[bytes] = Counter(corpus)
    for word, count in reviews.items():
        score[word] += 4 * count
    known = set(words)
    for word in known:
        if score[word] or len(word) == 1:
            score[word] += 8
    room = size - len(pieces)
    ranked = sorted(
        (word for word, count in score.items() if count and len(word) <= 32),
        key=lambda word: (-score[word], word),
    )
    return ranked[:room] + pieces
