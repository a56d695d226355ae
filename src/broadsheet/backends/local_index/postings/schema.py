"""Fields of the word index, and its analysers built from ``search.analysis``.

``text`` is what is ranked: the title twice, the abstract, authors and keywords
in one field, so that a query is a plain union of terms, which Tantivy ranks
fastest, and a word weighs the same wherever it stands. Nothing is stored;
papers are read from the library.
"""

import tantivy

from broadsheet.index.documents import IndexDocument
from broadsheet.text.analysis import LONGEST_WORD, NAMES, RANKED, Analysis, fold
from broadsheet.text.names import fold_name

TITLE_REPEATS = 2
RANKED_AUTHORS = 20
"""Authors beyond these can be asked for, but do not lengthen what is ranked."""
PAPER, MARK = 1, 2
"""Values of ``kind``: a paper, or the one record of how far the index came."""

ACRONYM = "acronym"
"""The kind of completion that leads from an acronym to what it stands for."""

_ORDER_SHIFT = 32
_SHOWN = "\t"


def make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("text", "title", "abstract"):
        builder.add_text_field(name, tokenizer_name=RANKED.name)
    for name in ("authors", "venue"):
        builder.add_text_field(name, tokenizer_name=NAMES.name)
    builder.add_text_field("spelling", tokenizer_name=NAMES.name, index_option="basic")
    for name in ("category", "identifier"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("completion", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("category_value", "venue_value"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("key", "day", "code", "project", "kind"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("year", "order", "applied"):
        builder.add_unsigned_field(name, fast=True)
    return builder.build()


def make_analyser(analysis: Analysis) -> tantivy.TextAnalyzer:
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    if analysis.stemmed:
        builder = builder.filter(tantivy.Filter.stemmer("english"))
    return builder.build()


def register_analysers(index: tantivy.Index) -> None:
    for analysis in (RANKED, NAMES):
        index.register_tokenizer(analysis.name, make_analyser(analysis))


def order_of(day: int, key: int) -> int:
    """Sorts by publication day, then by key."""
    return (day << _ORDER_SHIFT) | (key & ((1 << _ORDER_SHIFT) - 1))


def make_record(document: IndexDocument) -> tantivy.Document:
    """What Tantivy is given for a paper."""
    record = tantivy.Document()
    for text in ranked_texts(document):
        record.add_text("text", fold(text))
    title, abstract = fold(document.title), fold(document.abstract)
    record.add_text("title", title)
    record.add_text("abstract", abstract)
    record.add_text("spelling", title)
    for author in document.authors:
        for form in name_forms(author):
            record.add_text("authors", form)
    for term in sorted(completions(document)):
        record.add_text("completion", term)
    for category in document.categories:
        record.add_text("category_value", category)
    for ancestor in sorted({part for name in document.categories for part in levels(name)}):
        record.add_text("category", ancestor)
    for source in document.sources:
        record.add_text("source", source.lower())
    if document.venue:
        record.add_text("venue", document.venue)
        record.add_text("venue_value", document.venue)
    for identifier in document.identifiers:
        record.add_text("identifier", identifier)
    record.add_unsigned("key", document.key)
    record.add_unsigned("kind", PAPER)
    record.add_unsigned("day", document.day)
    record.add_unsigned("order", order_of(document.day, document.key))
    record.add_unsigned("code", int(document.has_code))
    record.add_unsigned("project", int(document.has_project))
    if document.day:
        record.add_unsigned("year", document.day // 10000)
    return record


def completions(document: IndexDocument) -> set[str]:
    """Terms for names that can be completed: kind, what is typed, and what to show.

    A person is found by the given name and by the family name, a category and a
    venue by how they begin.
    """
    found = {completion_of("category", name, name) for name in document.categories}
    if document.venue:
        found.add(completion_of("venue", document.venue, document.venue))
    for author in document.authors[:RANKED_AUTHORS]:
        found.add(completion_of("author", author, author))
        *given, family = author.split() or [""]
        if given:
            found.add(completion_of("author", f"{family} {' '.join(given)}", author))
    for acronym, long_form in document.acronyms.items():
        found.add(completion_of(ACRONYM, acronym, long_form))
    return found


def completion_of(kind: str, typed: str, shown: str = "") -> str:
    """A term of the field ``completion``, or without ``shown`` how such terms begin."""
    begin = f"{kind} {fold_name(typed)}"
    return f"{begin}{_SHOWN}{shown}" if shown else begin


def long_forms_of(acronym: str) -> str:
    """How terms of the field ``completion`` begin that say what an acronym stands for."""
    return completion_of(ACRONYM, acronym) + _SHOWN


def shown_of(completion: str) -> str:
    """What a term of the field ``completion`` is to be shown as."""
    return completion.rpartition(_SHOWN)[2]


def ranked_texts(document: IndexDocument) -> list[str]:
    """What of a paper is ranked by words; a text that counts twice is there twice."""
    return [
        *[document.title] * TITLE_REPEATS,
        document.abstract,
        *document.keywords,
        *document.authors[:RANKED_AUTHORS],
    ]


def make_mark(applied: int) -> tantivy.Document:
    """The record of how far the index came; part of the commit it speaks of."""
    mark = tantivy.Document()
    mark.add_unsigned("kind", MARK)
    mark.add_unsigned("applied", applied)
    return mark


def levels(category: str) -> list[str]:
    """A category and all above it, lower case: cs.lg, cs."""
    name = category.lower()
    return [name, *(name[:at] for at, sign in enumerate(name) if sign == "." and at)]


def name_forms(author: str) -> list[str]:
    """A name as printed and, where it has a given name, with its initial."""
    given, _, rest = author.partition(" ")
    if rest and len(given.rstrip(".")) > 1:
        return [author, f"{given[0]} {rest}"]
    return [author]
