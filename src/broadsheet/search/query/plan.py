"""From the query as read to what the indexes are asked."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broadsheet.domain.query import (
    And,
    Field,
    Like,
    Not,
    Phrase,
    Query,
    Sequence,
    Word,
    iter_leaves,
)
from broadsheet.text.analysis import Token, without_stop_words

Tokens = Callable[[str], list[Token]]
PROSE = 8
"""Bare words from which on a query reads as a sentence or an abstract."""
PUNCTUATION = ".,;:!?'`*_…‘’"


@dataclass(frozen=True, slots=True)
class Plan:
    """What ranks papers, and what they must pass.

    ``terms`` are words as indexed with how often they were asked for; ``soft`` are
    those that rank without being required.
    """

    terms: dict[str, float]
    soft: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    where: Query | None
    likes: tuple[str, ...]
    text: str
    """The words as typed, for the embedder."""
    mended: Mapping[str, str] = field(default_factory=dict)
    """Mistyped words, and what each was taken for; see ``mending``."""
    authors: tuple[str, ...] = ()
    """People whose papers are put ahead."""


def plan_query(query: Query, tokens: Tokens) -> Plan:
    """Sort the parts of a query; ``tokens`` makes words as indexed of a text."""
    parts = query.children if isinstance(query, Sequence | And) else (query,)
    loose = not isinstance(query, And)
    ranked = _ranked_kinds(parts) if loose else ()
    soft_words = [word for part in parts if isinstance(part, ranked) for word in part.text.split()]
    required = [part for part in parts if not isinstance(part, (Like, *ranked))]
    likes = tuple(
        leaf.id for leaf, wanted in iter_leaves(query) if isinstance(leaf, Like) and wanted
    )
    ranking = _ranking_texts(query)
    words = _split(ranking)
    terms = _terms(words, tokens)
    return Plan(
        terms={term: float(count) for term, count in terms.items()},
        soft=tuple(terms if soft_words == words else _terms(soft_words, tokens)),
        phrases=tuple(_phrases(query, tokens)),
        where=_conjunction(required),
        likes=likes,
        text=" ".join(ranking),
    )


def split_filter(
    where: Query | None, supports: Callable[[Query], bool]
) -> tuple[Query | None, Query | None, Query | None]:
    """(columns, words, excluded) of which ``where`` is made: both first are
    required, and papers that match the third are not wanted."""
    columns: list[Query] = []
    words: list[Query] = []
    excluded: list[Query] = []
    for part in conjuncts(where):
        if supports(part):
            columns.append(part)
        elif isinstance(part, Not):
            excluded.append(part.child)
        else:
            words.append(part)
    either = excluded[0] if len(excluded) == 1 else None
    if len(excluded) > 1:
        either = Not(And(tuple(Not(part) for part in excluded)))
    return _conjunction(columns), _conjunction(words), either


def conjuncts(where: Query | None) -> tuple[Query, ...]:
    """The parts of a filter that must each pass."""
    if where is None:
        return ()
    return where.children if isinstance(where, Sequence | And) else (where,)


def _ranked_kinds(parts: tuple[Query, ...]) -> tuple[type[Word] | type[Phrase], ...]:
    """What ranks papers without being required: bare words, and in prose quoted
    ones too, where quotation marks seldom mean "exactly this"."""
    words = sum(isinstance(part, Word) for part in parts)
    return (Word, Phrase) if words >= PROSE else (Word,)


def _conjunction(parts: list[Query]) -> Query | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _ranking_texts(query: Query) -> list[str]:
    """Texts of the parts that say what a wanted paper is about."""
    texts: list[str] = []
    for leaf, wanted in iter_leaves(query):
        match leaf:
            case Word(text) | Phrase(text) | Field("title" | "abs", text) if wanted:
                texts.append(text)
    return texts


def _terms(words: list[str], tokens: Tokens) -> Counter[str]:
    """Words as indexed, in order of their first place, with how often they are asked for."""
    telling = without_stop_words(word.strip(PUNCTUATION) for word in words)
    return Counter([token.text for word in telling for token in tokens(word)])


def _split(texts: list[str]) -> list[str]:
    return [word for text in texts for word in text.split()]


def _phrases(query: Query, tokens: Tokens) -> list[tuple[str, ...]]:
    """Phrases to mark as a whole, as words as indexed."""
    found: list[tuple[str, ...]] = []
    for leaf, wanted in iter_leaves(query):
        match leaf:
            case Phrase(text) | Field("title" | "abs", text) if wanted:
                words = tuple(token.text for token in tokens(text))
                if len(words) > 1:
                    found.append(words)
    return found
