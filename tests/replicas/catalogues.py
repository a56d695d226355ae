"""Replicas of five catalogues, from answers in the form in which they give them.

Each keeps its records in memory and pages, filters and refuses as the service does.
The records of ``samples`` come first; ``more`` adds plain ones.
"""

import base64
import datetime as dt
import json
import math
import zlib
from pathlib import Path
from typing import Any

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply

SAMPLES = Path(__file__).parents[1] / "unit" / "ingest" / "formats" / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def refusal(status: int, content: Any) -> Reply:
    return json_reply(content, status=status)


def too_often(seconds: int) -> Reply:
    return json_reply({"message": "slow down"}, status=429, headers={"Retry-After": str(seconds)})


def token(number: int) -> str:
    return base64.urlsafe_b64encode(f"[{number}]".encode()).decode()


def from_token(text: str) -> int | None:
    try:
        return int(base64.urlsafe_b64decode(text).decode().strip("[]"))
    except ValueError:
        return None


class OpenAlexReplica:
    """``/works``: pages by number up to ``most``, by cursor with the right key only."""

    def __init__(self, works: list[dict[str, Any]], key: str = "", most: int = 10_000) -> None:
        self.works = works
        self.key = key
        self.most = most

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path != "/works":
            return NOT_FOUND
        params = request.params
        key = params.get("api_key", "") or request.headers.get("authorization", "")[7:]
        size = int(params.get("per_page") or params.get("per-page") or 25)
        if key and key != self.key:
            return refusal(401, {"error": "Invalid API key", "message": f"no such key {key}"})
        if size > 100:
            return refusal(403, {"error": "Invalid query parameters error.", "message": "per_page"})
        works = self._matching(params.get("filter", ""))
        if params.get("sort") == "publication_date:asc":
            works.sort(key=lambda work: (work.get("publication_date") or "", work["id"]))
        meta: dict[str, Any] = {"count": len(works), "db_response_time_ms": 5, "per_page": size}
        if "cursor" in params:
            if not key:
                return refusal(401, {"error": "Cursor paging needs an API key"})
            start = 0 if params["cursor"] == "*" else from_token(params["cursor"])
            if start is None:
                return refusal(400, {"error": "Invalid cursor"})
            end = start + size
            meta |= {"page": None, "next_cursor": token(end) if works[start:] else None}
        else:
            page = int(params.get("page", "1"))
            if page * size > self.most:
                return refusal(400, {"error": "Pagination error.", "message": "use cursor"})
            start, end = (page - 1) * size, page * size
            meta["page"] = page
        return json_reply({"meta": meta, "results": works[start:end], "group_by": []})

    def _matching(self, filters: str) -> list[dict[str, Any]]:
        conditions = dict(each.split(":", 1) for each in filters.split(",") if each)
        first = conditions.get("from_publication_date", "")
        last = conditions.get("to_publication_date", "9999")
        return [
            work for work in self.works if first <= (work.get("publication_date") or last) <= last
        ]


def openalex_work(number: int, day: str, **fields: Any) -> dict[str, Any]:
    name = f"https://openalex.org/W{4_500_000_000 + number}"
    return {
        "id": name,
        "doi": f"https://doi.org/10.5555/work.{number}",
        "title": f"Work number {number} of many about texts",
        "publication_date": day,
        "ids": {"openalex": name},
        "authorships": [{"raw_author_name": f"Writer Number{number}", "author": {}}],
        "cited_by_count": number,
        "abstract_inverted_index": {"Abstract": [0], "number": [1], str(number): [2]},
    } | fields


class SemanticScholarReplica:
    """``/graph/v1/paper/batch``: answers in the order asked, null for the unknown."""

    MOST = 500

    def __init__(self, papers: list[Any], key: str = "") -> None:
        self.key = key
        self.papers: dict[str, Any] = {}
        for paper in papers:
            if isinstance(paper, dict):
                for scheme, value in (paper.get("externalIds") or {}).items():
                    self.papers[f"{scheme}:{value}".casefold()] = paper

    def __call__(self, request: ReceivedRequest) -> Reply:
        if (request.method, request.path) != ("POST", "/graph/v1/paper/batch"):
            return NOT_FOUND
        if request.headers.get("x-api-key", "") not in ("", self.key):
            return refusal(403, {"message": "Forbidden"})
        ids = request.json.get("ids")
        if not ids or len(ids) > self.MOST:
            return refusal(400, {"error": f"ids must hold 1 to {self.MOST}"})
        papers = [self.papers.get(each.casefold()) for each in ids]
        if not any(papers):
            return refusal(400, {"error": "No valid paper ids given"})
        fields = {"paperId", *request.params.get("fields", "title").split(",")}
        return json_reply(
            [paper and {k: v for k, v in paper.items() if k in fields} for paper in papers]
        )


def semantic_paper(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "paperId": f"{number:040x}",
        "corpusId": 300_000_000 + number,
        "externalIds": {"ArXiv": f"2401.{number:05d}", "CorpusId": 300_000_000 + number},
        "title": f"Paper number {number} of many",
        "authors": [{"authorId": "1", "name": "A. Roe"}],
        "year": 2024,
        "citationCount": number,
        "influentialCitationCount": 0,
    } | fields


