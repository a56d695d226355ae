"""``make bench``: measure import, search, freshness and start, beside peers.

Writes its sections of benchmarks/RESULTS.md. Needs the measurement corpus (see corpus.py);
takes about half an hour on two cores for the default 430,064 papers.
"""

import argparse
import datetime as dt
import itertools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from benchmarks import corpus, explanations, peers
from benchmarks.results import write_sections
from benchmarks.timing import Latency, measure_latency, one_core, resident_bytes, run_measured
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_engine

BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))


def machine() -> str:
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.split(": ")[1] for x in lines if x.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"


def bench_import(home: Path, papers: Path, count: int) -> list[str]:
    """Import and index everything through the command, searching meanwhile."""
    seen: list[tuple[float, int]] = []

    def look(seconds: float) -> None:
        if int(seconds) % 15 == 5 and (home / "library.sqlite").exists():
            with open_engine(Home(home)) as engine:
                seen.append((seconds, engine.search(SearchRequest("neural network")).matching))

    command = [BROADSHEET, "--home", str(home), "import", str(papers)]
    seconds, peak = run_measured(command, look)
    with open_engine(Home(home)) as engine:
        status = engine.status()
    sizes = ", ".join(f"{part} {size / 2**20:,.0f} MiB" for part, size in status.bytes.items())
    first = next(((s, found) for s, found in seen if found), None)
    return [
        "## Import and index",
        "",
        "| papers | seconds | papers/s | peak memory | first found while importing |",
        "| --- | --- | --- | --- | --- |",
        f"| {status.indexed:,} of {count:,} | {seconds:.0f} | {count / seconds:,.0f} "
        f"| {peak / 2**30:.2f} GiB | "
        + (f"{first[1]:,} matches after {first[0]:.0f} s |" if first else "not seen |"),
        "",
        f"On disk: {sizes}. Embedder: {status.embedder}.",
        "",
    ]


def bench_search(home: Path, papers: Path, work: Path, count: int) -> list[str]:
    """Latency on one core, for us and for the peers on the same queries."""
    rows: list[tuple[str, str, Latency]] = []
    kinds = corpus.queries(count)
    fts5, fts5_seconds = peers.build_fts5(papers, work)
    plain, plain_seconds = peers.build_tantivy(papers, work)
    with one_core(), open_engine(Home(home)) as engine:
        started = time.perf_counter()
        engine.search(SearchRequest("warm up"))
        first_search = time.perf_counter() - started
        for kind, texts in kinds.items():
            for mode in MODES:
                call = lambda text, mode=mode: engine.search(SearchRequest(text, mode=mode))  # noqa: E731
                rows.append((f"Broadsheet, {mode}", kind, measure_latency(call, texts)))
            rows.append(("Tantivy as it comes", kind, measure_latency(plain, texts)))
            rows.append(("SQLite FTS5, any word", kind, measure_latency(fts5, texts)))
        memory = resident_bytes()
    base = {kind: lat.median for name, kind, lat in rows if name == "Broadsheet, hybrid"}
    lines = [
        "## Search, one core",
        "",
        f"{count} queries of each kind; 20 papers with snippets for us, 20 stored texts for the "
        "peers. Ratio: median over our hybrid median.",
        "",
        "| engine | queries | median ms | p95 ms | worst ms | ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {kind} | {lat.median:.1f} | {lat.p95:.1f} | {lat.worst:.1f} "
        f"| {lat.median / base[kind]:.2f} |"
        for name, kind, lat in rows
    ]
    return [
        *lines,
        "",
        f"First search after opening: {first_search * 1000:.0f} ms. "
        f"Resident memory afterwards: {memory / 2**20:,.0f} MiB (mapped files included). "
        f"Building the peers: FTS5 {fts5_seconds:.0f} s, Tantivy {plain_seconds:.0f} s.",
        "",
    ]


def bench_freshness(home: Path, work: Path) -> list[str]:
    """1,000 more papers into the large library, while another thread searches."""
    batch = work / "more.jsonl"
    with batch.open("wb") as file:
        for number, line in enumerate(itertools.islice(corpus.iter_lines(), 1000)):
            made = corpus.recombined(line, line, corpus.FULL_SIZE + number)
            file.write(made.replace(b'"title": "', b'"title": "Zyzzogeton ', 1))
    stop = threading.Event()
    latencies: list[float] = []
    with open_engine(Home(home)) as engine:
        engine.start_indexing()
        before = engine.status().papers

        def keep_searching() -> None:
            while not stop.is_set():
                started = time.perf_counter()
                engine.search(SearchRequest("graph neural networks for molecules"))
                latencies.append((time.perf_counter() - started) * 1000)
                time.sleep(0.05)

        thread = threading.Thread(target=keep_searching)
        thread.start()
        child = subprocess.Popen(
            [BROADSHEET, "--home", str(home), "import", str(batch)], stdout=subprocess.DEVNULL
        )
        committed = found = None
        deadline = time.perf_counter() + 120
        while found is None and time.perf_counter() < deadline:
            if committed is None and engine.status().papers >= before + 1000:
                committed = time.perf_counter()
            if engine.search(SearchRequest("zyzzogeton", mode="words")).matching >= 1000:
                found = time.perf_counter()
            time.sleep(0.01)
        child.wait()
        stop.set()
        thread.join()
    if committed is None or found is None:
        return ["## Freshness", "", "The 1,000 papers were not found within two minutes.", ""]
    latencies.sort()
    return [
        "## Freshness",
        "",
        f"1,000 more papers were searchable {max(found - committed, 0.0):.2f} s after their commit, "
        f"while another thread searched ({len(latencies)} searches, median "
        f"{latencies[len(latencies) // 2]:.0f} ms, worst {latencies[-1]:.0f} ms).",
        "",
    ]


def best_of(runs: int, command: list[str]) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - started)
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


def bench_start(home: Path) -> list[str]:
    help_seconds = best_of(5, [BROADSHEET, "--help"])
    search_seconds = best_of(3, [BROADSHEET, "--home", str(home), "search", "surrogate models"])
    return [
        "## Start",
        "",
        f"`broadsheet --help` {help_seconds:.2f} s; `broadsheet search` as a command "
        f"{search_seconds:.2f} s; `broadsheet up` on this library to the first page "
        f"{seconds_to_first_page(home):.2f} s.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=corpus.FULL_SIZE)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--work", type=Path, help="keep the work files here")
    arguments = parser.parse_args()
    if not corpus.CORPUS.exists():
        raise SystemExit(f"{corpus.CORPUS}: the measurement corpus is not here; nothing measured")
    work = arguments.work or Path(tempfile.mkdtemp(prefix="broadsheet-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    papers, home = work / "papers.jsonl", work / "home"
    real, made = corpus.write_corpus(papers, arguments.papers)
    lines = [
        "# Measured",
        "",
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine()}. Written by `make bench`; this kind of "
        "machine is noisy, so compare within one run.",
        f"Corpus: {real:,} real papers and {made:,} recombined from them.",
        "",
    ]
    lines += bench_import(home, papers, real + made)
    lines += bench_search(home, papers, work, arguments.queries)
    lines += explanations.bench(home, arguments.queries)
    lines += bench_freshness(home, work)
    lines += bench_start(home)
    write_sections(lines)
    print("\n".join(lines))
    if not arguments.work:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
