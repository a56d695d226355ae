"""The sources of a paper's fields, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.domain.provenance import EARLIER, NOTICE, UNREADABLE, KeptRecord, Provenance
from broadsheet.web.links import site_name, web_address
from broadsheet.web.phrases import partial_date

_FIELDS = {
    "title": "title",
    "abstract": "abstract",
    "authors": "authors",
    "identifiers": "identifiers",
    "published": "date of publication",
    "updated": "date of the update",
    "versions": "versions",
    "venue": "venue",
    "categories": "categories",
    "keywords": "keywords",
    "status": "status",
    "comment": "comment",
    "code_url": "code",
    "project_url": "project page",
    "url": "address",
    "signals": "votes and citations",
    "extra": "more fields",
}
"""In the order of the page."""

_PARTS = {
    EARLIER: "an earlier state",
    NOTICE: "a notice",
    UNREADABLE: "cannot be read by this program any more",
}


@dataclass(frozen=True, slots=True)
class Origins:
    """``sources`` with the fields taken from each; ``records`` as (source, key, description)."""

    sources: tuple[tuple[str, str], ...]
    records: tuple[tuple[str, str, str], ...]


def tell_origins(provenance: Provenance) -> Origins:
    """Provenance in plain words. Of a file only its name: folders are nobody's business."""
    by_source: dict[str, list[str]] = {}
    for name, words in _FIELDS.items():
        for source in provenance.fields.get(name, ()):
            by_source.setdefault(source, []).append(words)
    return Origins(
        tuple((source, ", ".join(fields)) for source, fields in by_source.items()),
        tuple((each.source, each.key, _describe(each)) for each in provenance.records),
    )


def _describe(record: KeptRecord) -> str:
    parts: Sequence[str] = (
        _PARTS.get(record.part, ""),
        f"from {_place(record.origin)}",
        f"last changed there {partial_date(record.said_on)}" if record.said_on else "",
        f"came {record.kept_at.day} {record.kept_at:%B %Y}" if record.kept_at else "",
    )
    return "; ".join(filter(None, parts))


def _place(origin: str) -> str:
    address = web_address(origin)
    return site_name(address) if address else origin.replace("\\", "/").rpartition("/")[2]
