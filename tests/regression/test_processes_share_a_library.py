"""Several processes open a library that does not exist yet, and write to it, at once."""

import os
import subprocess
import sys
from pathlib import Path

import broadsheet
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import parse_kept

WRITE = """
import json, sys
from broadsheet.backends.sql.store import SqlStore
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import parse_kept

database, writer = sys.argv[1:]
sys.stdin.readline()
with SqlStore(database, Decider(parse_kept)) as store:
    for n in range(15):
        # One paper is everybody's; the others are this writer's own.
        name, title = ("pl:0", "A paper of all") if n == 7 else (f"pl:{writer}-{n}", f"{writer} {n}")
        raw = json.dumps({"id": name, "title": title}).encode()
        record = parse_kept("papers-jsonl", raw)
        store.store([Arrival(record, RawRecord(raw, "line 1"), "papers-jsonl", "f")])
"""


def test_processes_may_open_a_new_library_at_once(tmp_path):
    database = tmp_path / "library.sqlite"
    environment = os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(database), f"writer{n}"],
            env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for n in range(5)
    ]  # fmt: skip
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    with SqlStore(database, Decider(parse_kept)) as store:
        assert store.count() == 5 * 14 + 1
        numbers = [change.number for change in store.changes_after(0, 1000)]
        assert numbers == list(range(1, 5 * 14 + 2))
