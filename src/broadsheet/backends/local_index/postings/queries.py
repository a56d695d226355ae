"""From the query tree and its terms to Tantivy's queries."""

from collections.abc import Iterable, Sequence

import tantivy
from tantivy import FieldType, Occur
from tantivy import Query as WordQuery

from broadsheet.backends.local_index.postings.schema import PAPER
from broadsheet.domain.query import (
    After,
    And,
    Before,
    Field,
    Has,
    Like,
    Not,
    Or,
    Phrase,
    Query,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.text.analysis import NAMES, RANKED, prepare
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.person_names import name_phrases, name_readings
from broadsheet.text.words import make_analyser

_TEXT_FIELDS = {
    "title": "title",
    "abs": "abstract",
    "author": "authors",
    "venue": "venue",
    "comment": "comment",
    "report": "report",
}
_NAMES = frozenset({"authors", "venue", "comment", "report"})
"""Fields whose words are indexed as they are spelled."""

_WITHOUT_COUNTS = ("category", "source", "identifier", "person", "spelling")


class QueryCompiler:
    """Builds queries over one schema. Thread-safe."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema
        self._analysers = {analysis: make_analyser(analysis) for analysis in (RANKED, NAMES)}

    def everything(self) -> WordQuery:
        """All papers (and not the mark of how far the index came)."""
        return self._term("kind", PAPER)

    def any_of(self, terms: Iterable[tuple[str, float]]) -> WordQuery:
        """Papers with any of the terms, by weighted BM25; a pure union ranks fastest."""
        return WordQuery.boolean_query(
            [(Occur.Should, self._weighted(term, weight)) for term, weight in terms]
        )

    def all_of(self, terms: Iterable[str]) -> WordQuery:
        return _all([self._term("text", term) for term in terms])

    def both(self, first: WordQuery, second: WordQuery) -> WordQuery:
        return _all([first, second])

    def one_of_keys(self, keys: Iterable[int]) -> WordQuery:
        """These papers, score 0. A union of terms is much faster than a term set here."""
        return unranked(
            WordQuery.boolean_query([(Occur.Should, self._term("key", int(key))) for key in keys])
        )

    def filtered(self, ranked: WordQuery, where: Query | None) -> WordQuery:
        """``ranked``, of which only papers that pass ``where`` remain."""
        if where is None:
            return ranked
        return WordQuery.boolean_query(
            [(Occur.Must, ranked), (Occur.Must, unranked(self.required(where)))]
        )

    def required(self, query: Query) -> WordQuery:
        """Papers that match every part of ``query``."""
        match query:
            case Word(text) | Phrase(text):
                return self._words("text", text)
            case Field(name, text):
                return self._field(name, text)
            case After(date):
                return self._days("day", _first_day(date), None)
            case Before(date):
                return self._days("day", 1, _first_day(date) - 1)
            case UpdatedAfter(date):
                return self._days("updated", _first_day(date), None)
            case UpdatedBefore(date):
                return self._days("updated", 1, _first_day(date) - 1)
            case Has(what):
                return self._term(what, 1)
            case Like():
                return self.everything()
            case Not(child):
                return WordQuery.boolean_query(
                    [(Occur.Must, self.everything()), (Occur.MustNot, self.required(child))]
                )
            case Or(children):
                return WordQuery.boolean_query(
                    [(Occur.Should, self.required(child)) for child in children]
                )
            case And(children) | SideBySide(children):
                return (
                    _all([self.required(child) for child in children])
                    if children
                    else self.everything()
                )

    def title_prefix(self, words: list[str]) -> WordQuery:
        """Papers with these words in the title, of the last at least the beginning."""
        return WordQuery.phrase_prefix_query(self._schema, "title", list(words))

    def _field(self, name: str, text: str) -> WordQuery:
        match name:
            case "cat":
                return self._term("category", text.lower())
            case "source":
                return self._term("source", text.lower())
            case "id":
                identifier = parse_identifier(text)
                return self._term("identifier", str(identifier or text).lower())
            case "author":
                return self._author(text)
            case _:
                return self._words(_TEXT_FIELDS[name], text)

    def _author(self, name: str) -> WordQuery:
        """Papers by this person, in any reading of the name; everything if it has no letters."""
        readings = [self._term("person", reading) for reading in name_readings(name)]
        phrases = [self._words("authors", phrase) for phrase in name_phrases(name)]
        if not readings and not phrases:
            return self.everything()
        return WordQuery.boolean_query([(Occur.Should, each) for each in [*readings, *phrases]])

    def _words(self, field: str, text: str) -> WordQuery:
        """The words of ``text`` next to each other; everything where it has none."""
        analysis = NAMES if field in _NAMES else RANKED
        words = self._analysers[analysis].analyze(prepare(text))
        if not words:
            return self.everything()
        if len(words) == 1:
            return self._term(field, words[0])
        return WordQuery.phrase_query(self._schema, field, list(words))

    def _days(self, field: str, first: int, last: int | None) -> WordQuery:
        return WordQuery.range_query(self._schema, field, FieldType.Unsigned, first, last)

    def _term(self, field: str, value: str | int) -> WordQuery:
        option = "basic" if field in _WITHOUT_COUNTS else "freq"
        return WordQuery.term_query(self._schema, field, value, index_option=option)

    def _weighted(self, term: str, weight: float) -> WordQuery:
        query = self._term("text", term)
        return query if weight == 1.0 else WordQuery.boost_query(query, weight)


def _first_day(date: object) -> int:
    day = date.first_day()  # type: ignore[attr-defined]
    return int(day.year * 10000 + day.month * 100 + day.day)


def _all(queries: Sequence[WordQuery]) -> WordQuery:
    return WordQuery.boolean_query([(Occur.Must, query) for query in queries])


def unranked(query: WordQuery) -> WordQuery:
    return WordQuery.const_score_query(query, 0.0)
