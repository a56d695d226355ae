"""Fields of the word index, and its analysers built from ``text.analysis``.

``text`` is ranked: the title twice, the abstract, authors and keywords
in one field, so that a query is a plain union of terms, which Tantivy ranks
fastest, and a word weighs the same wherever it stands. Nothing is stored;
papers are read from the library.
"""

import tantivy

from broadsheet.index.documents import (
    IndexDocument,
    category_levels,
    completions,
    ranked_texts,
)
from broadsheet.text.analysis import NAMES, RANKED, prepare
from broadsheet.text.person_names import name_forms, spell_name
from broadsheet.text.words import make_analyser

PAPER, MARK = 1, 2
"""Values of ``kind``: a paper, or the one record of how far the index came."""

_ORDER_SHIFT = 32
_SHOWN = "\t"


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("text", "title", "abstract"):
        builder.add_text_field(name, tokenizer_name=RANKED.name)
    for name in ("authors", "venue", "comment", "report"):
        builder.add_text_field(name, tokenizer_name=NAMES.name)
    builder.add_text_field("spelling", tokenizer_name=NAMES.name, index_option="basic")
    for name in ("category", "identifier", "person"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("completion", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("category_value", "venue_value", "author_value"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("key", "day", "updated", "code", "project", "kind"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("year", "order", "updated_order", "applied"):
        builder.add_unsigned_field(name, fast=True)
    return builder.build()


def register_analysers(index: tantivy.Index) -> None:
    for analysis in (RANKED, NAMES):
        index.register_tokenizer(analysis.name, make_analyser(analysis))


def order_of(day: int, key: int) -> int:
    """Sorts by a day, then by key."""
    return (day << _ORDER_SHIFT) | (key & ((1 << _ORDER_SHIFT) - 1))


def make_record(document: IndexDocument) -> tantivy.Document:
    """Return the record of a paper for Tantivy."""
    record = tantivy.Document()
    for text in ranked_texts(document):
        record.add_text("text", prepare(text))
    title, abstract = prepare(document.title), prepare(document.abstract)
    record.add_text("title", title)
    record.add_text("abstract", abstract)
    record.add_text("spelling", title)
    for author in document.authors:
        for words in spell_name(author):
            record.add_text("authors", prepare(" ".join(words)))
        for form in name_forms(author):
            record.add_text("person", form)
    for author in dict.fromkeys(document.authors):  # some lists come twice over
        record.add_text("author_value", author)
    for entry in sorted(completions(document)):
        record.add_text("completion", completion_of(*entry))
    for category in document.categories:
        record.add_text("category_value", category)
    for ancestor in sorted(
        {part for name in document.categories for part in category_levels(name)}
    ):
        record.add_text("category", ancestor)
    for source in document.sources:
        record.add_text("source", source.lower())
    if document.venue:
        record.add_text("venue", prepare(document.venue))
        record.add_text("venue_value", document.venue)
    if document.comment:
        record.add_text("comment", prepare(document.comment))
    if document.report:
        record.add_text("report", prepare(document.report))
    for identifier in document.identifiers:
        record.add_text("identifier", identifier)
    record.add_unsigned("key", document.key)
    record.add_unsigned("kind", PAPER)
    record.add_unsigned("day", document.day)
    record.add_unsigned("order", order_of(document.day, document.key))
    record.add_unsigned("updated", document.updated)
    record.add_unsigned("updated_order", order_of(document.updated, document.key))
    record.add_unsigned("code", int(document.has_code))
    record.add_unsigned("project", int(document.has_project))
    if document.day:
        record.add_unsigned("year", document.day // 10000)
    return record


def completion_of(kind: str, text: str, label: str = "") -> str:
    """Return a term of the field ``completion``, or without ``shown`` how such terms begin."""
    return f"{kind} {text}{_SHOWN}{label}" if label else f"{kind} {text}"


def long_forms_of(acronym: str) -> str:
    """Return how the terms of the field ``completion`` for an acronym begin."""
    return completion_of("acronym", acronym) + _SHOWN


def shown_of(completion: str) -> str:
    """Return the shown text of a term of the field ``completion``."""
    return completion.rpartition(_SHOWN)[2]


def make_mark(applied: int) -> tantivy.Document:
    """The record of how far the index came; part of the commit it speaks of."""
    mark = tantivy.Document()
    mark.add_unsigned("kind", MARK)
    mark.add_unsigned("applied", applied)
    return mark
