"""Writing a plan: the only place that changes papers, records and their changes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.reading import (
    CHANGED_AT,
    LAST_CHANGE,
    LAST_KEY,
    in_chunks,
    read_meta,
)
from broadsheet.backends.sql.rows import paper_values
from broadsheet.backends.sql.tables import (
    changes,
    identifiers,
    meta,
    papers,
    records,
    redirects,
    rejected,
)
from broadsheet.domain.ingest import Plan, RecordWrite, Rejection

RAW_LIMIT = 64 * 1024
"""How much of a rejected record is kept."""


def apply_plan(connection: Connection, plan: Plan, last_key: int, now: dt.datetime) -> None:
    """Write ``plan`` within the open transaction; ``last_key`` is the last key given out."""
    if plan.created:
        connection.execute(sa.insert(papers), [paper_values(write) for write in plan.created])
    _change_papers(connection, plan)
    _merge_papers(connection, plan)
    _write_records(connection, plan)
    if plan.identifiers:
        connection.execute(
            sa.insert(identifiers),
            [
                {"scheme": identifier.scheme, "value": identifier.value, "paper": paper}
                for identifier, paper in plan.identifiers
            ],
        )
    _remove_merged(connection, plan)
    _write_changes(connection, plan, now)
    if plan.created or plan.mergers:
        write_meta(connection, LAST_KEY, last_key)


def _change_papers(connection: Connection, plan: Plan) -> None:
    if not plan.changed:
        return
    rows = [paper_values(write) for write in plan.changed]
    connection.execute(
        sa.update(papers)
        .where(papers.c.key == sa.bindparam("of_key"))
        .values({name: sa.bindparam(name) for name in rows[0] if name != "key"}),
        [{"of_key": row.pop("key"), **row} for row in rows],
    )


def _merge_papers(connection: Connection, plan: Plan) -> None:
    """Hand everything of a merged paper to the one it became; its row goes last."""
    for merger in plan.mergers:
        for table in (records, identifiers, redirects):
            connection.execute(
                sa.update(table).where(table.c.paper == merger.removed).values(paper=merger.into)
            )
        connection.execute(
            sa.insert(redirects).values(former_id=merger.removed_id, paper=merger.into)
        )


def _remove_merged(connection: Connection, plan: Plan) -> None:
    if plan.mergers:
        gone = [merger.removed for merger in plan.mergers]
        for chunk in in_chunks(gone):
            connection.execute(sa.delete(papers).where(papers.c.key.in_(chunk)))


def _write_records(connection: Connection, plan: Plan) -> None:
    compress = zstandard.ZstdCompressor(level=3).compress

    def values(write: RecordWrite) -> dict[str, Any]:
        arrival = write.arrival
        return {
            "source": write.source,
            "source_key": write.key,
            "paper": write.paper,
            "content": write.content,
            "title_key": write.title_key,
            "format": arrival.format,
            "origin": arrival.origin,
            "position": arrival.raw.position,
            "raw": compress(arrival.raw.raw),
        }

    if plan.replaced_records:
        rows = [values(write) for write in plan.replaced_records]
        names = [name for name in rows[0] if name not in ("source", "source_key")]
        connection.execute(
            sa.update(records)
            .where(
                records.c.source == sa.bindparam("of_source"),
                records.c.source_key == sa.bindparam("of_key"),
            )
            .values({name: sa.bindparam(name) for name in names}),
            [
                {"of_source": row.pop("source"), "of_key": row.pop("source_key"), **row}
                for row in rows
            ],
        )
    if plan.new_records:
        connection.execute(sa.insert(records), [values(write) for write in plan.new_records])


def _write_changes(connection: Connection, plan: Plan, now: dt.datetime) -> None:
    """One row a paper, with the number of its latest write."""
    removed = [merger.removed for merger in plan.mergers]
    changed = [write.key for write in plan.changed]
    for chunk in in_chunks([*changed, *removed]):
        connection.execute(sa.delete(changes).where(changes.c.paper.in_(chunk)))
    written = [(key, 0) for key in (write.key for write in plan.created)]
    written += [(key, 0) for key in changed] + [(key, 1) for key in removed]
    if not written:
        return
    first = read_meta(connection, LAST_CHANGE) + 1
    connection.execute(
        sa.insert(changes),
        [
            {"number": number, "paper": key, "removed": gone}
            for number, (key, gone) in enumerate(written, first)
        ],
    )
    write_meta(connection, LAST_CHANGE, first + len(written) - 1)
    write_meta(connection, CHANGED_AT, int(now.timestamp()))


def write_meta(connection: Connection, name: str, number: int) -> None:
    """Set a number of ``meta``."""
    found = connection.execute(sa.update(meta).where(meta.c.name == name).values(number=number))
    if not found.rowcount:
        connection.execute(sa.insert(meta).values(name=name, number=number))


def reject(
    connection: Connection, rejections: Iterable[tuple[str, str, Rejection]], now: dt.datetime
) -> None:
    """Keep rejections, each content once however often it comes."""
    rows: dict[int, dict[str, Any]] = {}
    for origin, format_name, rejection in rejections:
        content = rejected_content(origin, format_name, rejection)
        rows.setdefault(
            content,
            {
                "content": content,
                "origin": origin,
                "position": rejection.position,
                "format": format_name,
                "reason": rejection.reason,
                "raw": rejection.raw[:RAW_LIMIT],
                "rejected_at": int(now.timestamp()),
            },
        )
    if not rows:
        return
    for chunk in in_chunks(list(rows)):
        known = sa.select(rejected.c.content).where(rejected.c.content.in_(chunk))
        for (content,) in connection.execute(known).all():
            del rows[content]
    if rows:
        connection.execute(sa.insert(rejected), list(rows.values()))


def rejected_content(origin: str, format_name: str, rejection: Rejection) -> int:
    """Tells rejections apart: by what was rejected, or where nothing is kept of it, by place."""
    parts: Sequence[str] = (format_name,)
    if not rejection.raw:
        parts = (format_name, origin, rejection.position, rejection.reason)
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    digest = blake2b(text + b"\0" + rejection.raw[:RAW_LIMIT], digest_size=8)
    return int.from_bytes(digest.digest()) >> 1
