"""arXiv's listings of new submissions, against which feed and harvest are compared.

The feed has served an old batch under the current date, which looks like a quiet day; the
listing of new submissions had the papers. So after its own answer a source asks the listing of
each of its categories, and fetches by the query API the papers that it did not see and the library lacks.
A listing that cannot be read is passed over: the papers that came are good without it.

Source  https://arxiv.org/list/cs.CL/new; its parts are headed "New submissions", "Cross
        submissions" and "Replacement submissions".
"""

import html
import io
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.sync import LEFT_OUT
from broadsheet.ingest.formats.arxiv_atom import ArxivAtom
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.net.port import Client
from broadsheet.sources.source import Cursor, Page, SyncRequest

LISTING = "https://arxiv.org/list"
QUERY = "https://export.arxiv.org/api/query"
MOST_CATEGORIES = 12
"""Listings asked for in one run: at arXiv's pace they take 3 s each."""
_AT_ONCE = 200

log = logging.getLogger(__name__)

_NAME = re.compile(rb"oai:arXiv\.org:([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})")
_HEADING = re.compile(r"<h3[^>]*>\s*([^<]*?)\s*</h3>", re.IGNORECASE)
_ENTRY = re.compile(
    r"""href\s*=\s*["'](?:https?://arxiv\.org)?/abs/"""
    r"([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})"
)


def parse_listing(text: str) -> list[str]:
    """Identifiers of new and cross-listed submissions, each once, in order; none of those
    that were replaced."""
    headings = [*_HEADING.finditer(text)]
    ends = [*(match.start() for match in headings[1:]), len(text)]
    names: dict[str, None] = {}
    for heading, end in zip(headings, ends, strict=True):
        title = html.unescape(heading[1]).lower()
        if title.startswith(("new submission", "cross")):
            part = text[heading.end() : end]
            names.update(dict.fromkeys(match[1] for match in _ENTRY.finditer(part)))
    return list(names)


def names_in(pieces: Iterable[RawRecord | Rejection]) -> set[str]:
    """Identifiers, without version, of entries of a feed or records of a harvest."""
    raws = (piece.raw for piece in pieces if isinstance(piece, RawRecord))
    return {match[1].decode() for raw in raws if (match := _NAME.search(raw))}


def fetch_left_out(
    client: Client,
    request: SyncRequest,
    endpoint: str,
    seen: Collection[str],
    cursor: Cursor,
) -> Iterator[Page]:
    """What the listings of the source's categories have and neither ``seen`` nor the library.

    ``seen`` holds identifiers without version. Nothing is asked if ``endpoint`` is not one of
    arXiv's own and the settings name no listing.
    """
    options = request.options
    if options.listing == LISTING and not (urlsplit(endpoint).hostname or "").endswith("arxiv.org"):
        return
    missing = [name for name in _fetch_names(client, options) if name not in seen]
    if not missing:
        return
    stored = {identifier.value for identifier in request.identifiers("arxiv")}
    missing = [name for name in missing if name not in stored]
    for start in range(0, len(missing), _AT_ONCE):
        names = missing[start : start + _AT_ONCE]
        parameters = {"id_list": ",".join(names), "max_results": str(len(names))}
        answer = client.get(options.query_endpoint, parameters)
        pieces = list(split_stream(ArxivAtom(), io.BytesIO(answer.body)))
        papers = "paper" if len(missing) == 1 else "papers"
        note = f"fetched {len(missing)} {papers} {LEFT_OUT}" if start == 0 else ""
        yield Page("arxiv-atom", answer.address, pieces, cursor, note=note)


def _fetch_names(client: Client, options: Any) -> list[str]:
    names: dict[str, None] = {}
    for category in options.categories[:MOST_CATEGORIES]:
        try:
            answer = client.get(f"{options.listing.rstrip('/')}/{category}/new", {"show": "2000"})
        except (SourceRefusedError, SourceUnavailableError) as error:
            log.info("the listing of %s cannot be compared: %s", category, error)
            continue
        names.update(dict.fromkeys(parse_listing(answer.body.decode("utf-8", "replace"))))
    return list(names)
