"""Kill -9 at any moment, run it again: nothing lost, nothing double."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import broadsheet
from reading_tables import read_tables

RECORDS = 3000
IMPORT = """
import sys
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import import_inputs, parse_kept
from broadsheet.ingest.reading import iter_inputs

with SqlStore(sys.argv[1], Decider(parse_kept)) as store:
    print("open", flush=True)
    import_inputs(iter_inputs([sys.argv[2]]), store, batch=60)
    print("done", flush=True)
"""


def lines() -> list[str]:
    """New papers, later states, duplicates, papers that merge, and broken lines."""
    drawn = random.Random(20240101)
    made = []
    for number in range(RECORDS):
        kind, other = drawn.random(), drawn.randrange(number + 1)
        paper = {"id": f"arxiv:2401.{number:05d}", "title": f"Paper number {number} of many",
                 "authors": ["A. Roe"], "date": "2024-01-02"}  # fmt: skip
        if kind < 0.05:
            made.append('{"title": "broken ' + str(number))
            continue
        if kind < 0.15:
            paper |= {"id": f"arxiv:2401.{other:05d}", "venue": f"Journal {number}"}
        elif kind < 0.20:
            paper |= {"id": f"pl:{number}", "title": f"Paper number {other} of many"}
        elif kind < 0.30:
            paper |= {"id": f"acl:2024.x-y.{number}"}
        made.append(json.dumps(paper))
    return made


def start(database: str, file: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, database, str(file)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def contents(database: str) -> dict[str, list[tuple[object, ...]]]:
    """Contents that must be the same. Times and numbers of writes may differ: work is redone."""
    queries = {
        "papers": "SELECT id, title, venue, authors, identifiers, published, sources "
        "FROM papers ORDER BY id",
        "records": "SELECT source, source_key, papers.id, content, title_key, position "
        "FROM records JOIN papers ON papers.key = records.paper ORDER BY 1, 2",
        "identifiers": "SELECT scheme, value, papers.id FROM identifiers "
        "JOIN papers ON papers.key = identifiers.paper ORDER BY 1, 2",
        "redirects": "SELECT former_id, papers.id FROM redirects "
        "JOIN papers ON papers.key = redirects.paper ORDER BY 1",
        "rejected": "SELECT position, reason, raw FROM rejected ORDER BY position",
        "alive": "SELECT papers.id FROM changes JOIN papers ON papers.key = changes.paper "
        "WHERE removed = 0 ORDER BY 1",
    }
    return read_tables(database, queries)


def test_an_import_killed_at_random_moments_ends_as_if_it_never_was(tmp_path, new_library):
    with new_library() as undisturbed, new_library() as database:
        disturb_import(tmp_path, undisturbed, database)


def disturb_import(tmp_path: Path, undisturbed: str, database: str) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text("\n".join(lines()), encoding="utf-8")
    began = time.monotonic()
    assert start(undisturbed, file).communicate()[0] == "open\ndone\n"
    lasted = time.monotonic() - began
    drawn = random.Random(7)
    kills = 0
    for _ in range(6):
        running = start(database, file)
        time.sleep(drawn.uniform(0.2, 0.9) * lasted)
        running.send_signal(signal.SIGKILL)
        kills += running.wait() == -signal.SIGKILL
        running.communicate()
    assert kills, "every import ended before it could be killed"
    assert start(database, file).communicate()[0] == "open\ndone\n"
    expected = contents(undisturbed)
    assert len(expected["papers"]) > RECORDS / 2
    assert len(expected["rejected"]) > RECORDS / 50
    assert contents(database) == expected
