"""Numbers that speak for a paper, kept by day."""

import datetime as dt

import pytest
from arriving import arrival

from broadsheet.backends.sql import store as store_module

DAY = dt.date(2026, 6, 1)


class Clock(dt.datetime):
    """Noon of ``day``."""

    day_now = DAY

    @classmethod
    def now(cls, tz=None):
        return dt.datetime.combine(cls.day_now, dt.time(12), tzinfo=tz)


@pytest.fixture
def clock(monkeypatch) -> type[Clock]:
    class Fresh(Clock):
        pass

    fake = type("datetime", (), {"datetime": Fresh, "UTC": dt.UTC, "date": dt.date})
    monkeypatch.setattr(store_module, "dt", fake)
    return Fresh


def counted(value, number=1, **fields):
    fields.setdefault("identifiers", [f"doi:10.1/{number}"])
    return arrival(
        source="openalex",
        key=f"W{number}",
        title=f"Paper number {number} of many",
        signals={"citations": value},
        **fields,
    )


def readings(store, name="doi:10.1/1"):
    signals = store.get_signals(store.get(name).key)
    return [((each.day - DAY).days, each.source, each.name, each.value) for each in signals]


def test_a_day_has_one_row_and_an_unchanged_number_none(store, clock):
    for day, value in [(0, 3), (0, 4), (1, 4), (2, 7), (2, 8), (5, 8)]:
        clock.day_now = DAY + dt.timedelta(days=day)
        store.store([counted(value, venue=f"place {day}")], [])
    assert readings(store) == [(0, "openalex", "citations", 4), (2, "openalex", "citations", 8)]


def test_only_numbers_are_signals(store, clock):
    odd = {"citations": 5, "listed": "2024-01-02", "good": True, "many": 10**400, "no": None}
    store.store([arrival(title="One two three four", identifiers=["doi:10.1/1"], signals=odd)], [])
    assert readings(store) == [(0, "papers-jsonl", "citations", 5)]


def test_papers_that_become_one_have_one_history(store, clock):
    store.store([counted(3, 1), counted(9, 2)], [])
    clock.day_now = DAY + dt.timedelta(days=1)
    linking = arrival(source="y", title="Both", identifiers=["s2:2", "pmid:2"])
    store.store([linking], [])
    store.store([counted(12, 2, identifiers=["doi:10.1/2", "pmid:2"])], [])
    assert store.count() == 2
    merging = arrival(source="z", title="All", identifiers=["doi:10.1/1", "s2:2"])
    store.store([merging], [])
    assert store.count() == 1
    assert readings(store) == [(0, "openalex", "citations", 9), (1, "openalex", "citations", 12)]


def test_signals_of_all_papers_come_by_day(store, clock):
    for day in range(3):
        clock.day_now = DAY + dt.timedelta(days=day)
        store.store([counted(day * 10 + n, n) for n in range(1, 1200 if day == 0 else 3)], [])
    since = list(store.iter_signals("citations", DAY + dt.timedelta(days=1)))
    assert [((each.day - DAY).days, each.value) for each in since] == [
        (1, 11), (1, 12), (2, 21), (2, 22),
    ]  # fmt: skip
    assert len(list(store.iter_signals("citations", DAY))) == 1199 + 4
    assert list(store.iter_signals("stars", DAY)) == []


def test_numbers_alone_do_not_make_the_index_work(store, clock):
    store.store([counted(3)], [])
    last, changed = store.last_change(), store.last_changed_at()
    clock.day_now = DAY + dt.timedelta(days=1)
    assert store.store([counted(4)], []).updated == 1
    assert store.get("doi:10.1/1").signals == {"citations": 4}
    assert store.last_change() == last
    assert store.last_changed_at() > changed
    store.store([counted(4, venue="ICML")], [])
    assert store.last_change() == last + 1


def test_a_late_earlier_state_gives_no_reading(store, clock):
    versions = [[1, "2024-01-02"], [2, "2024-02-03"]]
    store.store([counted(8, versions=versions)], [])
    store.store([counted(2, versions=versions[:1])], [])
    assert readings(store) == [(0, "openalex", "citations", 8)]
