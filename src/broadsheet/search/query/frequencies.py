"""In how many papers words occur: fetched from the index in batches and remembered."""

from collections.abc import Collection, Iterable

from broadsheet.index.port import IndexSnapshot
from broadsheet.text import words


class Frequencies:
    """The frequencies of words for one request. Call ``fetch`` for many words before ``of``."""

    def __init__(self, snapshot: IndexSnapshot) -> None:
        self._snapshot = snapshot
        self._of_term: dict[str, int] = {}
        self._of_author: dict[str, int] = {}

    def fetch(self, terms: Iterable[str], names: Collection[str] = ()) -> None:
        """Look up the frequencies of terms, and of words as parts of names, in one call."""
        new = {term for term in terms if term not in self._of_term}
        new_names = {name for name in names if name not in self._of_author}
        if new or new_names:
            statistics = self._snapshot.statistics(new, new_names)
            self._of_term |= statistics.frequencies
            self._of_author |= statistics.author_frequencies

    def fetch_words(self, typed: Iterable[str]) -> None:
        """Look up the frequencies of words as typed, in one call."""
        self.fetch(term for word in typed for term in words.terms(word))

    def of(self, term: str) -> int:
        """Return how many papers have a term."""
        self.fetch([term])
        return self._of_term[term]

    def of_word(self, word: str) -> int:
        """Return how many papers have a word in any of its forms."""
        terms = words.terms(word)
        self.fetch(terms)
        return min((self._of_term[term] for term in terms), default=0)

    def in_names(self, word: str) -> bool:
        """Return whether a word is in any author's name; accents may be spelled otherwise there."""
        self.fetch((), [word])
        return self._of_author[word] > 0 or not word.isascii()

    def author_share(self, word: str) -> float:
        """Return the share of the papers with a word that have it in an author's name."""
        papers = self.of_word(word)
        self.fetch((), [word])
        return self._of_author[word] / papers if papers else 0.0
