"""BibTeX and BibLaTeX, one entry at a time.

A record's raw form is one entry, preceded by the ``@string`` definitions it uses and the
entries it inherits from. Formulas and accents stay LaTeX; braces that keep the case of
letters go, and so do HTML's tags, which reference managers write into titles. ``@comment``,
``@preamble`` and text between entries are passed over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Publication, Record
from broadsheet.ingest.formats.bibtex_entries import iter_entries
from broadsheet.ingest.formats.bibtex_fields import read_entry, unbraced, without_case_braces
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifiers_of,
    page_range,
    partial_date,
    title_key,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.journal_macros import journal_name
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.identifiers import (
    find_field_identifiers,
    find_identifiers,
    identifier_url,
    names_only_identifiers,
    parse_identifier,
)
from broadsheet.text.names import split_bibtex_authors

_START = re.compile(rb"(?m)^\s*@\s*[A-Za-z]{3,30}\s*[{(]")
_VENUES = (
    "journal", "journaltitle", "booktitle", "eventtitle", "maintitle", "series", "school",
    "institution", "organization", "publisher", "howpublished",
)  # fmt: skip
_MAPPED = frozenset(
    (
        "title", "subtitle", "titleaddon", "abstract", "author", "doi", "url", "eprint",
        "archiveprefix", "eprinttype", "primaryclass", "eprintclass", "keywords", "year", "month",
        "day", "date", "note", "pmid", "pmcid", "arxivid", "crossref", "xdata", "editor", "volume",
        "number", "issue", "pages", "eid", "publisher", "address", "location", "school",
        "institution", "organization", "series", "edition", "isbn", "issn", "type",
    )
)  # fmt: skip
_TYPES = {
    "article": "article", "suppperiodical": "article", "review": "article",
    "book": "book", "mvbook": "book", "booklet": "book", "collection": "book",
    "mvcollection": "book", "reference": "book", "mvreference": "book", "inbook": "chapter",
    "incollection": "chapter", "bookinbook": "chapter", "suppbook": "chapter",
    "inreference": "chapter", "suppcollection": "chapter", "commentary": "book",
    "inproceedings": "paper", "conference": "paper", "proceedings": "proceedings",
    "mvproceedings": "proceedings", "phdthesis": "thesis", "mastersthesis": "thesis",
    "thesis": "thesis", "techreport": "report", "report": "report", "online": "web page",
    "electronic": "web page", "www": "web page", "webpage": "web page", "software": "software",
    "dataset": "dataset", "patent": "patent", "presentation": "presentation",
}  # fmt: skip
_GENRES = {
    "phdthesis": "PhD thesis", "mastersthesis": "Master's thesis", "mathesis": "Master's thesis",
    "techreport": "Technical report", "candthesis": "Candidate thesis",
    "bathesis": "Bachelor's thesis", "resreport": "Research report",
}  # fmt: skip
_PREPRINT = re.compile(r"(?i)\s*(?:arxiv|corr\b|biorxiv|medrxiv|chemrxiv|ssrn)")
_EPRINT_SCHEMES = {"pubmed": "pmid", "pmc": "pmcid", "jstor": ""}
# Other fields in which people and programs write identifiers.
_LINKS = (
    "url",
    "link",
    "ee",
    "howpublished",
    "bdsk-url-1",
    "bdsk-url-2",
    "urldoi",
    "doi-url",
    "eprint",
)
_NOTES = ("note", "annote", "annotation", "addendum", "comment", "number", "pubstate")
_MENTIONING = ("journal", "journaltitle", "note", "howpublished", "volume", "eid", "pages")
# Mendeley and Zotero write tags of HTML in this way, and escape macros twice.
_LESS = re.compile(r"\{\\textless\s*\}|\\textless(?:\{\}|\s|(?![A-Za-z]))")
_GREATER = re.compile(r"\{\\textgreater\s*\}|\\textgreater(?:\{\}|\s|(?![A-Za-z]))")
_TAG_IN_MACROS = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_ESCAPED_MACRO = re.compile(r"\{?\\textbackslash(?:\{\}|\})?(?=(?:text[a-z]{2,4}|emph)\s*[{\\])")


class Bibtex:
    """See the module. Source "bibtex", key the first identifier, else citation key and title."""

    name = "bibtex"

    def recognises(self, head: bytes, filename: str) -> bool:
        start = head.lstrip()[:1]
        lines = head.replace(b"\r", b"\n")
        return start not in (b"{", b"[", b"<") and _START.search(lines) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return iter_entries(stream)

    def parse(self, raw: bytes) -> Record:
        entry = read_entry(raw.decode("utf-8", "replace"))
        written = entry.fields
        fields = {name: _readable(text) for name, text in written.items()}
        title = checked_title(_title(fields))
        identifiers = _identifiers(written)
        extra: dict[str, Any] = {"entry_type": entry.kind}
        if entry.key:
            extra["citation_key"] = entry.key
        published = _published(fields, extra)
        venue = next((name for name in _VENUES if _names_venue(name, fields)), "")
        extra |= {k: v for k, v in fields.items() if v and k not in _MAPPED and k != venue}
        venue_name = _venue(fields, venue)
        url = _address(written)
        return Record(
            source="bibtex",
            key=str(identifiers[0]) if identifiers else f"{entry.key} {title_key(title)}".strip(),
            title=title,
            abstract=fields.get("abstract", ""),
            authors=authors_of(split_bibtex_authors(written.get("author", ""))),
            identifiers=identifiers,
            published=published,
            venue=venue_name,
            url=url or ((identifier_url(identifiers[0]) or "") if identifiers else ""),
            categories=_categories(fields),
            keywords=tuple(
                dict.fromkeys(
                    word.strip()
                    for word in re.split("[,;]", fields.get("keywords", ""))
                    if word.strip()
                )
            ),
            comment=fields.get("note", ""),
            publication=_publication(entry.kind, fields, written, venue_name, identifiers),
            extra=extra,
        )


def _readable(text: str) -> str:
    """A field without the braces and tags that are no part of its text."""
    text = unbraced(text)
    if "\\text" in text:
        text = _ESCAPED_MACRO.sub(r"\\", text)
        tagged = _GREATER.sub(">", _LESS.sub("<", text))
        if _TAG_IN_MACROS.search(tagged):
            text = tagged
    return plain_text(without_case_braces(text))


def _title(fields: Mapping[str, str]) -> str:
    title, subtitle = fields.get("title", ""), fields.get("subtitle", "")
    if title and subtitle:
        return f"{title}{' ' if title[-1] in ':?!–—' else ': '}{subtitle}"
    return title or subtitle or fields.get("booktitle", "") or fields.get("maintitle", "")


def _names_venue(name: str, fields: Mapping[str, str]) -> bool:
    text = fields.get(name, "")
    return bool(text) and not (name == "howpublished" and ("://" in text or "\\url" in text))


def _venue(fields: Mapping[str, str], name: str) -> str:
    venue = journal_name(fields.get(name, ""))
    subtitle = fields.get("booksubtitle", "") if name == "booktitle" else ""
    return f"{venue}: {subtitle}" if subtitle else venue


def _address(written: Mapping[str, str]) -> str:
    text = written.get("url", "") or written.get("howpublished", "")
    text = re.sub(r"\\url\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"[{}]", "", re.sub(r"\\([_&%#~$])", r"\1", text)).strip(" <>")
    return text if text.startswith(("http://", "https://", "ftp://")) and " " not in text else ""


def _publication(
    kind: str,
    fields: Mapping[str, str],
    written: Mapping[str, str],
    venue: str,
    identifiers: tuple[Identifier, ...],
) -> Publication:
    def first(*names: str) -> str:
        return next((text for name in names if (text := fields.get(name, ""))), "")

    type_ = _TYPES.get(kind, "")
    archived = any(each.scheme == "arxiv" for each in identifiers) and not venue
    if kind in ("article", "misc", "unpublished") and (_PREPRINT.match(venue) or archived):
        type_ = "preprint"
    genre = _GENRES.get(kind, "")
    written_genre = fields.get("type", "")
    if not type_ and written_genre.lower() in ("preprint", "presentation"):
        type_, written_genre = written_genre.lower(), ""
    if type_ == "preprint" and written_genre.lower() == "preprint":
        written_genre = ""
    if written_genre:
        genre = _GENRES.get(written_genre.lower(), written_genre)
    return Publication(
        type=type_,
        series=first("series"),
        volume=first("volume"),
        number=first("number", "issue"),
        pages=page_range(first("pages", "eid")),
        publisher=first("publisher"),
        place=first("address", "location"),
        institution=first("school", "institution", "organization"),
        genre=genre,
        edition=first("edition"),
        isbn=first("isbn"),
        issn=first("issn"),
        editors=authors_of(split_bibtex_authors(written.get("editor", ""))),
    )


def _identifiers(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    archive = unbraced(fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv").lower()
    eprint = fields.get("eprint", "")
    named = find_field_identifiers(eprint, _EPRINT_SCHEMES.get(archive, archive))[:1]
    named += find_field_identifiers(fields.get("arxivid", ""), "arxiv")[:1]
    named += find_field_identifiers(fields.get("doi", ""), "doi")[:1]
    for scheme in ("pmid", "pmcid"):
        named += find_field_identifiers(fields.get(scheme, ""), scheme)[:1]
    for name in _LINKS:
        text = fields.get(name, "")
        if text and (name == "url" or "10." in text or "://" in text):
            named += find_field_identifiers(text)[:1]
    for name in _NOTES:
        if (text := fields.get(name, "")) and names_only_identifiers(text):
            named += find_field_identifiers(text)
    mentioned = [
        identifier
        for name in _MENTIONING
        if "arxiv" in fields.get(name, "").lower() or fields.get(name, "").startswith("abs/")
        for identifier in _mentioned(fields[name])
        if identifier.scheme == "arxiv"
    ]
    return _one_doi(identifiers_of(*named, *mentioned))


def _mentioned(text: str) -> list[Identifier]:
    if text.startswith("abs/"):  # DBLP's volume of CoRR
        identifier = parse_identifier(text.removeprefix("abs/"), "arxiv")
        return [identifier] if identifier else []
    return find_identifiers(text)


def _one_doi(identifiers: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Of several DOIs the first: an entry is one work, and the others are copies of it."""
    dois = [each for each in identifiers if each.scheme == "doi"]
    return tuple(each for each in identifiers if each.scheme != "doi" or each == dois[0])


def _published(fields: Mapping[str, str], extra: dict[str, Any]) -> PartialDate | None:
    if fields.get("date"):
        # BibLaTeX: a range counts from its start.
        date = partial_date(fields["date"].split("/")[0], extra, "date")
        if date is not None:
            return date
    written = fields.get("year", "")
    year = re.search(r"\d{4}", written)
    date = PartialDate.parse(year.group()) if year else None
    if written and str(date) != written:
        extra["year"] = written
    month = month_number(fields.get("month", ""))
    if not date or not month:
        return date
    day = fields.get("day", "")
    exact = PartialDate.parse(f"{date.year}-{month:02d}-{day:0>2}") if day.isdecimal() else None
    return exact or PartialDate(date.year, month)


def _categories(fields: Mapping[str, str]) -> tuple[str, ...]:
    named = fields.get("primaryclass") or fields.get("eprintclass") or ""
    return tuple(named.split())
