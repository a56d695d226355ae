"""Map words to rows of a matrix; a word outside the vocabulary becomes word pieces.

Such a word is cut from the left into the longest known beginning and then the longest known
continuations (stored with ``##`` before them), as in WordPiece: ``hyperfluorination`` may give
``hyper ##fluor ##ination``. A word that cannot be cut this way has no rows.
"""

from __future__ import annotations

from collections.abc import Sequence

CONTINUATION = b"##"
_LONGEST_WORD = 48  # bytes; longer "words" are formulas, DNA strings or addresses
_CACHED_WORDS = 200_000


class WordTable:
    """The vocabulary of a token-vector model.

    Threads: safe; its cache of unknown words is filled by single assignments.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.tokens = tuple(tokens)
        self.row_of = {token: row for row, token in enumerate(self.tokens)}
        self._has_pieces = any(token.startswith(CONTINUATION) for token in self.tokens[-1:])
        self._longest = max(map(len, self.tokens), default=0)
        self._cut: dict[bytes, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    def find_piece_rows(self, word: bytes) -> tuple[int, ...]:
        """Return the rows of the pieces of a word outside the vocabulary, maybe none."""
        rows = self._cut.get(word)
        if rows is None:
            rows = self._cut_into_rows(word)
            if len(self._cut) < _CACHED_WORDS:
                self._cut[word] = rows
        return rows

    def _cut_into_rows(self, word: bytes) -> tuple[int, ...]:
        """Return the rows of the longest pieces from the left; none if a part is unknown."""
        if not self._has_pieces or len(word) > _LONGEST_WORD:
            return ()
        rows: list[int] = []
        start = 0
        prefix = b""
        while start < len(word):
            for end in range(min(len(word), start + self._longest), start, -1):
                row = self.row_of.get(prefix + word[start:end])
                if row is not None:
                    rows.append(row)
                    start = end
                    break
            else:
                return ()
            prefix = CONTINUATION
        return tuple(rows)
