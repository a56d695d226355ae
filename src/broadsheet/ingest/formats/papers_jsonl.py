"""JSON lines of papers: Broadsheet's own form, and that of merged corpora.

One object a line: ``id`` ("arxiv:2401.00001", "pl:…"), ``title`` and, where
known, ``abstract``, ``authors[]``, ``date`` (YYYY-MM-DD or YYYY-MM), ``year``,
``venue`` (text or list), ``url``, ``doi``, ``categories[]``, ``keywords[]``,
``code_url``, ``project_url``, ``comment``, ``status``, ``abstract_truncated``,
``sources[]``, ``signals{}``. Any other field is kept in ``extra``.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record
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
from broadsheet.ingest.formats.json_lines import first_keys, json_object, split_json_lines
from broadsheet.text.links import repository_url

_MAPPED = frozenset(
    "id title abstract authors date url doi categories keywords code_url project_url comment "
    "status abstract_truncated signals venue year".split()
)
# Daily lists carry these beside the title rather than under "signals".
_SIGNALS = ("upvotes", "hf_date")


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
        fields = json_object(raw)
        title = fields.get("title")
        if not isinstance(title, str):
            raise RecordError("it has no title" if title is None else "its title is no text")
        title = checked_title(one_line(title))
        get = fields.get
        extra = {name: value for name, value in fields.items() if name not in _MAPPED}
        name, url = text_of(get("id")), text_of(get("url"))
        code = get("code_url")
        return Record(
            source="starter" if get("sources") == ["starter"] else "papers-jsonl",
            key=name or title_key(title),
            title=title,
            abstract=text_of(get("abstract")),
            abstract_truncated=get("abstract_truncated") is True,
            authors=_authors(get("authors")),
            identifiers=_identifiers(name, text_of(get("doi")), url),
            published=_published(fields, extra),
            venue=_venue(get("venue"), extra),
            url=url,
            categories=texts_of(get("categories")),
            keywords=texts_of(get("keywords")),
            code_url=_code_url(code, extra) if code else "",
            project_url=text_of(get("project_url")),
            comment=text_of(get("comment")),
            status=text_of(get("status")),
            signals=_signals(fields, extra),
            extra=extra,
        )


def _identifiers(name: str, doi: str, url: str) -> tuple[Identifier, ...]:
    first = identifier_of(name)
    # Most addresses only repeat the identifier; reading them again costs time.
    if url and first is not None and url.endswith(first.value):
        url = ""
    if not doi and not url:
        return () if first is None else (first,)
    return identifiers_of(first, identifier_of(doi, "doi"), _web_identifier(url))


def _web_identifier(url: str) -> Identifier | None:
    found = identifier_of(url)
    # "https:…" that no catalogue claims is an address, not an identifier.
    return None if found is None or found.scheme in ("http", "https", "ftp") else found


def _authors(value: Any) -> tuple[Author, ...]:
    if not isinstance(value, list):
        return authors_of(part.strip() for part in text_of(value).split(";"))
    return tuple([Author(name) for part in value if (name := _author_name(part))])


def _author_name(value: Any) -> str:
    return text_of(value.get("name")) if isinstance(value, dict) else text_of(value)


def _published(fields: dict[str, Any], extra: dict[str, Any]) -> PartialDate | None:
    found = partial_date(text_of(fields.get("date")), extra, "date")
    year = fields.get("year")
    if year is not None and (found is None or year != found.year):
        by_year = partial_date(text_of(year), extra, "year")
        if found is None:
            return by_year
        extra["year"] = year
    return found


def _venue(value: Any, extra: dict[str, Any]) -> str:
    if isinstance(value, list):
        extra["venue"] = value
    venues = texts_of(value)
    return venues[0] if venues else ""


def _code_url(value: Any, extra: dict[str, Any]) -> str:
    text = text_of(value)
    found = repository_url(text)
    if found != text:
        extra["code_url"] = value
    return found or (text if text.startswith(("http://", "https://")) else "")


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
