"""Papers as rows and rows as papers."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import pairwise
from typing import Any

import orjson

from broadsheet.backends.sql.tables import papers
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import PaperWrite
from broadsheet.domain.paper import UNPUBLISHED, Author, Paper, Publication, Version
from broadsheet.domain.ports import Story
from broadsheet.domain.signals import Signal
from broadsheet.text.identifiers import identifier_url


def _loads(text: str) -> Any:
    """JSON as ``_dumps`` wrote it: numbers may be too large for the quick decoder."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _dumps(value: Any) -> str:
    """Compact JSON. What strict JSON cannot say (huge numbers, broken Unicode) is escaped."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


Row = Sequence[Any]

UNREADABLE = (ValueError, TypeError, LookupError, OverflowError, OSError)
"""What reading a row raises if its values are not those that were written."""


class DamagedRowError(Exception):
    """A stored row cannot be understood; transactions raise LibraryDamagedError for it."""


def check_ascending(table: str, previous: Any, keys: Iterable[Any]) -> None:
    """Raise DamagedRowError unless the keys of a table's rows ascend from the previous one.

    A damaged table may give rows out of order; whoever goes on from the last one would go round
    for ever.
    """
    try:
        ascending = all(earlier < later for earlier, later in pairwise((previous, *keys)))
    except TypeError:
        ascending = False
    if not ascending:
        raise DamagedRowError(f"the rows of the table {table} are out of order")


def number_of_day(day: dt.date) -> int:
    return day.year * 10000 + day.month * 100 + day.day


@lru_cache(maxsize=4096)
def day_of_number(number: int) -> dt.date:
    return dt.date(number // 10000, number // 100 % 100, number % 100)


@lru_cache(maxsize=4096)
def number_of_time(time: dt.datetime) -> int:
    """Whole seconds since 1970 UTC."""
    return int(time.timestamp())


def time_of_number(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def votes_of(signals: Mapping[str, Any]) -> int:
    """Upvotes as a whole number; anything that is none counts as 0."""
    votes = signals.get("upvotes", 0)
    if isinstance(votes, bool) or not isinstance(votes, int | float):
        return 0
    return int(max(-(2**31), min(2**31 - 1, votes))) if votes == votes else 0


@lru_cache(maxsize=4096)
def _date(number: int) -> PartialDate | None:
    return PartialDate.from_number(number) if number else None


_listing = lru_cache(maxsize=4096)(PartialDate.from_number)


@lru_cache(maxsize=4096)
def _texts(text: str) -> tuple[str, ...]:
    """Lists that many papers share: sources, categories."""
    return tuple(_loads(text))


def paper_row(write: PaperWrite) -> tuple[Any, ...]:
    """Return the row of ``papers`` for a paper, columns in the table's order."""
    work = write.work
    return (
        write.key,
        write.id,
        write.listed.number,
        votes_of(work.signals) if work.signals else 0,
        int(write.added_at.timestamp()),
        work.published.number if work.published else None,
        work.updated.number if work.updated else None,
        work.title,
        work.abstract or None,
        work.venue or None,
        None if work.url == _address_of(write.id) else work.url,
        work.code_url or None,
        work.project_url or None,
        work.comment or None,
        work.status or None,
        _dumps([[a.name, a.affiliation] if a.affiliation else a.name for a in work.authors])
        if work.authors
        else None,
        None
        if work.identifiers == _named_by(write.id)
        else _dumps([str(identifier) for identifier in work.identifiers]),
        _dumps(work.categories) if work.categories else None,
        _dumps(work.keywords) if work.keywords else None,
        _dumps([[v.number, v.date.number if v.date else 0] for v in work.versions])
        if work.versions
        else None,
        _dumps(dict(work.signals)) if work.signals else None,
        _dumps(dict(work.extra)) if work.extra else None,
        _dumps(write.sources),
        None if work.publication == UNPUBLISHED else _dumps(_publication_fields(work.publication)),
    )


