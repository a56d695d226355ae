"""Kill -9 a sync at any moment, run it again: nothing lost, nothing double."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import broadsheet
from fake_source import Papers
from replicas.server import ReplicaServer

RECORDS = 1200
SYNC = """
import sys
from fake_source import FakeSource
from broadsheet.ingest.sources import registry
registry.SOURCES = (FakeSource(),)
from broadsheet.cli.main import main
main(["--home", sys.argv[1], "sync", "--json"])
"""


def start(home: Path) -> subprocess.Popen[str]:
    paths = [str(Path(broadsheet.__file__).parents[1]), str(Path(__file__).parents[1])]
    return subprocess.Popen(
        [sys.executable, "-c", SYNC, str(home)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )


def contents(home: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(home / "library.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ask = {
            "papers": "SELECT id, title, sources FROM papers ORDER BY id",
            "records": "SELECT source, source_key, content, position FROM records ORDER BY 1, 2",
            "rejected": "SELECT position, reason, raw FROM rejected ORDER BY position",
            "cursor": "SELECT source, cursor FROM source_cursors",
            "unended": "SELECT number FROM source_runs WHERE outcome = 'running'",
        }
        found = {name: connection.execute(query).fetchall() for name, query in ask.items()}
    connection.close()
    return found


def make_home(path: Path, address: str) -> Path:
    path.mkdir()
    (path / "broadsheet.toml").write_text(
        f'private_hosts = ["127.0.0.1"]\n[sources.fake]\nendpoint = "{address}"\n'
    )
    return path


def test_a_sync_killed_at_random_moments_ends_as_if_it_never_was(tmp_path: Path) -> None:
    drawn = random.Random(11)
    with ReplicaServer(Papers(RECORDS, size=10)) as server:
        undisturbed = make_home(tmp_path / "undisturbed", server.address)
        began = time.monotonic()
        assert '"outcome": "done"' in start(undisturbed).communicate()[0]
        lasted = time.monotonic() - began
        home = make_home(tmp_path / "home", server.address)
        kills = 0
        for _ in range(5):
            running = start(home)
            time.sleep(drawn.uniform(0.3, 0.8) * lasted)
            running.send_signal(signal.SIGKILL)
            kills += running.wait() == -signal.SIGKILL
            running.communicate()
        assert kills >= 2
        start(home).communicate()
    expected = contents(undisturbed)
    assert len(expected["papers"]) == RECORDS * 9 // 10
    assert contents(home) == expected
    assert expected["unended"] == []
