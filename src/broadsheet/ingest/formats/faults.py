"""Run a format so that a fault in its code costs one record, never the import.

A format promises to raise nothing but RecordError. Real input breaks that promise sooner or later,
so all code that reads records calls these two functions.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from broadsheet.domain.errors import BroadsheetError, RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.format import Format, rejection
from broadsheet.text.analysis import compose

MOST_FAULTS = 100
"""Faults in a row, without a record between them, after which the rest of a file is given up."""

log = logging.getLogger(__name__)


def parse_record(file_format: Format, raw: bytes) -> Record:
    """Parse one record, its text in composed Unicode. Any exception becomes a RecordError that names it."""
    try:
        return _composed(file_format.parse(raw))
    except BroadsheetError:
        raise
    except Exception as error:
        log.debug("%s cannot parse %r", file_format.name, raw[:200], exc_info=True)
        raise RecordError(describe_fault(error, f"the reader of {file_format.name}")) from error


def _composed(record: Record) -> Record:
    """The record with title, abstract and names in Unicode's composed form."""
    text = record.title + record.abstract + "".join(author.name for author in record.authors)
    if compose(text) == text:
        return record
    authors = tuple(replace(author, name=compose(author.name)) for author in record.authors)
    return replace(
        record, title=compose(record.title), abstract=compose(record.abstract), authors=authors
    )


def split_stream(file_format: Format, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
    """Cut a stream into records; after an exception, continue with the rest of the stream.

    Bytes that the format had read ahead at that moment are lost; the rejection says so.
    """
    records = faults = 0
    while faults < MOST_FAULTS:
        try:
            for piece in file_format.split(stream):
                yield piece
                records += isinstance(piece, RawRecord)
                faults = 0
            return
        except BroadsheetError:
            raise
        except Exception as error:
            log.debug("%s cannot be cut after record %d", file_format.name, records, exc_info=True)
            faults += 1
            reason = describe_fault(error, f"the reader of {file_format.name}")
            position = f"after record {records}" if records else "before the first record"
            yield rejection(f"{reason}; records near this place may be missing", position)
    yield rejection("too many faults in a row; the rest is not read", f"after record {records}")


def describe_fault(error: Exception, place: str) -> str:
    """The reason given for a record that an unexpected exception rejected."""
    message = " ".join(str(error).split())[:200]
    kind = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"{place} failed on it ({kind}); please report this"
