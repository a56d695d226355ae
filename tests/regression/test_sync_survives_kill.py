"""Kill -9 a sync at any moment, run it again: nothing lost, nothing double."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import broadsheet
from fake_source import Papers
from reading_tables import read_tables
from replicas.server import ReceivedRequest, ReplicaServer, Reply

RECORDS = 1200
SYNC = """
import sys
from fake_source import FakeSource
from broadsheet.sources import registry
registry.SOURCES = (FakeSource(),)
from broadsheet.cli.main import main
main(["--home", sys.argv[1], "sync", "--json"])
"""


def start(home: Path, database: str) -> subprocess.Popen[str]:
    paths = [str(Path(broadsheet.__file__).parents[1]), str(Path(__file__).parents[1])]
    return subprocess.Popen(
        [sys.executable, "-c", SYNC, str(home)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(paths), "BROADSHEET_DATABASE_URL": database},
        stdout=subprocess.PIPE,
        text=True,
    )


def contents(database: str) -> dict[str, list[tuple[object, ...]]]:
    queries = {
        "papers": "SELECT id, title, sources FROM papers ORDER BY id",
        "records": "SELECT source, source_key, content, position FROM records ORDER BY 1, 2",
        "rejected": "SELECT position, reason, raw FROM rejected ORDER BY position",
        "cursor": "SELECT source, cursor FROM source_cursors",
        "unended": "SELECT number FROM source_runs WHERE outcome = 'running'",
    }
    return read_tables(database, queries)


def make_home(path: Path, address: str) -> Path:
    path.mkdir()
    (path / "broadsheet.toml").write_text(
        f'private_hosts = ["127.0.0.1"]\n[sources.fake]\nendpoint = "{address}"\n'
    )
    return path


class KillingPapers(Papers):
    """Papers, asked for by a process that is killed shortly after some page."""

    def __init__(self, count: int, size: int, drawn: random.Random) -> None:
        super().__init__(count, size)
        self._drawn = drawn
        self.victim: subprocess.Popen[str] | None = None
        self.pages_left = 0

    def __call__(self, request: ReceivedRequest) -> Reply:
        self.pages_left -= 1
        if self.victim and self.pages_left == 0:
            # While the page travels, is parsed, stored, or its cursor is kept.
            threading.Timer(self._drawn.uniform(0, 0.03), self.victim.kill).start()
        return super().__call__(request)


def test_a_sync_killed_at_random_moments_ends_as_if_it_never_was(
    tmp_path: Path, new_library: Callable[[], AbstractContextManager[str]]
) -> None:
    with new_library() as whole, new_library() as killed:
        disturb_sync(tmp_path, whole, killed)


def disturb_sync(tmp_path: Path, whole: str, killed: str) -> None:
    drawn = random.Random(11)
    papers = KillingPapers(RECORDS, size=10, drawn=drawn)
    with ReplicaServer(papers) as server:
        undisturbed = make_home(tmp_path / "undisturbed", server.address)
        assert '"outcome": "done"' in start(undisturbed, whole).communicate()[0]
        home = make_home(tmp_path / "home", server.address)
        for _ in range(5):
            papers.pages_left = drawn.randint(2, 12)
            papers.victim = start(home, killed)
            papers.victim.communicate()
            assert papers.victim.returncode == -signal.SIGKILL
        papers.victim = None
        start(home, killed).communicate()
    expected = contents(whole)
    assert len(expected["papers"]) == RECORDS * 9 // 10
    assert contents(killed) == expected
    assert expected["unended"] == []
