"""The protocol of every format, and the limits all of them keep."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record

RECORD_LIMIT = 4 * 1024 * 1024
"""Bytes; no record of a paper is longer, whatever is belongs to another file."""

REJECTED_LIMIT = 64 * 1024
"""Bytes of a piece of input kept with its rejection."""


class Format(Protocol):
    """Frames bytes into records and, separately, understands one record.

    Stateless: one instance serves all threads. Streams are UTF-8, decompressed
    and without byte order mark (see ``ingest.reading``).
    """

    name: str
    """As given to ``--format``."""

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether the first 64 KiB of a file look like this format."""
        ...

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        """Cut a stream into records, in constant memory.

        Never raises for the content of the stream: damage becomes a rejection, and the records
        before and after it are returned.
        """
        ...

    def parse(self, raw: bytes) -> Record:
        """Understand one record from its ``raw`` alone.

        Raises RecordError with a plain reason, and nothing else.
        """
        ...


def rejection(reason: str, position: str, raw: bytes = b"") -> Rejection:
    """A rejection that keeps no more of ``raw`` than is allowed."""
    return Rejection(reason, position, bytes(raw[:REJECTED_LIMIT]))
