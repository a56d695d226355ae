"""arXiv's metadata snapshot: JSON lines, one paper each, many fields null.

Fields: ``id``, ``submitter``, ``authors`` (text), ``authors_parsed``
[[family, given, suffix, affiliation…]], ``title``, ``abstract``, ``comments``,
``journal-ref``, ``doi``, ``report-no``, ``categories`` (space-separated),
``license``, ``versions`` [{version, created}], ``update_date``.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record, Version
from broadsheet.ingest.formats.arxiv import version_number
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    date_in_words,
    identifier_of,
    identifiers_of,
    partial_date,
    text_of,
)
from broadsheet.ingest.formats.json_lines import first_keys, json_object, split_json_lines
from broadsheet.text.identifiers import identifier_url, parse_identifier
from broadsheet.text.names import split_author_list

_MAPPED = frozenset(
    (
        "id",
        "title",
        "abstract",
        "authors",
        "authors_parsed",
        "comments",
        "categories",
        "journal-ref",
        "doi",
        "versions",
    )
)


class ArxivSnapshot:
    """See the module. Source "arxiv", key the identifier without version."""

    name = "arxiv-snapshot"

    def recognises(self, head: bytes, filename: str) -> bool:
        keys = first_keys(head)
        return "id" in keys and (
            "authors_parsed" in keys
            # Our own lines have a list of categories.
            or (
                not keys.keys().isdisjoint(("title", "versions"))
                and isinstance(keys.get("categories"), str)
            )
        )

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_json_lines(stream)

    def parse(self, raw: bytes) -> Record:
        fields = json_object(raw)
        name = text_of(fields.get("id"))
        identifier = parse_identifier(name, "arxiv")
        if identifier is None or identifier.scheme != "arxiv":
            raise RecordError(f"{name!r} is not an arXiv identifier")
        extra = {
            key: value
            for key, value in fields.items()
            if key not in _MAPPED and value not in (None, "")
        }
        versions = _versions(fields.get("versions"))
        updated = versions[-1].date if versions else None
        return Record(
            source="arxiv",
            key=identifier.value,
            title=checked_title(text_of(fields.get("title"))),
            abstract=text_of(fields.get("abstract")),
            authors=_authors(fields),
            identifiers=identifiers_of(
                identifier, identifier_of(text_of(fields.get("doi")), "doi")
            ),
            published=versions[0].date if versions and versions[0].number == 1 else None,
            updated=updated or partial_date(text_of(fields.get("update_date")), {}, "update_date"),
            venue=text_of(fields.get("journal-ref")),
            url=identifier_url(identifier) or "",
            categories=tuple(text_of(fields.get("categories")).split()),
            comment=text_of(fields.get("comments")),
            versions=versions,
            extra=extra,
        )


def _versions(value: Any) -> tuple[Version, ...]:
    if not isinstance(value, list):
        return ()
    versions = {}
    for part in value:
        number = version_number(text_of(part.get("version"))) if isinstance(part, dict) else None
        if number is not None:
            versions[number] = Version(number, date_in_words(text_of(part.get("created"))))
    return tuple(versions[number] for number in sorted(versions))


def _authors(fields: dict[str, Any]) -> tuple[Author, ...]:
    parsed = fields.get("authors_parsed")
    if isinstance(parsed, list) and parsed:
        return tuple(author for part in parsed if (author := _author(part)) is not None)
    return authors_of(split_author_list(text_of(fields.get("authors"))))


def _author(parts: Any) -> Author | None:
    if not isinstance(parts, list):
        return None
    family, given_name, suffix, *affiliations = [text_of(part) for part in parts] + [""] * 3
    # The snapshot parts "C.-P." into "C. -P.".
    name = " ".join(filter(None, (given_name.replace(". -", ".-"), family, suffix)))
    return Author(name, "; ".join(filter(None, affiliations))) if name else None
