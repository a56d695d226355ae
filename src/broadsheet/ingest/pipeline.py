"""From opened inputs to stored papers: read, parse, decide and store, in batches.

A batch is one transaction of the writer; it may span files. If an import is interrupted (Ctrl-C, a
crash, a full disk), earlier batches are stored completely. Importing the same files again
continues from there, since stored records count as duplicates.
"""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from broadsheet.domain.errors import BroadsheetError, RecordError
from broadsheet.domain.ingest import Arrival, ImportSummary, RawRecord, RejectedRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.domain.ports import PaperWriter
from broadsheet.ingest.formats.faults import describe_fault, parse_record
from broadsheet.ingest.formats.registry import get_format
from broadsheet.ingest.reading import Input

log = logging.getLogger(__name__)

BATCH = 1000
"""Records a transaction: large enough to share its cost, small enough to be seen soon."""

_PAPERS_AT_ONCE = 500
"""Papers read again in one transaction."""

MOST_NOTES = 20
"""Messages an import ends with at most; the rejected list has all."""

_RAW_LIMIT = 64 * 1024

OnProgress = Callable[[int, float | None], None]
"""Records read so far; share of the bytes, 0 … 1, or None if their sum is unknown."""


def parse_kept(format_name: str, raw: bytes) -> Record:
    """Parse a stored record with the present code; ``decide.Decider`` uses this."""
    return parse_record(get_format(format_name), raw)


def import_inputs(
    inputs: Iterable[Input],
    writer: PaperWriter,
    on_progress: OnProgress = lambda records, share: None,
    total_bytes: int | None = None,
    batch: int = BATCH,
) -> ImportSummary:
    """Store all records of ``inputs``; unusable ones go to the rejected list.

    ``total_bytes`` (see ``reading.total_size``) is the whole for progress.
    """
    return _Import(writer, on_progress, total_bytes, batch).run(inputs)


class _Import:
    """The state of one import: the records that wait to be stored, and the counts so far."""

    def __init__(
        self, writer: PaperWriter, on_progress: OnProgress, total_bytes: int | None, batch: int
    ) -> None:
        self._writer = writer
        self._on_progress = on_progress
        self._total_bytes = total_bytes
        self._batch = batch
        self._arrivals: list[Arrival] = []
        self._rejections: list[tuple[str, str, Rejection]] = []
        self._summary = ImportSummary()
        self._notes: list[str] = []
        self._bytes_before = 0

    def run(self, inputs: Iterable[Input]) -> ImportSummary:
        started = time.monotonic()
        for opened in inputs:
            self._read(opened)
            self._bytes_before += opened.bytes_read
        self._flush(0)
        if len(self._notes) > MOST_NOTES:
            more = len(self._notes) - MOST_NOTES
            self._notes[MOST_NOTES:] = [f"and {more:,} more messages like these"]
        seconds = time.monotonic() - started
        return dataclasses.replace(self._summary, seconds=seconds, notes=tuple(self._notes))

    def _read(self, opened: Input) -> None:
        origin = printable(opened.origin)
        if opened.empty:
            self._notes.append(f"{origin}: the file is empty")
        name = opened.format.name if opened.format else ""
        for piece in opened.pieces():
            if isinstance(piece, RawRecord) and opened.format is not None:
                try:
                    record = parse_record(opened.format, piece.raw)
                    self._arrivals.append(Arrival(record, piece, name, origin))
                except RecordError as error:
                    self._reject(origin, name, _rejection(str(error), piece))
            elif isinstance(piece, Rejection):
                self._reject(origin, name, piece)
            if len(self._arrivals) + len(self._rejections) >= self._batch:
                self._flush(opened.bytes_read)
        self._notes += [f"{origin}: {note}" for note in opened.notes]

    def _reject(self, origin: str, format_name: str, rejection: Rejection) -> None:
        self._rejections.append((origin, format_name, rejection))
        self._notes.append(f"{origin}, {rejection.position}: {rejection.reason}")

    def _flush(self, bytes_read: int) -> None:
        if self._arrivals or self._rejections:
            stored = store_batch(self._writer, self._arrivals, self._rejections)
            self._summary = add_counts(self._summary, stored)
            self._notes += stored.notes
            self._arrivals, self._rejections = [], []
        share = None
        if self._total_bytes:
            share = min(1.0, (self._bytes_before + bytes_read) / self._total_bytes)
        self._on_progress(self._summary.read, share)


