"""Kept and rejected records as rows and rows as records."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import zstandard

from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.rows import UNREADABLE, DamagedRowError, time_of_number
from broadsheet.backends.sql.tables import origins, records, rejected
from broadsheet.domain.ingest import RejectedRecord, StoredRecord

STORED_RECORDS = (
    sa.select(
        records.c.paper,
        records.c.source,
        records.c.source_key,
        origins.c.format,
        records.c.content,
        origins.c.origin,
        records.c.position,
        records.c.raw,
        records.c.title_key,
        records.c.kept_at,
    )
    .join_from(records, origins)
    .order_by(records.c.number)
)
"""Records in the order in which they first came."""

REJECTED = (
    rejected.c.number,
    rejected.c.origin,
    rejected.c.position,
    rejected.c.format,
    rejected.c.reason,
    rejected.c.raw,
    rejected.c.rejected_at,
)


def stored_record_of_row(row: Sequence[Any], raws: RawCompressor) -> StoredRecord:
    """The record in a row of ``STORED_RECORDS``.

    Raises DamagedRowError if its raw form or its time cannot be restored.
    """
    try:
        return _stored_record(row, raws)
    except (*UNREADABLE, zstandard.ZstdError) as error:
        raise DamagedRowError(f"record {row[2]!r} of {row[1]!r} cannot be restored") from error


def _stored_record(row: Sequence[Any], raws: RawCompressor) -> StoredRecord:
    _, source, key, format_name, content, origin, position, frame, title_key, kept_at = row
    return StoredRecord(
        source=source,
        key=key,
        format=format_name,
        content=content,
        origin=origin,
        position=position,
        raw=raws.restore(frame),
        title_key=title_key,
        kept_at=time_of_number(kept_at) if kept_at else None,
    )


def rejected_of_row(row: Sequence[Any]) -> RejectedRecord:
    """The rejected record in a row of the columns ``REJECTED``."""
    number, origin, position, format_name, reason, raw, seconds = row
    return RejectedRecord(
        number, origin, position, format_name, reason, raw, time_of_number(seconds)
    )
