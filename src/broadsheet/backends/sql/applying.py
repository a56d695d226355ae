"""Writing a plan: the only place that changes papers, records and their changes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.attachments import move_attachments
from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.inserting import insert_rows
from broadsheet.backends.sql.reading import (
    CHANGED_AT,
    LAST_CHANGE,
    LAST_KEY,
    in_chunks,
    read_meta,
    write_meta,
)
from broadsheet.backends.sql.rows import paper_row
from broadsheet.backends.sql.signals import join_signals, record_votes, write_signals
from broadsheet.backends.sql.tables import (
    changes,
    identifiers,
    origins,
    papers,
    parted_papers,
    records,
    redirects,
    rejected,
    seen,
)
from broadsheet.domain.ingest import Plan, RecordWrite, Rejection

RAW_LIMIT = 64 * 1024
"""How much of a rejected record is kept."""


def apply_plan(
    connection: Connection, plan: Plan, raws: RawCompressor, last_key: int, now: dt.datetime
) -> None:
    """Write ``plan`` within the open transaction; ``last_key`` is the last key given out."""
    insert_rows(connection, papers, [paper_row(write) for write in plan.created])
    _change_papers(connection, plan)
    _merge_papers(connection, plan, now)
    _write_records(connection, plan, raws, now)
    _part_papers(connection, plan)
    write_signals(connection, plan, now)
    insert_rows(connection, seen, plan.seen)
    insert_rows(
        connection,
        identifiers,
        [(identifier.scheme, identifier.value, paper) for identifier, paper in plan.identifiers],
    )
    for chunk in in_chunks(plan.heard):
        connection.execute(sa.delete(rejected).where(rejected.c.number.in_(chunk)))
    _remove_merged(connection, plan)
    _write_changes(connection, plan, now)
    if plan.created or plan.mergers:
        write_meta(connection, LAST_KEY, last_key)


def _change_papers(connection: Connection, plan: Plan) -> None:
    if not plan.changed:
        return
    names = [column.name for column in papers.columns]
    connection.execute(
        sa.update(papers)
        .where(papers.c.key == sa.bindparam("of_key"))
        .values({name: sa.bindparam(name) for name in names[1:]}),
        [
            dict(zip(["of_key", *names[1:]], paper_row(write), strict=True))
            for write in plan.changed
        ],
    )


def _merge_papers(connection: Connection, plan: Plan, now: dt.datetime) -> None:
    """Hand everything of a merged paper to the one it became; its row goes last."""
    for merger in plan.mergers:
        for table in (records, identifiers, redirects):
            connection.execute(
                sa.update(table).where(table.c.paper == merger.removed).values(paper=merger.into)
            )
        join_pair(connection, merger.removed, merger.into)
        join_signals(connection, merger.removed, merger.into)
        move_attachments(connection, merger.removed, merger.into)
        record_votes(connection, merger.into, now)
        connection.execute(
            sa.insert(redirects).values(former_id=merger.removed_id, paper=merger.into)
        )


def _part_papers(connection: Connection, plan: Plan) -> None:
    """Hand records and names to the paper that was parted from theirs."""
    for source, key, paper in plan.moved_records:
        same = (records.c.source == source, records.c.source_key == key)
        connection.execute(sa.update(records).where(*same).values(paper=paper))
    for identifier, paper in plan.moved_identifiers:
        name = (
            identifiers.c.scheme == identifier.scheme,
            identifiers.c.value == identifier.value,
        )
        connection.execute(sa.update(identifiers).where(*name).values(paper=paper))
    for former_id in plan.restored_ids:
        connection.execute(sa.delete(redirects).where(redirects.c.former_id == former_id))
    for pair in plan.parted:
        part_pair(connection, *pair)


def part_pair(connection: Connection, paper: int, other: int) -> None:
    """Remember that two papers (keys) are two works."""
    join_pair(connection, paper, other)
    insert_rows(connection, parted_papers, [(paper, other), (other, paper)])


def join_pair(connection: Connection, paper: int, other: int) -> None:
    """Forget that two papers (keys) are two works."""
    pairs = parted_papers.c
    same = sa.or_(
        sa.and_(pairs.paper == paper, pairs.other == other),
        sa.and_(pairs.paper == other, pairs.other == paper),
    )
    connection.execute(sa.delete(parted_papers).where(same))


def _remove_merged(connection: Connection, plan: Plan) -> None:
    if plan.mergers:
        gone = [merger.removed for merger in plan.mergers]
        for chunk in in_chunks(gone):
            connection.execute(sa.delete(papers).where(papers.c.key.in_(chunk)))


def _write_records(
    connection: Connection, plan: Plan, raws: RawCompressor, now: dt.datetime
) -> None:
    _replace_records(connection, _record_rows(connection, plan.replaced_records, raws, now))
    insert_rows(connection, records, _record_rows(connection, plan.new_records, raws, now), skip=1)
    if plan.retitled:
        connection.execute(
            sa.update(records)
            .where(
                records.c.source == sa.bindparam("of_source"),
                records.c.source_key == sa.bindparam("of_key"),
            )
            .values(title_key=sa.bindparam("now_key")),
            [
                {"of_source": source, "of_key": key, "now_key": title_key}
                for source, key, title_key in plan.retitled
            ],
        )


def _record_rows(
    connection: Connection, writes: Sequence[RecordWrite], raws: RawCompressor, now: dt.datetime
) -> list[tuple[Any, ...]]:
    """Rows of ``records`` without their number."""
    by_place: dict[tuple[str, str], list[RecordWrite]] = {}
    for write in writes:
        by_place.setdefault((write.arrival.origin, write.arrival.format), []).append(write)
    rows: list[tuple[Any, ...]] = []
    for (origin, format_name), group in by_place.items():
        place = _origin_number(connection, origin, format_name)
        frames = raws.compress(format_name, [write.arrival.raw.raw for write in group])
        for write, frame in zip(group, frames, strict=True):
            position = write.arrival.raw.position
            rows.append(
                (
                    write.source,
                    write.key,
                    write.paper,
                    write.content,
                    write.title_key,
                    place,
                    position,
                    frame,
                    int(now.timestamp()),
                )
            )
    return rows


def _replace_records(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = [column.name for column in records.columns][3:]
    connection.execute(
        sa.update(records)
        .where(
            records.c.source == sa.bindparam("of_source"),
            records.c.source_key == sa.bindparam("of_key"),
        )
        .values({name: sa.bindparam(name) for name in names}),
        [dict(zip(["of_source", "of_key", *names], row, strict=True)) for row in rows],
    )


def _origin_number(connection: Connection, origin: str, format_name: str) -> int:
    same = (origins.c.origin == origin, origins.c.format == format_name)
    number: int | None = connection.execute(sa.select(origins.c.number).where(*same)).scalar()
    if number is None:
        number = (
            connection.execute(sa.select(sa.func.count()).select_from(origins)).scalar_one() + 1
        )
        insert_rows(connection, origins, [(number, origin, format_name)])
    return number


def _write_changes(connection: Connection, plan: Plan, now: dt.datetime) -> None:
    """One row a paper, with the number of its latest write that followers are to hear of."""
    removed = [merger.removed for merger in plan.mergers]
    changed = [write.key for write in plan.changed if write.is_change]
    if plan.created or plan.changed or plan.mergers:
        write_meta(connection, CHANGED_AT, int(now.timestamp()))
    for chunk in in_chunks([*changed, *removed]):
        connection.execute(sa.delete(changes).where(changes.c.paper.in_(chunk)))
    written: list[tuple[int, int, str | None]] = [(write.key, 0, None) for write in plan.created]
    written += [(key, 0, None) for key in changed]
    written += [(merger.removed, 1, merger.removed_id) for merger in plan.mergers]
    if not written:
        return
    first = read_meta(connection, LAST_CHANGE) + 1
    at = int(now.timestamp())
    rows = [
        (number, key, gone, at, former_id)
        for number, (key, gone, former_id) in enumerate(written, first)
    ]
    insert_rows(connection, changes, rows)
    write_meta(connection, LAST_CHANGE, first + len(written) - 1)


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
                "waits_for": str(rejection.waits_for) if rejection.waits_for else None,
            },
        )
    if not rows:
        return
    for chunk in in_chunks(list(rows)):
        stored = sa.select(rejected.c.content).where(rejected.c.content.in_(chunk))
        for (content,) in connection.execute(stored).all():
            del rows[content]
    if rows:
        connection.execute(sa.insert(rejected), list(rows.values()))


def rejected_content(origin: str, format_name: str, rejection: Rejection) -> int:
    """Identify a rejection: by its place in a file; by its text if it came over the network.

    A service sends the same record again on another page. In a file, equal records are several.
    """
    parts: Sequence[str] = (format_name,)
    if not rejection.raw or "://" not in origin:
        parts = (format_name, origin, rejection.position, rejection.reason)
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    digest = blake2b(text + b"\0" + rejection.raw[:RAW_LIMIT], digest_size=8)
    return int.from_bytes(digest.digest()) >> 1
