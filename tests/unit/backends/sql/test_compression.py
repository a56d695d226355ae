"""Raw records come back as they came, whichever dictionary they were compressed with."""

import json
import os
import random

import pytest
import sqlalchemy as sa

from broadsheet.backends.sql import compression
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.formats.papers_jsonl import PapersJsonl
from broadsheet.ingest.pipeline import parse_kept

WORDS = [f"word{n}" for n in range(400)]


def arrivals(first: int, count: int) -> list[Arrival]:
    made = []
    for number in range(first, first + count):
        text = " ".join(random.Random(number).choices(WORDS, k=60))
        raw = json.dumps({"id": f"pl:{number}", "title": f"Paper {number}", "abstract": text})
        record = PapersJsonl().parse(raw.encode())
        made.append(Arrival(record, RawRecord(raw.encode(), "line 1"), "papers-jsonl", "f"))
    return made


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "SAMPLES", 100)
    monkeypatch.setattr(compression, "GROWTH", 3)
    monkeypatch.setattr(compression, "_SIZE", 4096)
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as opened:
        yield opened


def stored_raws(store: SqlStore) -> dict[str, bytes]:
    with store._engine.connect() as connection:
        raws = compression.RawCompressor(connection)
        rows = connection.execute(sa.text("SELECT source_key, raw FROM records"))
        return {key: raws.restore(frame) for key, frame in rows}


def dictionaries(store: SqlStore) -> list[int]:
    with store._engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT learned_at FROM dictionaries ORDER BY 1"))
        return [row[0] for row in rows]


def test_dictionaries_are_learned_as_the_library_grows_and_all_records_come_back(store):
    came: dict[str, bytes] = {}
    learned = []
    for count in (10, 99, 100, 100, 120, 240, 100, 7):
        batch = arrivals(len(came), count)
        came.update((each.record.key, each.raw.raw) for each in batch)
        store.store(batch, [])
        learned.append(dictionaries(store))
    # At 109 records there was none; one of 209 serves until there are more than 627.
    assert learned == [[], [], *[[209]] * 4, *[[209, 769]] * 2]
    assert stored_raws(store) == came


def test_records_that_have_nothing_in_common_stand_alone(store):
    batch = []
    for number, each in enumerate(arrivals(0, 120)):
        noise = RawRecord(os.urandom(3), "line 1")
        batch.append(Arrival(each.record, noise, "papers-jsonl", f"f{number}"[:1]))
    store.store(batch, [])
    assert stored_raws(store) == {each.record.key: each.raw.raw for each in batch}
