"""``make bench``: measure import, search, freshness and start, beside peers.

Writes its sections of benchmarks/RESULTS.md. Needs the measurement corpus (see corpus.py);
takes about half an hour on two cores for the default 430,064 papers, and about an hour
and 25 GB of disk with ``--papers 2800000``.
"""

import argparse
import datetime as dt
import functools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks import corpus, explanations, freshness, peers, searching, undisturbed
from benchmarks.results import write_sections
from benchmarks.timing import measure_both, one_core, run_measured
from broadsheet.backends.local_index.builds import Builds
from broadsheet.backends.local_index.postings.reader import segment_sizes
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services

BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))


def machine() -> str:
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.split(": ")[1] for x in lines if x.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"


def bench_import(home: Path, papers: Path, count: int, title: str) -> list[str]:
    """Import and index everything through the command, searching meanwhile."""
    seen: list[tuple[float, int]] = []

    def look(seconds: float) -> None:
        if int(seconds) % 15 == 5 and (home / "library.sqlite").exists():
            with open_services(Home(home)) as services:
                seen.append(
                    (seconds, services.search.search(SearchRequest("neural network")).matching)
                )

    command = [BROADSHEET, "--home", str(home), "import", str(papers)]
    seconds, peak = run_measured(command, look)
    segments = _count_segments(home)
    renew = [BROADSHEET, "--home", str(home), "index", "renew"]
    renewing, renewing_peak = run_measured(renew, lambda seconds: None)
    with open_services(Home(home)) as services:
        status = services.admin.status(OWNER)
    sizes = ", ".join(f"{part} {size / 2**20:,.0f} MiB" for part, size in status.bytes.items())
    first = next(((s, found) for s, found in seen if found), None)
    return [
        f"## {title}",
        "",
        "| papers | seconds | papers/s | peak memory | first found while importing |",
        "| --- | --- | --- | --- | --- |",
        f"| {status.indexed:,} of {count:,} | {seconds:.0f} | {count / seconds:,.0f} "
        f"| {peak / 2**30:.2f} GiB | "
        + (f"{first[1]:,} matches after {first[0]:.0f} s |" if first else "not seen |"),
        "",
        f"On disk: {sizes}. Embedder: {status.embedder}. Then `broadsheet index renew`, which `up` "
        f"runs in the background: the {segments} segments of "
        f"the word index became {_count_segments(home)} in {renewing:.0f} s, peak memory "
        f"{renewing_peak / 2**30:.2f} GiB.",
        "",
    ]


def _count_segments(home: Path) -> int:
    build = Builds(Home(home).index).current()
    return len(segment_sizes(build)) if build else 0


def bench_search(home: Path, count: int, title: str, papers: Path | None) -> list[str]:
    """Latency on one core, for us and, over the lines of ``papers``, for the peers."""
    rows, note = searching.measure_apart(home, count)
    built = ""
    if papers is not None:
        more, built = _measure_peers(papers, count)
        rows += more
    return [
        f"## {title}",
        "",
        f"{count} queries of each kind, each new; 20 papers with snippets for us, 20 stored texts "
        "for the peers. Ratio: median over our hybrid median.",
        "",
        *searching.table(rows),
        "",
        f"{note} {built}".strip(),
        "",
    ]


def _measure_peers(papers: Path, count: int) -> tuple[list[searching.Row], str]:
    """Their rows, and a line on what building them took."""
    rows: list[searching.Row] = []
    took: list[str] = []
    builders = {
        "Tantivy as it comes": peers.build_tantivy,
        "SQLite FTS5, any word": peers.build_fts5,
        "bm25s": peers.build_bm25s,
        "txtai, words": functools.partial(peers.build_txtai, hybrid=False),
        "txtai, hybrid": functools.partial(peers.build_txtai, hybrid=True),
    }
    for name, build in builders.items():
        with tempfile.TemporaryDirectory(dir=papers.parent) as folder:
            built = build(papers, Path(folder))
            if built is None:
                took.append(f"{name} is not installed and was left out")
                continue
            search, seconds = built
            took.append(f"{name} {seconds:.0f} s")
            with one_core():
                for kind, texts in corpus.queries(count).items():
                    rows.append((name, kind, *measure_both(search, texts)))
    return rows, f"Building the peers: {', '.join(took)}."


