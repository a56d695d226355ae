"""A process that dies between storing a page and keeping its cursor loses and doubles nothing."""

import pytest

from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.pipeline import parse_kept
from replicas.catalogues import (
    CrossrefReplica,
    DblpReplica,
    OpenAlexReplica,
    OpenReviewReplica,
    SemanticScholarReplica,
    crossref_work,
    dblp_hit,
    openalex_work,
    openreview_note,
    semantic_paper,
)

COUNT = 250
VENUE = "LongTexts.cc/2026/Conference"


def serve(desk, name):
    numbers = range(COUNT)
    if name == "openalex":
        works = [openalex_work(number, f"2026-09-{1 + number // 20:02d}") for number in numbers]
        desk.serve(name, OpenAlexReplica(works), search="texts")
    elif name == "crossref":
        works = [crossref_work(number) for number in numbers]
        desk.serve(name, CrossrefReplica(works), query="texts", page_size=60)
    elif name == "dblp":
        hits = [
            dblp_hit(f"conf/x/Roe{n}", 2025 + n % 2, f"Text {n} of many", doi=f"10.5555/{n}")
            for n in numbers
        ]
        desk.serve(name, DblpReplica(hits, most=60), streams=["conf/x"])
    elif name == "openreview":
        notes = [openreview_note(n, f"{VENUE}{'/Submission' * (n % 2)}", n) for n in numbers]
        desk.serve(name, OpenReviewReplica(notes), venues=[VENUE])
    else:
        desk.serve(name, SemanticScholarReplica([semantic_paper(n) for n in numbers]))
        for number in numbers:
            raw = f'{{"id": "arxiv:2401.{number:05d}", "title": "Paper number {number} of many"}}'
            record = parse_kept("papers-jsonl", raw.encode())
            arrival = Arrival(record, RawRecord(raw.encode(), "1"), "papers-jsonl", "test")
            desk.store.store([arrival], [])


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr("broadsheet.sources.openreview._PAGE_SIZE", 60)
    monkeypatch.setattr("broadsheet.sources.semantic_scholar.BATCH", 60)


@pytest.mark.parametrize("dies_at", [1, 2, 3])
@pytest.mark.parametrize("name", ["openalex", "crossref", "dblp", "openreview", "semantic-scholar"])
def test_a_run_that_was_killed_is_finished_by_the_next(desk, small_pages, name, dies_at):
    serve(desk, name)
    desk.run(name, killed_at=dies_at)
    before = desk.store.last_change()
    assert before > 0
    rest = desk.run(name)
    assert rest.outcome in ("done", "unchanged")  # the last page may have been stored already
    assert desk.store.count() == COUNT
    sources = {
        source for number in (1, COUNT) for source in desk.store.get_many([number])[number].sources
    }
    assert len(sources) == (2 if name == "semantic-scholar" else 1)
    assert desk.run(name).counts.new == 0
    assert desk.store.count_rejected() == 0
