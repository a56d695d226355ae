"""Texts as token numbers, from which proximity is computed without reading the text again.

Input   titles and abstracts as readable text.
Output  rows of a ``WordTable``, in the order of the words, the title first. A word outside
        the table gives its pieces, or nothing. A paper is cut at ``MOST_TOKENS``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.word_table import WordTable
from broadsheet.embed.static.words import split_words

MOST_TOKENS = 256
"""Of a paper; nine abstracts in ten are shorter."""
_MOST_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class TokenIds:
    """The tokens of n texts, one text after the other."""

    ids: NDArray[np.uint16]
    """Rows of the table, shape (all tokens,)."""
    starts: NDArray[np.int64]
    """Shape (n + 1,): text ``i`` is ``ids[starts[i]:starts[i + 1]]``."""
    titles: NDArray[np.int64]
    """Shape (n,): how many of a text's tokens, the first ones, are its title's."""

    def __len__(self) -> int:
        return len(self.titles)

    @classmethod
    def none(cls, texts: int) -> TokenIds:
        """No tokens of so many texts."""
        return cls(np.empty(0, np.uint16), np.zeros(texts + 1, np.int64), np.zeros(texts, np.int64))

    @classmethod
    def joined(cls, texts: Iterable[tuple[list[int], list[int]]]) -> TokenIds:
        """From (rows of the title, rows of the abstract) of each text."""
        rows: list[int] = []
        starts, titles = [0], []
        for title, abstract in texts:
            rows += title
            rows += abstract
            starts.append(len(rows))
            titles.append(len(title))
        return cls(
            np.array(rows, np.uint16), np.array(starts, np.int64), np.array(titles, np.int64)
        )


class Tokeniser:
    """Tokens by one table of at most 65,536 rows. Thread-safe."""

    def __init__(self, table: WordTable) -> None:
        """Raise ValueError if the table has more rows than a token id can hold."""
        if len(table) > _MOST_ROWS:
            raise ValueError(f"{len(table)} rows: token ids have 16 bits, {_MOST_ROWS} at most")
        self._table = table
        digest = hashlib.blake2b(b"\n".join(table.tokens), digest_size=4).hexdigest()
        self.name = f"tokens-{digest}"
        """Tokens of two names cannot be compared."""

    def rank(self, word: str) -> int | None:
        """Return the row of a whole word in lower case; None if the table has it not.

        In the shipped table words are in the order of their frequency.
        """
        return self._table.row_of.get(word.encode())

    def encode_papers(self, titles: Sequence[str], abstracts: Sequence[str]) -> TokenIds:
        """Titles and abstracts of n papers; each paper's tokens depend on it alone."""
        return TokenIds.joined(map(self._paper, titles, abstracts))

    def encode_text(self, text: str) -> NDArray[np.uint16]:
        """The tokens of one text, shape (n,), uncut."""
        return np.array(self._rows(split_words(text)), np.uint16)

    def _paper(self, title: str, abstract: str) -> tuple[list[int], list[int]]:
        first = self._rows(split_words(title)[:MOST_TOKENS])[:MOST_TOKENS]
        room = MOST_TOKENS - len(first)
        return first, self._rows(split_words(abstract)[:room])[:room]

    def _rows(self, words: list[bytes]) -> list[int]:
        row_of, find_pieces = self._table.row_of, self._table.find_piece_rows
        rows: list[int] = []
        for word in words:
            row = row_of.get(word)
            if row is None:
                rows += find_pieces(word)
            else:
                rows.append(row)
        return rows
