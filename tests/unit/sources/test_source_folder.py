"""Watched folders: read as an import reads them, once."""

import datetime as dt
import gzip
import json
import os

import pytest

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.ingest.reading import iter_inputs
from broadsheet.sources import folder
from broadsheet.sources.folder import FolderSource

NOW = dt.datetime(2024, 3, 4, 12, tzinfo=dt.UTC)
LONG_AGO = (NOW - dt.timedelta(days=3)).timestamp()


def lines(*numbers):
    return "".join(
        json.dumps({"id": f"arxiv:2403.{n:05d}", "title": f"Paper {n}"}) + "\n" for n in numbers
    ).encode()


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "papers"
    (place / "deep").mkdir(parents=True)
    put(place / "a.jsonl", lines(1, 2, 3))
    put(place / "deep" / "b.jsonl.gz", gzip.compress(lines(4)))
    return place


def put(path, content, at=LONG_AGO):
    path.write_bytes(content)
    os.utime(path, (at, at))


@pytest.fixture
def watch(fetch, place):
    return lambda *args, **more: fetch(FolderSource(), *args, **{"paths": [place], **more})


def titles(run):
    return [record.title.removeprefix("Paper ") for record in run.records]


def test_new_files_are_read_once(watch, place):
    first = watch()
    assert titles(first) == ["1", "2", "3", "4"]
    assert titles(watch(first.cursor)) == []
    put(place / "c.bib", b"@article{x, title = {Paper 5}, author = {A. Roe}}")
    second = watch(first.cursor)
    assert titles(second) == ["5"]
    assert titles(watch(second.cursor)) == []


def test_changed_files_are_read_again(watch, place):
    first = watch()
    put(place / "a.jsonl", lines(1, 2, 9), LONG_AGO + 60)
    assert titles(watch(first.cursor)) == ["1", "2", "9"]


def test_the_same_pieces_as_an_import(watch, place):
    put(place / "bad.jsonl", b'{"title": "half')
    put(place / "paper.pdf", b"%PDF-1.7 and so on")
    put(place / "nothing.txt", b"")
    expected = [piece for each in iter_inputs([str(place)]) for piece in each.pieces()]
    run = watch()
    assert [piece for page in run.pages for piece in page.records] == expected
    assert run.notes == [f"{place / 'nothing.txt'}: the file is empty"]
    assert titles(watch(run.cursor)) == []


def test_a_file_still_being_written_waits(watch, place):
    put(place / "hot.jsonl", lines(7), (NOW - dt.timedelta(seconds=2)).timestamp())
    first = watch()
    assert titles(first) == ["1", "2", "3", "4"]
    assert first.notes == [
        "a file changed only just now and may still be written: left for the next run"
    ]
    assert titles(watch(first.cursor, now=NOW + dt.timedelta(minutes=1))) == ["7"]
    assert titles(watch(first.cursor, settle_seconds=0)) == ["7"]


def test_a_file_that_grows_while_it_is_read_is_read_again(watch, place, monkeypatch):
    monkeypatch.setattr(folder, "PAGE", 2)
    run = watch(most=1)
    assert titles(run) == ["1", "2"]
    put(place / "a.jsonl", lines(1, 2, 3, 10), LONG_AGO + 5)
    assert titles(watch(run.cursor)) == ["1", "2", "3", "10", "4"]


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_run_that_was_killed_goes_on_within_the_file(watch, place, monkeypatch, pages):
    monkeypatch.setattr(folder, "PAGE", 2)
    put(place / "a.jsonl", lines(*range(1, 8)))
    put(place / "deep" / "b.jsonl.gz", gzip.compress(lines(8)))
    killed = watch(most=pages)
    assert titles(killed) == [str(n) for n in range(1, 2 * pages + 1)]
    rest = watch(killed.cursor)
    assert titles(killed) + titles(rest) == [str(n) for n in range(1, 9)]
    assert titles(watch(rest.cursor)) == []


def test_files_that_are_gone_leave_the_cursor(watch, place):
    first = watch()
    (place / "a.jsonl").unlink()
    second = watch(first.cursor)
    assert list(second.cursor) == [f"file {place / 'deep' / 'b.jsonl.gz'}"]


def test_since_reads_again_what_changed_since(watch, place):
    first = watch()
    put(place / "new.jsonl", lines(6), (NOW - dt.timedelta(hours=2)).timestamp())
    assert titles(watch(first.cursor, since=NOW.date())) == ["6"]
    assert titles(watch(first.cursor, since=dt.date(2024, 1, 1))) == ["1", "2", "3", "4", "6"]


def test_a_missing_folder_is_said_and_stops_no_other(watch, place):
    run = watch(paths=[place / "nowhere", place])
    assert titles(run) == ["1", "2", "3", "4"]
    assert isinstance(run.error, SourceRefusedError)
    assert f"{place / 'nowhere'}: no such file or folder" in str(run.error)


def test_without_a_folder_it_says_where_to_put_one(fetch):
    assert "[sources.folder]" in str(fetch(FolderSource()).error)


def test_names_that_are_no_unicode(watch, place):
    path = os.path.join(os.fsencode(place), b"caf\xe9.jsonl")
    with open(path, "wb") as file:
        file.write(lines(5))
    os.utime(path, (LONG_AGO, LONG_AGO))
    first = watch()
    assert "5" in titles(first)
    json.dumps(dict(first.cursor)).encode()
    assert titles(watch(first.cursor)) == []
