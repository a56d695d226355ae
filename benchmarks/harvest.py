"""``make bench-harvest``: harvests and backfills of real records, and how they resume.

Writes its two sections of benchmarks/RESULTS.md. The OAI-PMH repository is the tests'
replica in a process of its own, filled from the measurement corpus; the pause between
requests is left out, everything else is as readers run it.
"""

import argparse
import datetime as dt
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.__main__ import BROADSHEET, machine
from benchmarks.results import write_sections

sys.path.insert(0, str(corpus.ROOT / "tests"))

import harvesting
from replicas.archive import Archive, Submission
from replicas.oai import OaiReplica
from replicas.server import ReplicaServer

PAGE_SIZE = 1300
"""Records of a page of arXiv's own repository."""

_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")


@dataclass(frozen=True)
class Measured:
    """A child process from start to end."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Resident memory at its highest, mapped pages of the database included."""
    own_bytes: int
    """The same without what is mapped from files (0 where the system does not tell)."""


def run_child(
    command: Sequence[str], stop: Callable[[float], bool] = lambda seconds: False
) -> Measured:
    """Run a command to its end, or kill it (-9) as soon as ``stop(seconds)`` says so."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        killed = False
        own = 0
        while True:
            own = max(own, _own_bytes(child.pid))
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            if not killed and stop(time.perf_counter() - started):
                child.send_signal(signal.SIGKILL)
                killed = True
            time.sleep(0.02)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode and not killed:
        raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}")
    seconds = time.perf_counter() - started
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, own)


def _own_bytes(process: int) -> int:
    """Memory of a process that is backed by no file, now (Linux)."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def papers_in(home: Path) -> int:
    """Papers that are committed; 0 where there is no library yet."""
    try:
        with sqlite3.connect(f"file:{home}/library.sqlite?mode=ro", uri=True) as connection:
            found = connection.execute("SELECT max(key) FROM papers").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        if "connection" in locals():
            connection.close()
    return int(found or 0)


# What the repository and the snapshot are filled with


def iter_papers() -> Iterator[dict[str, Any]]:
    """All real papers at hand; those without an arXiv identifier get one that is free."""
    number = 0
    given: set[str] = set()
    for paper in itertools.chain(map(json.loads, corpus.iter_lines()), corpus.iter_others()):
        name = paper["id"]
        if name in given:
            continue
        if name.startswith("arxiv:"):
            given.add(name)
            paper["id"] = name.removeprefix("arxiv:")
        else:
            paper["id"] = f"{9001 + number // 100_000}.{number % 100_000:05d}"
            number += 1
        yield paper


