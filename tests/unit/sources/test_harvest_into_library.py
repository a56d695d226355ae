"""Effects of a harvest on the library: versions, corrections, withdrawals, notes."""

import datetime as dt

import pytest

import harvesting
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import parse_kept
from replicas.archive import Archive
from replicas.oai import OaiReplica
from replicas.server import ReplicaServer

ALL = dt.date(1991, 1, 1)


@pytest.fixture
def archive():
    return Archive.of(12)


@pytest.fixture
def sync(archive, tmp_path):
    with ReplicaServer(OaiReplica(archive, page_size=5)) as server:
        yield lambda since=None, **more: harvesting.harvest(
            tmp_path, f"{server.address}/oai", since, **more
        )


@pytest.fixture
def paper(tmp_path):
    def get(name):
        with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as store:
            return store.get(name)

    return get


def test_a_new_version_updates_the_paper_and_keeps_its_history(sync, archive, paper):
    assert sync(ALL).counts.new == 12
    before = paper("2403.00001")
    archive.today += dt.timedelta(days=3)
    archive.revise("2403.00001", title="A better title", abstract="We say it better.")
    archive.amend("2403.00001", authors=("Bo Lindqvist", "Dai Nguyen", "Eva Schröder-Ruiz"))
    run = sync()
    assert (run.outcome, run.counts.updated, run.counts.new) == ("done", 1, 0)
    after = paper("2403.00001")
    assert (after.id, after.key, after.listed) == (before.id, before.key, before.listed)
    assert after.title == "A better title"
    assert after.abstract == "We say it better."
    assert [author.name for author in after.authors] == [
        "Bo Lindqvist", "Dai Nguyen", "Eva Schröder-Ruiz",
    ]  # fmt: skip
    assert [(each.number, str(each.date)) for each in after.versions] == [
        (1, "2024-03-01"), (2, "2024-03-05"),
    ]  # fmt: skip
    assert (str(after.published), str(after.updated)) == ("2024-03-01", "2024-03-05")


def test_a_correction_without_a_new_version(sync, archive, paper):
    sync(ALL)
    archive.today += dt.timedelta(days=3)
    archive.amend("2403.00002", journal_ref="J. Inv. 7 (2024) 1", doi="10.5555/j.7")
    assert sync().counts.updated == 1
    after = paper("doi:10.5555/j.7")
    assert (after.id, after.venue) == ("arxiv:2403.00002", "J. Inv. 7 (2024) 1")


def test_a_deleted_record_marks_its_paper_and_erases_nothing(sync, archive, paper):
    sync(ALL)
    before = paper("2403.00003")
    archive.today += dt.timedelta(days=3)
    archive.delete("2403.00003")
    assert sync().counts.updated == 1
    after = paper("2403.00003")
    assert after.status == "withdrawn"
    assert (after.title, after.abstract) == (before.title, before.abstract)


def test_the_overlap_brings_duplicates_and_no_change(sync, paper):
    sync(ALL)
    again = sync()
    assert (again.outcome, again.counts.new, again.counts.updated) == ("unchanged", 0, 0)
    assert again.counts.duplicates == again.counts.read > 0


def test_the_first_run_says_how_far_back_it_went(sync):
    # The replica's papers are older than any last week: an empty run, and why.
    run = sync()
    assert run.outcome == "unchanged"
    assert "first run: papers that changed since" in run.message
    assert "`--since 1991-01-01` fetches the whole archive" in run.message
