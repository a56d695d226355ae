"""Plan a parsed query: the terms that rank papers, and the filter that they must pass."""

from collections import Counter
from dataclasses import dataclass

from broadsheet.domain.query import (
    And,
    Field,
    Like,
    Phrase,
    Query,
    Sequence,
    Word,
    all_of,
    any_of,
    iter_leaves,
)
from broadsheet.domain.search import NamedPerson
from broadsheet.text import words
from broadsheet.text.analysis import without_stop_words

PROSE = 8
"""Bare words from which on a query reads as a sentence or an abstract."""
PUNCTUATION = ".,;:!?'`*_…‘’"


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The terms that rank papers, and the filter that they must pass."""

    terms: dict[str, float]
    """Words as indexed, with how often the query has them."""
    soft: tuple[str, ...]
    """Those of ``terms`` that rank without being required."""
    phrases: tuple[tuple[str, ...], ...]
    where: Query | None
    likes: tuple[str, ...]
    text: str
    """The words as typed, for the embedder."""
    people: tuple[NamedPerson, ...] = ()
    """Those that the words name; see ``people``."""

    @property
    def leading(self) -> Query | None:
        """The filter for the papers of the person whose name the whole query is."""
        return any_of(person.filter for person in self.people if person.leads)


def plan_query(query: Query) -> QueryPlan:
    """Sort the parts of a query."""
    parts = query.children if isinstance(query, Sequence | And) else (query,)
    loose = not isinstance(query, And)
    ranked = _ranked_kinds(parts) if loose else ()
    soft_words = [word for part in parts if isinstance(part, ranked) for word in part.text.split()]
    required = [part for part in parts if not isinstance(part, (Like, *ranked))]
    likes = tuple(
        leaf.id for leaf, positive in iter_leaves(query) if isinstance(leaf, Like) and positive
    )
    texts = _ranking_texts(query)
    typed = [word for text in texts for word in text.split()]
    terms = _count_terms(typed)
    return QueryPlan(
        terms={term: float(count) for term, count in terms.items()},
        soft=tuple(terms if soft_words == typed else _count_terms(soft_words)),
        phrases=tuple(_phrases(query)),
        where=all_of(required),
        likes=likes,
        text=" ".join(texts),
    )


def _ranked_kinds(parts: tuple[Query, ...]) -> tuple[type[Word] | type[Phrase], ...]:
    """Return which parts rank papers without being required: bare words, and in prose quoted
    ones too, since quotation marks in prose seldom mean "exactly this"."""
    bare = sum(isinstance(part, Word) for part in parts)
    return (Word, Phrase) if bare >= PROSE else (Word,)


def _ranking_texts(query: Query) -> list[str]:
    """Return the texts of the parts that describe the subject of the papers."""
    texts: list[str] = []
    for leaf, positive in iter_leaves(query):
        match leaf:
            case Word(text) | Phrase(text) | Field("title" | "abs", text) if positive:
                texts.append(text)
    return texts


def _count_terms(typed: list[str]) -> Counter[str]:
    """Return words as indexed, in order of their first place, with their counts."""
    telling = without_stop_words(word.strip(PUNCTUATION) for word in typed)
    return Counter([term for word in telling for term in words.terms(word)])


def _phrases(query: Query) -> list[tuple[str, ...]]:
    """Return phrases to mark as a whole, in words as indexed."""
    phrases: list[tuple[str, ...]] = []
    for leaf, positive in iter_leaves(query):
        match leaf:
            case Phrase(text) | Field("title" | "abs", text) if positive:
                terms = tuple(words.terms(text))
                if len(terms) > 1:
                    phrases.append(terms)
    return phrases
