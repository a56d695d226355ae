"""Which of a paper's records speak now, and which are its history. Pure.

A source tells of a work again and again: new versions, corrected fields, and the same
version through another door (an archive's harvest, its query interface, its feed). Every
version of every account is kept under a name of its own, so that the result does not
depend on the order in which they came:

* of the states of one account, the newest speaks; the others add to the version history;
* accounts of one source speak one after the other, that of the newest version first, so
  that a feed's brief word on v3 leads and the harvest's comment on v2 still stands in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Record, Version

Name = tuple[str, str]
"""(source, key) under which a record is kept."""

_STAMPS = ("datestamp", "update_date", "revised")
"""Fields of ``extra`` in which sources say when they last changed their record."""
_FILLED = ("abstract", "authors", "published", "venue", "comment", "categories", "keywords")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A record that speaks, and whether it tells of the newest version its source knows."""

    record: Record
    newest: bool


def is_notice(record: Record) -> bool:
    """Whether a record only says that its work was deleted or withdrawn."""
    return bool(record.status) and not tells_of_work(record)


def tells_of_work(record: Record) -> bool:
    """Return whether a record describes its work. A few have no title, but an abstract."""
    return bool(record.title or record.abstract)


def name_of(record: Record) -> Name:
    """The name under which a record is kept."""
    return record.source, record.key + name_suffix(record)


def name_suffix(record: Record) -> str:
    """Return the suffix that separates the states, accounts and notices of one (source, key)."""
    if is_notice(record):
        # A notice stands beside the record it is about: it must not erase it.
        return f" ({record.status})"
    version = f"v{newest_version(record)}" if record.versions else ""
    if version and record.key.endswith(version):
        version = ""
    return f"{version} ({record.account})" if record.account else version


def _unversioned_key(record: Record) -> str:
    """Some sources give each version a key of its own: "10.1101/2024.01.01.1v2"."""
    newest = newest_version(record)
    return record.key.removesuffix(f"v{newest}") if newest else record.key


def newest_version(record: Record) -> int:
    """Number of the newest version it names, 0 for none."""
    return max((version.number for version in record.versions), default=0)


def said_on(record: Record) -> PartialDate | None:
    """When the source last changed this record, as far as it tells."""
    for name in _STAMPS:
        stamp = record.extra.get(name)
        date = PartialDate.parse(stamp) if isinstance(stamp, str) else None
        if date:
            return date
    return record.updated


def is_older(a: Record, b: Record) -> bool:
    """Return whether ``a`` is an earlier state of the record than ``b``, by their own statements."""
    newest, known = newest_version(a), newest_version(b)
    if newest and known and newest != known:
        return newest < known
    said_a, said_b = said_on(a), said_on(b)
    return bool(said_a and said_b and said_a.day and said_b.day and said_a < said_b)


def choose_speakers(ranked: Sequence[Record]) -> list[Speaker]:
    """Those that speak, in the given order of sources, the newest of a source first."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in ranked:
        groups.setdefault((record.source, _unversioned_key(record)), []).append(record)
    speakers: list[Speaker] = []
    for group in groups.values():
        if len(group) == 1:
            speakers.append(Speaker(group[0], True))
        else:
            speakers += _of_one_key(group)
    return speakers


def _of_one_key(group: Sequence[Record]) -> list[Speaker]:
    dates = {version.number: version.date for version in unite_versions(group)}
    of_account: dict[str, tuple[int, Record]] = {}
    for record in group:
        state = (_version_told(record, dates), record)
        newest_state = of_account.get(record.account)
        if newest_state is None or _lateness(state) >= _lateness(newest_state):
            of_account[record.account] = state
    states = sorted(of_account.values(), key=_fullness, reverse=True)
    newest = states[0][0]
    return [Speaker(record, version == newest) for version, record in states]


def _lateness(state: tuple[int, Record]) -> tuple[int, int]:
    """By which one state of an account is later than another."""
    version, record = state
    said_day = said_on(record)
    return version, said_day.number if said_day else 0


def _fullness(state: tuple[int, Record]) -> tuple[int, int, str]:
    """By which an account leads another: dates mean different things in each."""
    version, record = state
    return version, sum(bool(getattr(record, name)) for name in _FILLED), record.account


def _version_told(record: Record, dates: Mapping[int, PartialDate | None]) -> int:
    """Return the version that a record states, else the one that its dates point to."""
    number = newest_version(record)
    if number or not dates:
        return number
    latest = max(dates)
    record_date = record.updated or record.published
    if record_date is None:
        return latest
    last = dates[latest]
    if last is not None and record_date > last:
        return latest + 1
    upto = [number for number, date in dates.items() if date is not None and date <= record_date]
    return max(upto, default=latest)


def unite_versions(records: Iterable[Record]) -> tuple[Version, ...]:
    """One history of all records; of several dates of a version the earliest exact one."""
    united: dict[int, PartialDate | None] = {}
    for record in records:
        for version in record.versions:
            known_date = united.get(version.number)
            if known_date is None or (
                version.date and _exactness(version.date) < _exactness(known_date)
            ):
                united[version.number] = version.date
    return tuple(Version(number, united[number]) for number in sorted(united))


def _exactness(date: PartialDate) -> tuple[bool, bool, PartialDate]:
    return not date.day, not date.month, date
