"""JSON lines of papers: Broadsheet's own form, and that of merged corpora.

One object a line: ``id`` ("arxiv:2401.00001", "pl:…"), ``title`` and, if known, ``abstract``,
``authors[]``, ``affiliations[]`` (one for each author, "" if unknown), ``date`` (YYYY-MM-DD or YYYY-MM), ``year``, ``venue`` (text or list), ``url``,
``doi``, ``categories[]``, ``keywords[]``, ``code_url``, ``project_url``, ``comment``, ``status``,
``abstract_truncated``, ``sources[]``, ``signals{}``, ``tldr``. ``tags[]`` are keywords too, and
``first_author`` stands in for missing ``authors``. Any other field is kept in ``extra``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import UNPUBLISHED, Author, Publication, Record, Version
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifier_of,
    identifiers_of,
    one_line,
    partial_date,
    text_of,
    texts_of,
    title_key,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_lines import (
    checked_json_object,
    first_keys,
    split_json_lines,
)
from broadsheet.ingest.formats.json_values import count_of
from broadsheet.text.links import repository_url

_MAPPED = frozenset(
    (
        "id",
        "title",
        "abstract",
        "authors",
        "date",
        "url",
        "doi",
        "categories",
        "keywords",
        "code_url",
        "project_url",
        "comment",
        "status",
        "abstract_truncated",
        "signals",
        "tags",
        "affiliations",
        "venue",
        "year",
        "identifiers",
        "publication",
        "updated",
        "versions",
    )
)
# How valid JSON writes white space and control characters in ASCII.
_ESCAPED = re.compile(rb"\\[bfnrtu]")
# Daily lists carry these beside the title rather than under "signals".
_SIGNALS = ("upvotes", "hf_date", "tldr")


class PapersJsonl:
    """See the module. Source "papers-jsonl", or "starter" for the starter library."""

    name = "papers-jsonl"

    def recognises(self, head: bytes, filename: str) -> bool:
        keys = first_keys(head)
        if not keys:
            return filename.endswith((".jsonl", ".ndjson")) and head.lstrip()[:1] not in (b"", b"[")
        return "title" in keys and "_id" not in keys

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_json_lines(stream)

    def parse(self, raw: bytes) -> Record:
        fields, strict = checked_json_object(raw)
        tidy = str.strip if strict and _is_tidy(raw) else one_line
        get = fields.get
        title = get("title")
        if not isinstance(title, str):
            raise RecordError("it has no title" if title is None else "its title is no text")
        title = checked_title(_without_markup(tidy(title)))
        extra = {name: value for name, value in fields.items() if name not in _MAPPED}
        name, url = _text(get("id"), tidy), _text(get("url"), tidy)
        return Record(
            source="starter" if get("sources") == ["starter"] else "papers-jsonl",
            key=name or title_key(title),
            title=title,
            abstract=_without_markup(_text(get("abstract"), tidy)),
            abstract_truncated=get("abstract_truncated") is True,
            authors=_with_affiliations(
                _authors(get("authors") or extra.pop("first_author", None), tidy),
                get("affiliations"),
            ),
            identifiers=_identifiers(
                name, _text(get("doi"), tidy), url, texts_of(get("identifiers") or [])
            ),
            published=_published(fields, extra),
            venue=_venue(get("venue"), extra),
            url=url,
            categories=_texts(get("categories"), tidy),
            keywords=_keywords(get("keywords"), get("tags"), tidy),
            code_url=_code_url(get("code_url"), extra),
            project_url=_text(get("project_url"), tidy),
            comment=_text(get("comment"), tidy),
            status=_text(get("status"), tidy),
            updated=partial_date(text_of(get("updated")), extra, "updated"),
            versions=_versions(get("versions")) if "versions" in fields else (),
            publication=_publication(get("publication"))
            if "publication" in fields
            else UNPUBLISHED,
            signals=_signals(fields, extra),
            extra=extra,
        )


def _is_tidy(raw: bytes) -> bool:
    """Whether a look at the whole line shows that ``one_line`` would only strip its texts."""
    return raw.isascii() and b"\x7f" not in raw and not (b"\\" in raw and _ESCAPED.search(raw))


def _identifiers(name: str, doi: str, url: str, others: tuple[str, ...]) -> tuple[Identifier, ...]:
    # "local:…" names a paper without identifiers in the library that exported it.
    first = None if name.startswith("local:") else identifier_of(name)
    # Most addresses only repeat the identifier; reading them again costs time.
    if url and first is not None and url.endswith(first.value):
        url = ""
    if not doi and not url and not others:
        return () if first is None else (first,)
    return identifiers_of(
        first, *map(identifier_of, others), identifier_of(doi, "doi"), _web_identifier(url)
    )


def _web_identifier(url: str) -> Identifier | None:
    identifier = identifier_of(url)
    # "https:…" that no catalogue claims is an address, not an identifier.
    return (
        None if identifier is None or identifier.scheme in ("http", "https", "ftp") else identifier
    )


def _text(value: Any, tidy: Callable[[str], str]) -> str:
    if value is None:
        return ""
    return tidy(value) if isinstance(value, str) else text_of(value)


def _without_markup(text: str) -> str:
    return plain_text(text) if "<" in text or "&" in text else text


def _texts(value: Any, tidy: Callable[[str], str]) -> tuple[str, ...]:
    if not value:
        return ()
    if isinstance(value, str):
        value = [value]
    try:
        return tuple(dict.fromkeys(filter(None, map(tidy, value))))
    except (TypeError, AttributeError):
        return texts_of(value)


def _keywords(keywords: Any, tags: Any, tidy: Callable[[str], str]) -> tuple[str, ...]:
    texts = _texts(keywords, tidy)
    return tuple(dict.fromkeys((*texts, *_texts(tags, tidy)))) if tags else texts


def _authors(value: Any, tidy: Callable[[str], str]) -> tuple[Author, ...]:
    if isinstance(value, str):
        value = value.split(";")
    try:
        return tuple([Author(name) for name in map(tidy, value or ()) if name])
    except (TypeError, AttributeError):  # objects instead of names
        names = value if isinstance(value, list) else [value]
        return authors_of(map(_author_name, names))


def _with_affiliations(authors: tuple[Author, ...], value: Any) -> tuple[Author, ...]:
    """Authors with the affiliations of a list that has an entry for each of them."""
    if not isinstance(value, list) or len(value) != len(authors):
        return authors
    return tuple(
        Author(author.name, text_of(affiliation))
        for author, affiliation in zip(authors, value, strict=True)
    )


def _author_name(value: Any) -> str:
    return text_of(value.get("name")) if isinstance(value, dict) else text_of(value)


def _published(fields: dict[str, Any], extra: dict[str, Any]) -> PartialDate | None:
    date = partial_date(text_of(fields.get("date")), extra, "date")
    year = fields.get("year")
    if year is not None and (date is None or year != date.year):
        by_year = partial_date(text_of(year), extra, "year")
        if date is None:
            return by_year
        extra["year"] = year
    return date


def _venue(value: Any, extra: dict[str, Any]) -> str:
    if not value:
        return ""
    if isinstance(value, list):
        # The first is the short name as a rule ("ACL 2021"), then the proceedings.
        extra["venue"] = value
    venues = texts_of(value)
    return venues[0] if venues else ""


def _versions(value: Any) -> tuple[Version, ...]:
    versions = []
    for each in value if isinstance(value, list) else ():
        number = count_of(each.get("version")) if isinstance(each, dict) else None
        if number:
            versions.append(Version(number, PartialDate.parse(text_of(each.get("date")))))
    return tuple(versions)


_PUBLICATION_FIELDS = tuple(field.name for field in fields(Publication) if field.name != "editors")


def _publication(value: Any) -> Publication:
    if not isinstance(value, dict):
        return UNPUBLISHED
    texts = {name: text_of(value.get(name)) for name in _PUBLICATION_FIELDS}
    editors = value.get("editors")
    names = editors if isinstance(editors, list) else [editors]
    return Publication(**texts, editors=authors_of(map(_author_name, names)))


def _code_url(value: Any, extra: dict[str, Any]) -> str:
    if not value:
        return ""
    text = text_of(value)
    url = repository_url(text)
    if url != text:
        extra["code_url"] = value
    return url or (text if text.startswith(("http://", "https://")) else "")


def _signals(fields: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    value = fields.get("signals")
    signals: dict[str, Any] = {}
    if isinstance(value, dict):
        signals = value
    elif value is not None:
        extra["signals"] = value
    for name in _SIGNALS:
        if name in extra:
            signals.setdefault(name, extra.pop(name))
    return signals