def best_of(runs: int, command: list[str]) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def processor_seconds(runs: int, command: list[str]) -> float:
    """User and system time of a command, the least of several runs."""
    times = []
    for _ in range(runs):
        before = os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        user = after.children_user - before.children_user
        times.append(user + after.children_system - before.children_system)
    return min(times)


def seconds_to_first_page(home: Path) -> float:
    """From starting ``broadsheet up`` on a filled home to the home page's last byte."""
    port = 8799
    started = time.perf_counter()
    with subprocess.Popen(
        [BROADSHEET, "--home", str(home), "up", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            while time.perf_counter() - started < 60:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                        page.read()
                    return time.perf_counter() - started
                except OSError:
                    time.sleep(0.02)
        finally:
            server.terminate()
    raise SystemExit("the server did not answer within a minute")


def bench_start(home: Path, title: str) -> list[str]:
    help_seconds = best_of(5, [BROADSHEET, "--help"])
    search_seconds = best_of(3, [BROADSHEET, "--home", str(home), "search", "surrogate models"])
    page_seconds = min(seconds_to_first_page(home) for _ in range(3))
    with open_services(Home(home)) as services:
        paper = next(iter(services.search.search(SearchRequest("surrogate models")).hits)).paper.id
    in_home = [BROADSHEET, "--home", str(home)]
    processor = {
        "--help": processor_seconds(7, [BROADSHEET, "--help"]),
        "show ID": processor_seconds(7, [*in_home, "show", paper]),
        "search": processor_seconds(5, [*in_home, "search", "surrogate models"]),
    }
    return [
        f"## {title}",
        "",
        f"`broadsheet --help` {help_seconds:.2f} s; `broadsheet search` as a command "
        f"{search_seconds:.2f} s; `broadsheet up` on this library to the first page "
        f"{page_seconds:.2f} s. The best of several runs each.",
        "",
        "Processor time (user and system), the least of several runs: "
        + ", ".join(f"`{name}` {seconds:.2f} s" for name, seconds in processor.items())
        + ".",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=corpus.FULL_SIZE)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument(
        "--work",
        type=Path,
        help="keep the work files here; a library that is there is not made again",
    )
    arguments = parser.parse_args()
    if not corpus.CORPUS.exists():
        raise SystemExit(f"{corpus.CORPUS}: the measurement corpus is not here; nothing measured")
    work = arguments.work or Path(tempfile.mkdtemp(prefix="broadsheet-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    lines = bench_all(work, arguments.papers, arguments.queries)
    write_sections(lines)
    print("\n".join(lines))
    if not arguments.work:
        shutil.rmtree(work)


def bench_all(work: Path, size: int, queries: int) -> list[str]:
    """All sections; those of another size than the corpus' stand beside those of the corpus."""
    papers, home = work / "papers.jsonl", work / "home"
    usual = size == corpus.FULL_SIZE
    of = "" if usual else f", {size:,} papers"
    lines: list[str] = []
    if usual:
        lines += [
            "# Measured",
            "",
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine()}. Written by `make bench`; this kind "
            "of machine is noisy, so compare within one run.",
            "",
        ]
    if not papers.exists():
        corpus.write_corpus(papers, size)
    if not (home / "library.sqlite").exists():
        lines += bench_import(home, papers, size, f"Import and index{of}")
    lines += bench_search(
        home, queries, f"Search, one core{of}", papers if size <= corpus.FULL_SIZE else None
    )
    lines += undisturbed.bench(home, queries, f"Search, one core, undisturbed{of}")
    if usual:
        lines += explanations.bench(home, queries)
    lines += freshness.bench(home, f"Freshness{of}")
    return lines + bench_start(home, f"Start{of}")


if __name__ == "__main__":
    main()