def store_batch(
    writer: PaperWriter,
    arrivals: Sequence[Arrival],
    rejections: Sequence[tuple[str, str, Rejection]],
) -> ImportSummary:
    """Store a batch; a record that the store fails on is rejected, the others are stored.

    The offender is found by halving: a batch is one transaction, so one that failed left
    nothing. ``notes`` name the records rejected here. Expected errors (BroadsheetError:
    a full disk, a locked library) pass through, since they concern no single record.
    """
    try:
        return writer.store(arrivals, rejections)
    except BroadsheetError:
        raise
    except Exception as error:
        if not arrivals:
            raise
        if len(arrivals) == 1:
            (arrival,) = arrivals
            reason = describe_fault(error, "storing")
            log.warning("%s, %s: %s", arrival.origin, arrival.raw.position, reason, exc_info=True)
            rejected = (arrival.origin, arrival.format, _rejection(reason, arrival.raw))
            summary = writer.store([], [*rejections, rejected])
            note = f"{arrival.origin}, {arrival.raw.position}: {reason}"
            return dataclasses.replace(summary, notes=(*summary.notes, note))
    half = len(arrivals) // 2
    first = store_batch(writer, arrivals[:half], rejections)
    second = store_batch(writer, arrivals[half:], [])
    return dataclasses.replace(add_counts(first, second), notes=(*first.notes, *second.notes))


def retry_rejected(writer: PaperWriter) -> ImportSummary:
    """Parse every rejected record again; those that succeed are stored and leave the list.

    The counts are of these records only; ``rejected`` is the number that stays on the list.
    """
    started = time.monotonic()
    summary = ImportSummary()
    waiting = writer.iter_rejected()
    while block := list(islice(waiting, BATCH)):
        ready = list(_parsed(block))
        summary = add_counts(summary, _store_retried(writer, ready))
        failed = len(block) - len(ready)
        summary = add_counts(summary, ImportSummary(read=failed, rejected=failed))
    return dataclasses.replace(summary, seconds=time.monotonic() - started)


def reread_records(
    writer: PaperWriter, on_progress: Callable[[int], None] = lambda records: None
) -> ImportSummary:
    """Parse all stored records again and update papers with the result.

    Continues from an interrupted call. ``on_progress(records read)``.
    """
    started = time.monotonic()
    summary = ImportSummary()
    while (block := writer.reread(_PAPERS_AT_ONCE)) is not None:
        summary = add_counts(summary, block)
        on_progress(summary.read)
    notes: tuple[str, ...] = ()
    if summary.rejected:
        notes = (
            f"{summary.rejected:,} kept records cannot be read by this program; they stay, "
            "and what readers saw of them stays too",
        )
    return dataclasses.replace(summary, seconds=time.monotonic() - started, notes=notes)


def _parsed(block: Sequence[RejectedRecord]) -> Iterator[tuple[int, Arrival]]:
    for rejected in block:
        # Nothing was kept of it, or not all: it has to come from its file again.
        if not rejected.raw or len(rejected.raw) >= _RAW_LIMIT:
            continue
        try:
            record = parse_kept(rejected.format, rejected.raw)
        except BroadsheetError:
            continue
        raw = RawRecord(rejected.raw, rejected.position)
        yield rejected.number, Arrival(record, raw, rejected.format, rejected.origin)


def _store_retried(writer: PaperWriter, ready: Sequence[tuple[int, Arrival]]) -> ImportSummary:
    if not ready:
        return ImportSummary()
    stored = _try_to_store(writer, [arrival for _, arrival in ready])
    if not stored.rejected:
        writer.remove_rejected([number for number, _ in ready])
        return stored
    if len(ready) == 1:
        return stored
    # Some parsed, yet could not be used. One by one tells which; those that were
    # stored just now come back as duplicates, so the counts are taken from above.
    for each in ready:
        _store_retried(writer, [each])
    return stored


def _try_to_store(writer: PaperWriter, arrivals: Sequence[Arrival]) -> ImportSummary:
    """Store; a fault counts all of them as rejected, since they stay on the list."""
    try:
        return writer.store(arrivals, [])
    except BroadsheetError:
        raise
    except Exception:
        log.warning("storing failed on a rejected record", exc_info=True)
        return ImportSummary(read=len(arrivals), rejected=len(arrivals))


def add_counts(a: ImportSummary, b: ImportSummary) -> ImportSummary:
    """The sum of two imports; times and notes are the first's."""
    return dataclasses.replace(
        a,
        read=a.read + b.read,
        new=a.new + b.new,
        updated=a.updated + b.updated,
        duplicates=a.duplicates + b.duplicates,
        rejected=a.rejected + b.rejected,
    )


def _rejection(reason: str, piece: RawRecord) -> Rejection:
    return Rejection(reason, piece.position, piece.raw[:_RAW_LIMIT])


def printable(origin: str) -> str:
    """A file name whose bytes are no Unicode, in a form that can be stored and shown."""
    return origin.encode("utf-8", "backslashreplace").decode("utf-8")
