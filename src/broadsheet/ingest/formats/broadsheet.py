"""Papers of another Broadsheet: OAI-PMH answers with metadata in its own format.

The metadata is a line of ``papers-jsonl``, which is the raw form of a record. Deleted records are
left out: a paper is deleted because it became part of another one, which carries its identifiers.
"""

import dataclasses
from collections.abc import Iterator
from typing import BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.domain.signals import HERE, SIGNAL_TYPES
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.markup import (
    Frame,
    child_text,
    descendant,
    iter_frames,
    parse_element,
    root_name,
)
from broadsheet.ingest.formats.oai_pmh import GRAMMAR, refused
from broadsheet.ingest.formats.papers_jsonl import PapersJsonl

PREFIX = "broadsheet"
"""The metadata prefix."""
_NAMESPACE = b'"urn:broadsheet:paper:1"'
_LINES = PapersJsonl()
_OF_THAT_LIBRARY = frozenset(each.name for each in SIGNAL_TYPES.values() if each.giver == HERE)


class Broadsheet:
    """See the module. Source "broadsheet", key the paper's id in that library.

    Votes of that library's members are left out, since they are not this library's.
    """

    name = "broadsheet"

    def recognises(self, head: bytes, filename: str) -> bool:
        return root_name(head) == "OAI-PMH" and _NAMESPACE in head

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        for frame in iter_frames(stream, GRAMMAR):
            if isinstance(frame, Rejection):
                yield frame
            elif frame.name == "error":
                yield refused(frame)
            elif frame.kind != "root" and (record := _record(frame)) is not None:
                yield record

    def parse(self, raw: bytes) -> Record:
        record = _LINES.parse(raw)
        signals = {
            name: value for name, value in record.signals.items() if name not in _OF_THAT_LIBRARY
        }
        # The day of the issue is each library's own.
        extra = {name: value for name, value in record.extra.items() if name != "day"}
        return dataclasses.replace(record, source="broadsheet", signals=signals, extra=extra)


def _record(frame: Frame) -> RawRecord | Rejection | None:
    """Return the raw record within an OAI record; None for a deleted one."""
    try:
        element = parse_element(frame.raw)
    except RecordError as error:
        return rejection(str(error), frame.position, frame.raw)
    header, paper = descendant(element, "header"), descendant(element, "paper")
    if header is not None and header.get("status") == "deleted":
        return None
    if paper is None:
        return rejection("no metadata in the form of Broadsheet", frame.position, frame.raw)
    position = child_text(header, "identifier") if header is not None else frame.position
    return RawRecord("".join(paper.itertext()).encode(), position or frame.position)
