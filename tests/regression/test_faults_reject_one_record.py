"""An exception anywhere between a file and the store rejects one record; the others are stored."""

import io
import json

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue import batch
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import RecordError
from broadsheet.ingest.formats.faults import MOST_FAULTS, parse_record, split_stream
from broadsheet.ingest.formats.papers_jsonl import PapersJsonl
from broadsheet.ingest.formats.registry import FORMATS, get_format
from broadsheet.ingest.pipeline import import_inputs, parse_kept
from broadsheet.ingest.reading import iter_inputs

STAGES = ("recognise", "split", "parse", "decide")


@pytest.fixture
def store(tmp_path):
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as opened:
        yield opened


def titles(store):
    return {paper.title for paper in store.iter_papers()}


def failing(when, error, real):
    """``real``, but ``error`` if ``when`` says so of the arguments."""

    def call(*arguments, **options):
        if when(*arguments):
            raise error
        return real(*arguments, **options)

    return call


@pytest.mark.parametrize(
    "error", [AttributeError("no"), TypeError(), RecursionError(), KeyError(1)]
)
@pytest.mark.parametrize("stage", STAGES)
def test_an_exception_at_any_stage_costs_one_record(store, tmp_path, monkeypatch, stage, error):
    path = tmp_path / "papers.jsonl"
    rows = [{"id": f"arxiv:2401.0000{n}", "title": f"Paper {n} of five"} for n in range(1, 6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    real_split = PapersJsonl.split

    def split(self, stream):
        for piece in real_split(self, stream):
            if b"Paper 3" in piece.raw:
                raise error
            yield piece

    if stage == "recognise":
        first = type(FORMATS[0])
        monkeypatch.setattr(first, "recognises", failing(lambda *_: True, error, None))
    elif stage == "split":
        monkeypatch.setattr(PapersJsonl, "split", split)
    elif stage == "parse":
        broken = failing(lambda _, raw: b"Paper 3" in raw, error, PapersJsonl.parse)
        monkeypatch.setattr(PapersJsonl, "parse", broken)
    else:
        broken = failing(lambda text: "Paper 3" in text, error, batch.normalise_title)
        monkeypatch.setattr(batch, "normalise_title", broken)
    summary = import_inputs(iter_inputs([str(path)]), store)
    expected = {row["title"] for row in rows}
    if stage != "recognise":
        expected.remove("Paper 3 of five")
        (rejected,) = store.iter_rejected()
        assert type(error).__name__ in rejected.reason
        assert any(type(error).__name__ in note for note in summary.notes)
    assert titles(store) == expected
    assert (summary.new, summary.rejected) == (len(expected), 5 - len(expected))


def test_a_format_that_always_fails_ends():
    class Broken:
        name = "broken"

        def split(self, stream):
            raise ValueError("always")

    pieces = list(split_stream(Broken(), io.BytesIO(b"x\n" * 1000)))
    assert len(pieces) == MOST_FAULTS + 1


def test_authors_as_objects_in_a_line_that_is_not_ascii():
    raw = '{"id":"a2","title":"Étude number two","authors":[{"name":"Cy Roe"},{"name":"Bo Li"}]}'
    record = PapersJsonl().parse(raw.encode())
    assert [author.name for author in record.authors] == ["Cy Roe", "Bo Li"]


def test_a_feed_entry_whose_author_lost_a_bracket():
    raw = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><id>tag:e.example,2024:f</id>'
        b"<entry><title>Odd</title><author></name></author></entry>"
        b"<entry><id>tag:e.example,2024:3</id><title>Good two</title></entry></feed>"
    )
    feed = get_format("feed")
    titles = []
    for piece in split_stream(feed, io.BytesIO(raw)):
        try:
            titles.append(parse_record(feed, piece.raw).title)
        except RecordError:
            titles.append("rejected")
    assert titles[-1] == "Good two"
