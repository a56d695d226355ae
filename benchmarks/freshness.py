"""How soon papers are found: ``python -m benchmarks.freshness HOME`` or with the rest.

Adds papers to the library it measures.
"""

import itertools
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import corpus
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services

PAPERS = 1_000


def bench(home: Path, title: str = "Freshness") -> list[str]:
    """1,000 more papers, imported by another process, while a thread searches."""
    word = f"zyzz{time.time_ns():x}"
    latencies: list[float] = []
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder, open_services(Home(home)) as services:
        batch = _write_batch(Path(folder), word)
        services.admin.start_jobs(OWNER)

        def keep_searching() -> None:
            while not stop.wait(0.05):
                started = time.perf_counter()
                services.search.search(SearchRequest("graph neural networks for molecules"))
                latencies.append((time.perf_counter() - started) * 1000)

        thread = threading.Thread(target=keep_searching)
        thread.start()
        committed = found = None
        # Watched without the services, whose status counts all papers.
        library = sqlite3.connect(f"file:{home / 'library.sqlite'}?mode=ro", uri=True)
        before = _last_change(library)
        command = [sys.executable, "-m", "broadsheet", "--home", str(home), "import", str(batch)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.perf_counter() + 120
        while found is None and time.perf_counter() < deadline:
            time.sleep(0.01)
            now = time.perf_counter()
            if committed is None:
                committed = now if _last_change(library) >= before + PAPERS else None
            elif (
                services.search.search(SearchRequest(word, limit=1, mode="words")).matching
                >= PAPERS
            ):
                found = time.perf_counter()
        child.wait()
        stop.set()
        thread.join()
        library.close()
    if committed is None or found is None:
        return [f"## {title}", "", "The 1,000 papers were not found within two minutes.", ""]
    latencies.sort()
    return [
        f"## {title}",
        "",
        f"{PAPERS:,} more papers were searchable {found - committed:.2f} s after their commit, "
        f"while another thread searched ({len(latencies)} searches, median "
        f"{latencies[len(latencies) // 2]:.0f} ms, worst {latencies[-1]:.0f} ms).",
        "",
    ]


def _write_batch(folder: Path, word: str) -> Path:
    path = folder / "more.jsonl"
    number = time.time_ns()
    with path.open("wb") as file:
        for place, line in enumerate(itertools.islice(corpus.iter_lines(), PAPERS)):
            made = corpus.recombined(line, line, number + place)
            file.write(made.replace(b'"title": "', f'"title": "{word} '.encode(), 1))
    return path


def _last_change(library: sqlite3.Connection) -> int:
    return int(library.execute("SELECT max(number) FROM changes").fetchone()[0] or 0)


if __name__ == "__main__":
    print("\n".join(bench(Path(sys.argv[1]))))