def paper_of_row(row: Row) -> Paper:
    """The paper in a row of ``papers``, columns in the table's order.

    Raises DamagedRowError if the row is not as ``paper_row`` made it.
    """
    try:
        return _paper(row)
    except UNREADABLE as error:
        raise DamagedRowError(f"the row of paper {row[0]!r} cannot be understood") from error


def _paper(row: Row) -> Paper:
    (
        key, id_, listed, _votes, added_at, published, updated, title, abstract, venue, url,
        code_url, project_url, comment, status, authors, identifiers, categories, keywords,
        versions, signals, extra, sources, publication,
    ) = row  # fmt: skip
    paper = object.__new__(Paper)
    # Twenty-four assignments to a frozen object take longer than reading its row,
    # and a page of results or a batch to index is made of many papers.
    values = {
        "title": title,
        "abstract": abstract or "",
        "authors": _authors(authors) if authors else (),
        "identifiers": tuple([Identifier(*name.split(":", 1)) for name in _loads(identifiers)])
        if identifiers
        else _named_by(id_),
        "published": _date(published) if published else None,
        "updated": _date(updated) if updated else None,
        "venue": venue or "",
        "url": _address_of(id_) if url is None else url,
        "categories": _texts(categories) if categories else (),
        "keywords": tuple(_loads(keywords)) if keywords else (),
        "code_url": code_url or "",
        "project_url": project_url or "",
        "comment": comment or "",
        "status": status or "",
        "versions": tuple([Version(number, _date(date)) for number, date in _loads(versions)])
        if versions
        else (),
        "publication": _publication(publication) if publication else UNPUBLISHED,
        "signals": _loads(signals) if signals else {},
        "extra": _loads(extra) if extra else {},
        "id": id_,
        "key": key,
        "listed": _listing(listed),
        "added_at": time_of_number(added_at),
        "sources": _texts(sources),
    }
    object.__setattr__(paper, "__dict__", values)
    return paper


STORY = (
    papers.c.key,
    papers.c.listed,
    papers.c.votes,
    papers.c.added_at,
    papers.c.categories,
    papers.c.code_url,
    papers.c.sources,
    papers.c.signals,
)


def story_of_row(row: Row) -> Story:
    """The story in a row of the columns ``STORY``.

    Raises DamagedRowError as ``paper_of_row`` does.
    """
    try:
        return _story(row)
    except UNREADABLE as error:
        raise DamagedRowError(f"the row of paper {row[0]!r} cannot be understood") from error


def _story(row: Row) -> Story:
    key, listed, votes, added_at, categories, code_url, sources, given = row
    return Story(
        key,
        _listing(listed),
        votes,
        time_of_number(added_at),
        _texts(categories) if categories else (),
        bool(code_url),
        _texts(sources),
        _loads(given) if given else {},
    )


def signal_of_row(row: Row) -> Signal:
    """The signal in a row of ``signals``, columns in the table's order."""
    paper, source, name, day, value, _previous = row
    return Signal(paper, source, name, day_of_number(day), value)


def _publication_fields(publication: Publication) -> dict[str, Any]:
    values = {field.name: getattr(publication, field.name) for field in fields(Publication)}
    values["editors"] = [
        [a.name, a.affiliation] if a.affiliation else a.name for a in publication.editors
    ]
    return {name: value for name, value in values.items() if value}


def _publication(text: str) -> Publication:
    values = _loads(text)
    editors = tuple(
        [Author(a) if isinstance(a, str) else Author(a[0], a[1]) for a in values.pop("editors", ())]
    )
    return Publication(**values, editors=editors)


def _authors(text: str) -> tuple[Author, ...]:
    return tuple([Author(a) if isinstance(a, str) else Author(a[0], a[1]) for a in _loads(text)])


def _address_of(id_: str) -> str:
    """The page of the catalogue that gave the id; empty where there is none."""
    return next((identifier_url(identifier) or "" for identifier in _named_by(id_)), "")


def _named_by(id_: str) -> tuple[Identifier, ...]:
    """What an id says of itself: its identifier, or none for a local one."""
    scheme, _, value = id_.partition(":")
    return () if scheme == "local" else (Identifier(scheme, value),)
