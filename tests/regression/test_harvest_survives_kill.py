"""Kill -9 in the middle of a harvest, run it again: nothing lost, nothing double."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import broadsheet
import harvesting
from reading_tables import read_tables
from replicas.archive import Archive, invented
from replicas.oai import OaiReplica
from replicas.server import ReplicaServer

ALL = "1991-01-01"


class Killer:
    """Serves a repository; kills its client at the chosen request, or soon after."""

    def __init__(self, replica):
        self.replica = replica
        self.client = None
        self.at = self.requests = 0
        self.delay = 0.0

    def __call__(self, request):
        self.requests += 1
        if self.client is not None and self.requests == self.at:
            timer = threading.Timer(self.delay, self.client.send_signal, (signal.SIGKILL,))
            timer.start()
            if not self.delay:
                timer.join()
        return self.replica(request)


def start(home, database, address, *since):
    environment = os.environ | {
        "PYTHONPATH": str(Path(broadsheet.__file__).parents[1]),
        "BROADSHEET_DATABASE_URL": database,
    }
    return subprocess.Popen(
        [sys.executable, harvesting.__file__, str(home), f"{address}/oai", *since],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def contents(database):
    queries = {
        "papers": "SELECT id, title, abstract, authors, identifiers, categories, published, "
        "updated, status, versions FROM papers ORDER BY id",
        "records": "SELECT source, source_key, papers.id, content FROM records "
        "JOIN papers ON papers.key = records.paper ORDER BY 1, 2",
        "identifiers": "SELECT scheme, value, papers.id FROM identifiers "
        "JOIN papers ON papers.key = identifiers.paper ORDER BY 1, 2",
        "rejected": "SELECT reason, raw FROM rejected ORDER BY raw",
        "alive": "SELECT papers.id FROM changes JOIN papers ON papers.key = changes.paper "
        "WHERE removed = 0 ORDER BY 1",
    }
    return read_tables(database, queries)


def a_week_later(archive):
    """New papers, new versions, corrections, withdrawals."""
    archive.today += dt.timedelta(days=7)
    for number in range(400, 460):
        archive.put(invented(number, archive.today))
    for number in range(0, 60, 3):
        archive.revise(f"2403.{number:05d}", title=f"A better title of {number}")
    for number in range(1, 60, 6):
        archive.delete(f"2403.{number:05d}")
    for number in range(2, 60, 9):
        archive.amend(f"2403.{number:05d}", journal_ref=f"J. Inv. {number}")


def test_a_harvest_killed_at_random_moments_ends_as_if_it_never_was(tmp_path, new_library):
    with new_library() as whole, new_library() as killed:
        disturb_harvest(tmp_path, whole, killed)


def disturb_harvest(tmp_path, whole, killed):
    drawn = random.Random(11)
    archive = Archive.of(400, a_day=40)
    archive.amend("2403.00033", damage=b"<record><header/>torn</record>")
    replica = OaiReplica(archive, page_size=20)
    killer = Killer(replica)
    kills = 0
    with ReplicaServer(killer) as server:
        undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
        for stage in (1, 2):
            if stage == 2:
                a_week_later(archive)
            since = (ALL,) if stage == 1 else ()
            output = start(undisturbed, whole, server.address, *since).communicate()[0]
            assert output.startswith("done"), output
            for number in range(3):
                if number == 1:
                    replica.expire_tokens()
                killer.requests = 0
                killer.at, killer.delay = drawn.randrange(2, 5), drawn.choice((0, 0.005, 0.03))
                killer.client = running = start(disturbed, killed, server.address, *since)
                running.communicate()
                kills += running.wait() == -signal.SIGKILL
                killer.client, since = None, ()
            output = start(disturbed, killed, server.address).communicate()[0]
            assert output.startswith(("done", "unchanged")), output
    assert kills >= 4
    expected = contents(whole)
    assert len(expected["papers"]) == 459
    assert len(expected["rejected"]) == 1
    assert sum(status == "withdrawn" for *_, status, _ in expected["papers"]) == 10
    assert contents(killed) == expected