def submission(number: int, paper: dict[str, Any]) -> Submission:
    """As arXiv would have it: a thousand papers changed a day."""
    day = dt.date(2020, 1, 1) + dt.timedelta(days=number // 1000)
    submitted = dt.datetime.combine(day, dt.time(), dt.UTC)
    return Submission(
        id=paper["id"],
        title=paper["title"],
        abstract=paper["abstract"],
        authors=tuple(paper.get("authors") or ("Anonymous",)),
        categories=categories(paper),
        versions=tuple(submitted + dt.timedelta(days=n) for n in range(1 + number % 3)),
        datestamp=day,
        comments=str(paper.get("comment") or ""),
        doi=str(paper.get("doi") or ""),
    )


def categories(paper: dict[str, Any]) -> tuple[str, ...]:
    found = [name for name in paper.get("categories") or () if _CATEGORY.fullmatch(str(name))]
    return tuple(found) or ("cs.LG",)


def snapshot_line(number: int, paper: dict[str, Any]) -> bytes:
    """A line in the form of arxiv-metadata-oai-snapshot.json."""
    names = paper.get("authors") or ["Anonymous"]
    submitted = dt.datetime(2007, 4, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=15 * number)
    versions = [
        {"version": f"v{n + 1}", "created": format_datetime(submitted + dt.timedelta(days=n), True)}
        for n in range(1 + number % 3)
    ]
    fields = {
        "id": paper["id"],
        "submitter": names[0],
        "authors": ", ".join(names),
        "title": paper["title"],
        "comments": paper.get("comment"),
        "journal-ref": None,
        "doi": paper.get("doi"),
        "report-no": None,
        "categories": " ".join(categories(paper)),
        "license": None,
        "abstract": paper["abstract"],
        "versions": versions,
        "update_date": f"{submitted:%Y-%m-%d}",
        "authors_parsed": [[*name.rpartition(" ")[2::-2], ""] for name in names],
    }
    return json.dumps(fields, ensure_ascii=True).encode() + b"\n"


# Harvest


def serve(count: int) -> None:
    """The repository, until killed; prints its address."""
    papers = itertools.islice(iter_papers(), count)
    archive = Archive(today=dt.date(2024, 5, 1))
    for number, paper in enumerate(papers):
        archive.put(submission(number, paper))
    server = ReplicaServer(OaiReplica(archive, page_size=PAGE_SIZE))
    print(server.address, flush=True)
    server.serve()


@contextmanager
def repository(count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.harvest", "--serve", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield f"{child.stdout.readline().strip()}/oai"
        finally:
            child.kill()


def harvest_command(home: Path, endpoint: str, *since: str) -> list[str]:
    home.mkdir(parents=True, exist_ok=True)
    return [sys.executable, harvesting.__file__, str(home), endpoint, *since]


def bench_harvest(work: Path, count: int) -> list[str]:
    everything = "1991-01-01"
    with repository(count) as endpoint:
        small, whole, killed = (work / name for name in ("small", "whole", "killed"))
        part = run_child(
            harvest_command(small, endpoint, everything),
            lambda seconds: papers_in(small) >= count // 10,
        )
        full = run_child(harvest_command(whole, endpoint, everything))
        stored = papers_in(whole)
        run_child(
            harvest_command(killed, endpoint, everything),
            lambda seconds: papers_in(killed) >= count // 2,
        )
        had, resumed = papers_in(killed), [0.0]

        def look(seconds: float) -> bool:
            if not resumed[0] and papers_in(killed) > had:
                resumed[0] = seconds
            return False

        run_child(harvest_command(killed, endpoint), look)
        ended = papers_in(killed)
    return [
        "## Harvest over OAI-PMH",
        "",
        f"{dt.date.today()}, {machine()}. {count:,} records of the corpus as arXivRaw in pages of "
        f"{PAGE_SIZE:,}, through the client, the runner and the library, without the pause between "
        "requests and without indexing; the repository has a process of its own.",
        "",
        "| papers stored | seconds | records/s | records per CPU second | own memory at most "
        "| the same at a tenth | with mapped pages |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| {stored:,} | {full.seconds:.0f} | {count / full.seconds:,.0f} "
        f"| {count / full.cpu_seconds:,.0f} | {full.own_bytes / 2**20:.0f} MiB "
        f"| {part.own_bytes / 2**20:.0f} MiB | {full.peak_bytes / 2**20:.0f} MiB |",
        "",
        f"Killed (-9) at {had:,} papers: the next run had stored its first new page after "
        f"{resumed[0]:.1f} s, start of Python included, and ended with {ended:,} papers.",
        "",
    ]


# Backfill


def bench_backfill(work: Path, count: int) -> list[str]:
    place = work / "snapshot"
    place.mkdir(parents=True, exist_ok=True)
    file = place / "arxiv-metadata-oai-snapshot.json"
    number = -1
    with file.open("wb") as target:
        for number, paper in enumerate(itertools.islice(iter_papers(), count)):
            target.write(snapshot_line(number, paper))
    count = number + 1  # the corpus may have fewer
    whole = work / "backfill"
    command = [BROADSHEET, "--home", str(whole), "import", str(file)]
    full = run_child(command)
    stored = papers_in(whole)
    by_import = resume_seconds(work / "again", ["import", str(file)], count // 4)
    watched = work / "watched"
    watched.mkdir()
    settings = f'[sources.folder]\npaths = ["{place}"]\nsettle_seconds = 0\n'
    (watched / "broadsheet.toml").write_text(settings, encoding="utf-8")
    by_folder = resume_seconds(watched, ["sync", "folder"], count // 4)
    return [
        "## Backfill from an arXiv snapshot",
        "",
        f"{dt.date.today()}, {machine()}. {count:,} real records in the form of arXiv's snapshot "
        f"({file.stat().st_size / 2**20:,.0f} MiB), imported with words and vectors.",
        "",
        "| papers stored | seconds | records/s | peak memory |",
        "| --- | --- | --- | --- |",
        f"| {stored:,} | {full.seconds:.0f} | {count / full.seconds:,.0f} "
        f"| {full.peak_bytes / 2**20:.0f} MiB |",
        "",
        f"Killed (-9) at a quarter, the first new record is stored {by_import:.0f} s after "
        "`broadsheet import` starts again (it reads what it has as duplicates), and "
        f"{by_folder:.0f} s after `broadsheet sync folder` does (it skips what it has stored). "
        f"At this rate the whole snapshot of 2.7 million records takes "
        f"{2.7e6 / (count / full.seconds) / 3600:.1f} hours.",
        "",
    ]


def resume_seconds(home: Path, arguments: list[str], upto: int) -> float:
    """Kill a command at ``upto`` papers and start it again: seconds to the first new one."""
    command = [BROADSHEET, "--home", str(home), *arguments]
    run_child(command, lambda seconds: papers_in(home) >= upto)
    had, resumed = papers_in(home), [0.0]

    def look(seconds: float) -> bool:
        resumed[0] = seconds
        return papers_in(home) > had

    run_child(command, look)
    return resumed[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="0 measures no harvest")
    parser.add_argument("--snapshot", type=int, default=400_000, help="0 measures no backfill")
    parser.add_argument("--work", type=Path, help="keep the work files here")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not corpus.CORPUS.exists():
        raise SystemExit(f"{corpus.CORPUS}: the measurement corpus is not here; nothing measured")
    if arguments.serve:
        serve(arguments.serve)
        return
    work = arguments.work or Path(tempfile.mkdtemp(prefix="broadsheet-harvest-"))
    work.mkdir(parents=True, exist_ok=True)
    lines = bench_harvest(work, arguments.records) if arguments.records else []
    lines += bench_backfill(work, arguments.snapshot) if arguments.snapshot else []
    write_sections(lines)
    print("\n".join(lines))
    if not arguments.work:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
