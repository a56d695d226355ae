"""Answers to ListRecords of OAI-PMH, as far as they steer a harvest.

Source  https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.format import Format
from broadsheet.ingest.formats.markup import root_name
from broadsheet.net.port import Answer

_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken([^>]*?)(?:/>|>([^<]*)<)")
_SIZE = re.compile(rb"""completeListSize\s*=\s*["'](\d+)""")
_ERROR = re.compile(rb"""<(?:\w+:)?error\s[^>]*?code\s*=\s*["'](\w+)["'][^>]*?(?:/>|>([^<]*)<)""")
_RECORD = re.compile(rb"<(?:\w+:)?record[\s>]")
_DATESTAMP = re.compile(rb"<(?:\w+:)?datestamp>\s*(\d{4}-\d\d-\d\d)")
_RESPONSE = re.compile(rb"<(?:\w+:)?responseDate>\s*(\d{4}-\d\d-\d\d[T\d:Z]*)")
_END = re.compile(rb"</(?:\w+:)?OAI-PMH\s*>\s*\Z")


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer to ListRecords, as far as it steers the harvest."""

    records: Sequence[RawRecord | Rejection]
    token: str = ""
    total: int | None = None
    error: str = ""
    """The protocol's code, "" for none."""
    said: str = ""
    answered_at: str = ""
    """The repository's time, as it writes it: YYYY-MM-DDThh:mm:ssZ."""
    stamps: Sequence[str] = field(default_factory=tuple)
    """Days of the datestamps, in order."""


def parse_listing(answer: Answer, record_format: Format) -> Listing | None:
    """Parse an answer; None if it ends early. Raises SourceRefusedError for anything but OAI-PMH."""
    body = answer.body
    if root_name(body[:65_536]) != "OAI-PMH":
        start = " ".join(body[:200].decode("utf-8", "replace").split())
        raise SourceRefusedError(f"{answer.address}: this is no OAI-PMH answer: {start!r}")
    if not _END.search(body[-200:]):
        return None
    dated = _RESPONSE.search(body)
    answered_at = dated.group(1).decode() if dated else ""
    error = None if _RECORD.search(body) else _ERROR.search(body)
    if error:
        message = " ".join((error.group(2) or b"").decode("utf-8", "replace").split())
        return Listing((), error=error.group(1).decode(), said=message, answered_at=answered_at)
    token, total = "", None
    for match in _TOKEN.finditer(body):
        token = html.unescape((match.group(2) or b"").decode("utf-8", "replace")).strip()
        size = _SIZE.search(match.group(1))
        total = int(size.group(1)) if size else None
    return Listing(
        list(split_stream(record_format, io.BytesIO(body))),
        token,
        total,
        answered_at=answered_at,
        stamps=[stamp.decode() for stamp in _DATESTAMP.findall(body)],
    )
