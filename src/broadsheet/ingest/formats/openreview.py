"""OpenReview notes (API 2): submissions with their decisions.

A note has ``id``, ``forum``, times in milliseconds (``pdate`` published, ``odate`` made public,
``cdate`` created, ``mdate`` changed) and ``content``, whose fields are {"value": …}: ``title``,
``abstract``, ``authors``, ``keywords``, ``TLDR``, ``venue`` ("ICLR 2025 Poster"), ``venueid``
("ICLR.cc/2025/Conference", below it "/Withdrawn_Submission" and the like), ``pdf``, ``code`` …
Public reviews are under ``details.directReplies`` if they were requested.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifiers_of,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.json_values import child, children, day_of_milliseconds, present
from broadsheet.text.identifiers import identifier_url, parse_identifier
from broadsheet.text.links import clean_url, repository_url

RECORDS = ("notes",)
SITE = "https://openreview.net"
_NOTE = re.compile(rb'"(?:venueid|invitations)"\s*:')
_DECISION = re.compile(
    r"\s*[-–(]?\s*\b(oral|spotlight|poster|notable[- ]top[- ]\d+%|talk|journal|"
    r"accept(?:ed)?(?: \([^)]*\))?)\)?\s*$",
    re.IGNORECASE,
)
_SUBMITTED = re.compile(
    r"^(?:submitted to|under review (?:for|at)|decision pending for|rejected by)\s+", re.IGNORECASE
)
_OUTCOME_WORDS = re.compile(
    r"(?:^|\s+)(?:conference\s+)?(?:(?:desk[- ]?)?rejected|withdrawn)\s+(?:submissions?|by authors)\s*$",
    re.IGNORECASE,
)
_ACCEPTED = re.compile(r"^accepted (?:by|to|at|for)\s+", re.IGNORECASE)
# How the last part of the venue's id begins → status. "{}" is the venue: a paper
# withdrawn from one venue is not withdrawn from the world.
_STATUSES = (
    ("Withdrawn", "withdrawn from {}"),
    ("Desk_Rejected", "desk-rejected at {}"),
    ("Rejected", "rejected at {}"),
    ("Retracted", "retracted from {}"),
    ("Submission", "under review at {}"),
    ("Submitted", "under review at {}"),
    ("Under_Review", "under review at {}"),
    ("Decision_Pending", "under review at {}"),
)
_CODE_FIELDS = ("code", "code_link", "code_url", "source_code", "github", "github_url")
_PROJECT_FIELDS = ("project_page", "project", "website", "homepage", "demo")
_DESCRIBING = ("title", "abstract", "authors", "authorids", "keywords", "TLDR", "TL;DR", "venueid")
_MAPPED = frozenset(("paperhash", *_DESCRIBING, *_CODE_FIELDS, *_PROJECT_FIELDS))
_FIRST_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LONGEST_FIELD = 2000
"""Characters; longer fields are not descriptions of the work."""


class OpenReview:
    """See the module. Source "openreview", key the note's id."""

    name = "openreview"

    def recognises(self, head: bytes, filename: str) -> bool:
        return (
            head.lstrip()[:1] in (b"{", b"[")
            and b'"content"' in head
            and b'"forum"' in head
            and _NOTE.search(head) is not None
        )

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_answers(stream, RECORDS)

    def parse(self, raw: bytes) -> Record:
        note = json_object(raw)
        name = parse_identifier(text_of(note.get("id")), "openreview")
        if name is None or name.scheme != "openreview":
            raise RecordError(f"{text_of(note.get('id'))!r} is not the id of a note")
        content = {key: _value(value) for key, value in child(note, "content").items()}
        status, venue = _outcome(text_of(content.get("venueid")), text_of(content.get("venue")))
        dates = (day_of_milliseconds(note.get(key)) for key in ("pdate", "odate", "cdate"))
        return Record(
            source="openreview",
            key=name.value,
            title=checked_title(plain_text(text_of(content.get("title")))),
            abstract=plain_text(text_of(content.get("abstract"))),
            authors=authors_of(map(_name, _listed(content.get("authors")))),
            identifiers=identifiers_of(name, *_other_names(content)),
            published=next(filter(None, dates), None),
            updated=day_of_milliseconds(note.get("mdate")),
            venue=venue,
            url=identifier_url(name) or "",
            keywords=_keywords(content.get("keywords")),
            code_url=_code_url(content),
            project_url=_address(content, _PROJECT_FIELDS),
            status=status,
            signals=_signals(note, content),
            extra=_extra(name.value, content),
        )


