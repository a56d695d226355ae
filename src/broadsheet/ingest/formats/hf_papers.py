"""Answers of the Hugging Face papers API: a list of papers, or one paper.

An entry of a daily list or a search is ``{"paper": {...}, "title", "publishedAt",
"numComments", "submittedBy" …}``; a field may be at either level and null at the
other. ``/api/papers/ID`` gives the inner object alone. The list does not say of which
day it is: the source puts ``listedOn`` in front of each entry.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifier_of,
    identifiers_of,
    partial_date,
    single_spaced,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.text.links import repository_url

LISTED_ON = "listedOn"
_NEW_DAY = dt.timedelta(hours=2)
"""After midnight UTC: the next day's list begins at 21:30 in New York, 1:30 or 2:30 UTC."""
_COUNTS = {"upvotes": "upvotes", "githubStars": "github_stars", "numComments": "num_comments"}


class HfPapers:
    """See the module. Source "hf-papers", key the paper's id.

    An entry outside a day's list is an account of its own, "search", so that a later search does
    not replace the content of a list.
    """

    name = "hf-papers"

    def recognises(self, head: bytes, filename: str) -> bool:
        start = head.lstrip()[:1]
        if start not in (b"{", b"["):
            return False
        entry = b'"paper"' in head and b'"publishedAt"' in head
        return entry or (b'"publishedAt"' in head and b'"summary"' in head and b'"upvotes"' in head)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_answers(stream, ("papers",), what="paper")

    def parse(self, raw: bytes) -> Record:
        entry = _Entry(json_object(raw))
        name = entry.text("id")
        if not name:
            raise RecordError("it names no paper")
        listed = entry.listed_on()
        extra = entry.extra()
        return Record(
            source="hf-papers",
            key=name,
            account="" if listed else "search",
            title=checked_title(entry.text("title")),
            abstract=single_spaced(entry.text("summary")),
            authors=entry.authors(),
            identifiers=identifiers_of(identifier_of(name, "arxiv")),
            published=partial_date(entry.published(), extra, "published"),
            url=f"https://huggingface.co/papers/{name}",
            keywords=texts_of(entry.get("ai_keywords") or []),
            code_url=repository_url(entry.text("githubRepo")) or "",
            project_url=_web_address(entry.text("projectPage")),
            signals=entry.signals(listed),
            extra=extra,
        )


class _Entry:
    """One paper of an answer; fields are looked for at both levels."""

    def __init__(self, outer: Mapping[str, Any]) -> None:
        inner = outer.get("paper")
        self._outer = outer
        self._inner: Mapping[str, Any] = inner if isinstance(inner, dict) else {}

    def get(self, name: str) -> Any:
        value = self._inner.get(name)
        return self._outer.get(name) if value is None else value

    def text(self, name: str) -> str:
        return text_of(self.get(name))

    def published(self) -> str:
        """The paper's own date; the entry's of the same name is when it was listed."""
        return text_of(self._inner.get("publishedAt")) or (
            "" if self._inner else text_of(self._outer.get("publishedAt"))
        )

    def listed_on(self) -> str:
        """The day as YYYY-MM-DD, "" for a paper that was on no day's list."""
        if day := text_of(self._outer.get(LISTED_ON)):
            return day
        try:
            at = dt.datetime.fromisoformat(self.text("submittedOnDailyAt"))
            return (at.astimezone(dt.UTC) - _NEW_DAY).date().isoformat()
        except (ValueError, OverflowError):
            return ""

    def authors(self) -> tuple[Author, ...]:
        people = self.get("authors")
        if not isinstance(people, list):
            return ()
        names = [
            text_of(each.get("name")) if isinstance(each, dict) else text_of(each)
            for each in people
            if not (isinstance(each, dict) and each.get("hidden") is True)
        ]
        return tuple(Author(name) for name in names if name)

    def signals(self, listed: str) -> dict[str, Any]:
        signals: dict[str, Any] = {"hf_date": listed} if listed else {}
        for theirs, ours in _COUNTS.items():
            count = self.get(theirs)
            if isinstance(count, int) and not isinstance(count, bool):
                signals[ours] = count
        if summary := self.text("ai_summary"):
            signals["hf_tldr"] = summary
        return signals

    def extra(self) -> dict[str, Any]:
        extra = {
            "organization": _named(self.get("organization"), "fullname", "name"),
            "submitted_by": _named(
                self.get("submittedBy") or self.get("submittedOnDailyBy"), "fullname", "user"
            ),
            "submitted_at": self.text("submittedOnDailyAt"),
            "discussion": self.text("discussionId"),
            "media": texts_of(self.get("mediaUrls") or []),
        }
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in extra.items()
            if value
        }


def _named(value: Any, *names: str) -> str:
    if not isinstance(value, dict):
        return ""
    return next((text for name in names if (text := text_of(value.get(name)))), "")


def _web_address(text: str) -> str:
    return text if text.startswith(("http://", "https://")) else ""
