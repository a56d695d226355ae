"""Files → store: counts, rejections, messages, progress, retries."""

import gzip
import json
from pathlib import Path

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import ImportSummary, Rejection
from broadsheet.ingest.formats.papers_jsonl import PapersJsonl
from broadsheet.ingest.pipeline import MOST_NOTES, import_inputs, parse_kept, retry_rejected
from broadsheet.ingest.reading import iter_inputs, total_size

PAGES = Path(__file__).parents[3].parent / "shared" / "data" / "pages"


@pytest.fixture
def store(tmp_path):
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as opened:
        yield opened


def counts(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    return (summary.read, summary.new, summary.updated, summary.duplicates, summary.rejected)


def line(number: int, **fields: object) -> str:
    name = f"arxiv:2401.{number:05d}"
    return json.dumps({"id": name, "title": f"Paper number {number} of many", **fields})


def write(path: Path, lines: list[str]) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.shared
def test_the_five_pages_give_524_papers(store):
    if not PAGES.is_dir():
        pytest.skip(f"needs the measurement data: {PAGES} is absent")
    paths = sorted(str(path) for path in PAGES.glob("*.txt"))
    assert counts(import_inputs(iter_inputs(paths), store)) == (600, 524, 0, 76, 0)
    last = store.last_change()
    for batch in (1000, 7):
        again = import_inputs(iter_inputs(paths), store, batch=batch)
        assert counts(again) == (600, 0, 0, 600, 0)
    assert store.count() == 524
    assert store.last_change() == last


def test_good_records_are_stored_and_bad_ones_listed(store, tmp_path):
    lines = [line(1), "{broken", line(2), '{"id": "arxiv:2401.00009"}', line(1)]
    path = write(tmp_path / "papers.jsonl", lines)
    for new in (2, 0):
        summary = import_inputs(iter_inputs([path]), store)
        assert counts(summary) == (5, new, 0, 3 - new, 2)
    listed = list(store.iter_rejected())
    assert [rejected.origin for rejected in listed] == [path, path]
    assert [rejected.position for rejected in listed] == ["line 2", "line 4"]
    assert [rejected.raw for rejected in listed] == [lines[1].encode(), lines[3].encode()]
    assert all(f"{path}, {rejected.position}: " in note for rejected, note in
               zip(listed, summary.notes, strict=True))  # fmt: skip


def test_batches_span_files_and_do_not_change_the_counts(store, tmp_path):
    for number in range(5):
        write(tmp_path / f"{number}.jsonl", [line(number * 2 + n + 1) for n in range(3)])
    summary = import_inputs(iter_inputs([str(tmp_path)], "papers-jsonl"), store, batch=4)
    assert counts(summary)[1:4] == (11, 0, 4)
    assert store.count() == 11


def test_a_cut_file_is_told_with_its_name_and_loses_no_record_before_the_cut(store, tmp_path):
    path = tmp_path / "papers.jsonl.gz"
    whole = gzip.compress("\n".join(line(n) for n in range(1, 2000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    summary = import_inputs(iter_inputs([str(path)]), store)
    assert summary.new == store.count() > 100
    assert summary.rejected >= 1
    assert any(note.startswith(f"{path}, ") and "ends early" in note for note in summary.notes)


def test_an_empty_file_is_told(store, tmp_path):
    path = tmp_path / "nothing.jsonl"
    path.touch()
    summary = import_inputs(iter_inputs([str(path)]), store)
    assert counts(summary) == (0, 0, 0, 0, 0)
    assert summary.notes == (f"{path}: the file is empty",)


def test_messages_are_bounded(store, tmp_path):
    path = write(tmp_path / "papers.jsonl", [line(1), *["{broken"] * 100])
    summary = import_inputs(iter_inputs([path]), store)
    assert len(summary.notes) == MOST_NOTES + 1
    assert summary.notes[-1] == "and 80 more messages like these"


def test_progress_counts_records_and_the_share_of_bytes(store, tmp_path):
    paths = [write(tmp_path / f"{n}.jsonl", [line(n * 50 + k + 1) for k in range(50)])
             for n in range(2)]  # fmt: skip
    calls: list[tuple[int, float | None]] = []
    import_inputs(
        iter_inputs(paths), store, lambda *at: calls.append(at), total_size(paths), batch=30
    )
    assert [records for records, _ in calls] == [30, 60, 90, 100]
    shares = [share for _, share in calls]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    calls.clear()
    import_inputs(iter_inputs(paths), store, lambda *at: calls.append(at))
    assert calls == [(100, None)]


def test_a_file_name_that_is_no_unicode_can_be_stored(store, tmp_path):
    path = tmp_path / "b\udce4d.jsonl"
    try:
        write(path, [line(1), "{broken"])
    except (OSError, UnicodeError):
        pytest.skip("the file system takes only Unicode names")
    assert counts(import_inputs(iter_inputs([str(path)]), store)) == (2, 1, 0, 0, 1)
    (rejected,) = store.iter_rejected()
    assert rejected.origin.endswith(r"b\udce4d.jsonl")


def test_ctrl_c_keeps_the_batches_before_it(store, tmp_path):
    path = write(tmp_path / "papers.jsonl", [line(n) for n in range(1, 101)])

    def interrupt(records: int, share: float | None) -> None:
        if records >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_inputs(iter_inputs([path]), store, interrupt, batch=20)
    assert store.count() == 40
    assert counts(import_inputs(iter_inputs([path]), store)) == (100, 60, 0, 40, 0)


def test_retry_stores_what_the_present_code_can_read(store, tmp_path, monkeypatch):
    path = write(tmp_path / "papers.jsonl", [line(1), line(2), "{broken"])
    understands = PapersJsonl.parse

    def parse(self: PapersJsonl, raw: bytes) -> object:
        if b"2401.00002" in raw:
            raise RecordError("not understood yet")
        return understands(self, raw)

    monkeypatch.setattr(PapersJsonl, "parse", parse)
    assert counts(import_inputs(iter_inputs([path]), store)) == (3, 1, 0, 0, 2)
    assert counts(retry_rejected(store)) == (2, 0, 0, 0, 2)
    monkeypatch.undo()
    assert counts(retry_rejected(store)) == (2, 1, 0, 0, 1)
    assert [rejected.raw for rejected in store.iter_rejected()] == [b"{broken"]
    assert store.get("2401.00002").title == "Paper number 2 of many"
    assert counts(retry_rejected(store)) == (1, 0, 0, 0, 1)


def test_retry_leaves_alone_what_was_not_kept_whole(store):
    cut = line(1).encode() + b" " * 64 * 1024
    store.store([], [("f", "papers-jsonl", Rejection("a line too long", "line 1", cut)),
                     ("f", "papers-jsonl", Rejection("data ends early", "after record 4")),
                     ("f", "no such format", Rejection("unknown", "line 1", b"{}"))])  # fmt: skip
    assert counts(retry_rejected(store)) == (3, 0, 0, 0, 3)
    assert store.count_rejected() == 3
    assert store.count() == 0