class CrossrefReplica:
    """``/works``: cursors that are forgotten by ``forget``; a cursor on the last page too."""

    def __init__(self, works: list[dict[str, Any]]) -> None:
        self.works = works
        self.generation = 0

    def forget(self) -> None:
        """As after five minutes."""
        self.generation += 1

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path.rstrip("/") != "/works":
            return NOT_FOUND
        params = request.params
        rows = int(params.get("rows", "20"))
        first = dict(each.split(":", 1) for each in params.get("filter", "").split(",") if each)
        start = 0
        if params.get("cursor", "*") != "*":
            generation, _, number = params["cursor"].partition("-")
            if generation != f"gen{self.generation}":
                return refusal(400, {"status": "failed", "message": [{"message": "old cursor"}]})
            start = int(number)
        since = first.get("from-update-date", "")
        matches = [work for work in self.works if work.get("_deposited", "9999") >= since]
        end = start + rows
        fields = set(params["select"].split(",")) if "select" in params else None
        return json_reply(
            {
                "status": "ok",
                "message-type": "work-list",
                "message-version": "1.0.0",
                "message": {
                    "facets": {},
                    "total-results": len(matches),
                    "items": [
                        {k: v for k, v in work.items() if fields is None or k in fields}
                        for work in matches[start:end]
                    ],
                    "items-per-page": rows,
                    "query": {"start-index": 0, "search-terms": None},
                    "next-cursor": f"gen{self.generation}-{end}",
                },
            }
        )


def crossref_work(number: int, deposited: str = "9999", **fields: Any) -> dict[str, Any]:
    return {
        "_deposited": deposited,
        "DOI": f"10.5555/work.{number}",
        "type": "journal-article",
        "title": [f"Work number {number} of many about texts"],
        "author": [{"given": "Writer", "family": f"Number{number}", "affiliation": []}],
        "issued": {"date-parts": [[2026, 1, 1]]},
        "is-referenced-by-count": number,
    } | fields


class DblpReplica:
    """``/search/publ/api``: hits of a stream and year from ``f`` on, no list if there are none."""

    def __init__(self, hits: list[dict[str, Any]], most: int = 1000) -> None:
        self.hits = hits
        self.most = most

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path != "/search/publ/api":
            return NOT_FOUND
        params = request.params
        words = params["q"].split()
        year = next((word[5:].strip(":") for word in words if word.startswith("year:")), "")
        stream = next((word[15:].strip(":") for word in words if word.startswith("stream:")), "")
        found = [
            hit
            for hit in self.hits
            if year in ("", hit["info"].get("year"))
            and str(hit["info"].get("key", stream)).startswith(stream)
        ]
        first, size = int(params.get("f", "0")), min(int(params.get("h", "30")), self.most)
        sent = found[first : first + size]
        hits: dict[str, Any] = {
            "@total": str(len(found)),
            "@computed": str(len(found)),
            "@sent": str(len(sent)),
            "@first": str(first),
        }
        if sent:
            hits["hit"] = sent
        status = {"@code": "200", "text": "OK"}
        return json_reply({"result": {"query": params["q"], "status": status, "hits": hits}})


def dblp_hit(key: str, year: int, title: str, **fields: Any) -> dict[str, Any]:
    info = {"key": key, "year": str(year), "title": f"{title}.", "type": "Journal Articles"}
    return {"@score": "1", "@id": str(zlib.crc32(key.encode())), "info": info | fields}


class OpenReviewReplica:
    """``/notes`` by content.venueid, sorted by tmdate or id, paged by offset or ``after``."""

    def __init__(self, notes: list[dict[str, Any]]) -> None:
        self.notes = notes

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path != "/notes":
            return NOT_FOUND
        params = request.params
        venue = params.get("content.venueid", "")
        notes = [
            note
            for note in self.notes
            if note.get("content", {}).get("venueid", {}).get("value") == venue
        ]
        if params.get("sort", "").startswith("tmdate"):
            notes.sort(key=lambda note: note.get("tmdate", 0), reverse=True)
        else:
            notes.sort(key=lambda note: note.get("id", ""))
        offset, limit = int(params.get("offset", "0")), int(params.get("limit", "1000"))
        if after := params.get("after"):
            offset = [note["id"] for note in notes].index(after) + 1
        page = [
            {k: v for k, v in note.items() if k != "details" or "details" in params}
            for note in notes[offset : offset + min(limit, 1000)]
        ]
        return json_reply({"notes": page, "count": len(notes)})


def openreview_note(
    number: int, venue: str, changed: int, called: str = "LongTexts 2026 Poster", **content: Any
) -> dict[str, Any]:
    """``changed`` in days since 2026-01-01."""
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=changed)
    when = math.floor(day.timestamp() * 1000)
    fields = {
        "title": f"Submission number {number} of many",
        "abstract": f"Abstract of submission {number}.",
        "authors": [f"Author Number{number}"],
        "venueid": venue,
        "venue": called,
    } | content
    return {
        "id": f"note{number:06d}",
        "forum": f"note{number:06d}",
        "invitations": ["LongTexts.cc/2026/Conference/-/Submission"],
        "cdate": when,
        "tcdate": when,
        "mdate": when,
        "tmdate": when,
        "content": {name: {"value": value} for name, value in fields.items()},
    }