def _value(field: Any) -> Any:
    """API 2 wraps values, API 1 does not."""
    return field.get("value") if isinstance(field, dict) and "value" in field else field


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(author: Any) -> str:
    return text_of(author.get("fullname") if isinstance(author, dict) else author)


def _other_names(content: Mapping[str, Any]) -> Iterator[Any]:
    for field in ("arxiv", "arxiv_id", "arxiv_link", "preprint", "preprint_url", "doi"):
        identifier = parse_identifier(
            text_of(content.get(field)), "doi" if field == "doi" else "arxiv"
        )
        if identifier is not None and identifier.scheme in ("arxiv", "doi"):
            yield identifier


def _keywords(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(r"[;,]", value)
    return texts_of(value) if value else ()


def _outcome(venue_id: str, venue: str) -> tuple[str, str]:
    """(status, venue); a venue that has not taken a paper is not the paper's venue."""
    name, _, last = venue_id.rpartition("/")
    if form := next((form for start, form in _STATUSES if name and last.startswith(start)), ""):
        where = _OUTCOME_WORDS.sub("", _SUBMITTED.sub("", venue))
        # "Withdrawn by Authors": a journal's own name is in its id.
        return form.format(where or name.split("/")[0]), ""
    if _SUBMITTED.match(venue):
        # Some venues leave rejected submissions under their own id.
        return f"submitted to {_SUBMITTED.sub('', venue)}", ""
    if _ACCEPTED.match(venue):
        return "Accepted", _ACCEPTED.sub("", venue)
    if match := _DECISION.search(venue):
        return match.group(1).capitalize(), venue[: match.start()].strip()
    return "", venue


def _code_url(content: Mapping[str, Any]) -> str:
    for field in _CODE_FIELDS:
        text = text_of(content.get(field))
        if url := repository_url(text):
            return url
    return _address(content, _CODE_FIELDS)


def _address(content: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    """The first of these fields that is a web address."""
    for field in fields:
        text = text_of(content.get(field))
        if text.startswith(("http://", "https://")) and " " not in text:
            return clean_url(text)
    return ""


def _signals(note: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    ratings = sorted(_ratings(note))
    summary = text_of(content.get("TLDR")) or text_of(content.get("TL;DR"))
    signals: dict[str, Any] = present({"openreview_tldr": summary})
    if ratings:
        signals["rating_avg"] = round(sum(ratings) / len(ratings), 2)
        signals["ratings"] = ratings
    return signals


def _ratings(note: Mapping[str, Any]) -> Iterator[float]:
    """One of each public review: a number, or text that starts with one ("8: accept")."""
    for reply in children(child(note, "details"), "directReplies"):
        if not any(each.endswith("Review") for each in texts_of(reply.get("invitations"))):
            continue
        content = child(reply, "content")
        for field in ("rating", "recommendation", "overall_recommendation", "overall_assessment"):
            match = _FIRST_NUMBER.match(text_of(_value(content.get(field))))
            if match:
                yield float(match.group())
                break


def _extra(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other fields of the venue: area, track, licence … Files become addresses."""
    extra: dict[str, Any] = {}
    for field, value in content.items():
        texts = texts_of(value)
        if field in _MAPPED or field.startswith("_") or not texts:
            continue
        text = texts[0] if len(texts) == 1 else list(texts)
        if isinstance(text, str) and text.startswith(("/pdf/", "/attachment/")):
            extra[field] = f"{SITE}/attachment?id={name}&name={field}"
        elif sum(map(len, texts)) <= _LONGEST_FIELD:
            extra[field] = text
    return extra
