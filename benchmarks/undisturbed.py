"""Latency of search with other users of the machine left out, as far as that goes.

``python -m benchmarks.undisturbed HOME [QUERIES]`` prints it; ``make bench`` writes it. A query
is asked once in each of several processes, since a second time it would find things at hand;
the fastest of these counts. What is slow each time remains: long texts, many papers.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks import corpus
from benchmarks.timing import measure_times, one_core
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services

RUNS = 5
_HERE = "--here"


def measure(home: Path, count: int) -> dict[str, list[float]]:
    """Milliseconds of each query, by mode and kind, in this process."""
    times: dict[str, list[float]] = {}
    with one_core(), open_services(Home(home)) as services:
        for kind, texts in corpus.queries(count).items():
            for mode in MODES:
                times[f"Broadsheet, {mode} | {kind}"] = measure_times(
                    lambda text, mode=mode: services.search.search(SearchRequest(text, mode=mode)),
                    texts,
                )
    return times


def bench(home: Path, count: int, title: str) -> list[str]:
    """A section: each query's fastest of ``RUNS`` processes, and the processes one by one."""
    command = [sys.executable, "-m", "benchmarks.undisturbed", str(home), str(count), _HERE]
    runs = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(RUNS)
    ]
    lines = [
        f"## {title}",
        "",
        f"Of the {count} queries of each kind each one's fastest of {RUNS} processes, and what the "
        "processes measured one by one.",
        "",
        "| engine | queries | median ms | p95 ms | medians of the processes | their p95 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in runs[0]:
        times = np.array([run[name] for run in runs])
        fastest = times.min(axis=0)
        medians, p95s = np.sort(np.median(times, axis=1)), np.sort(np.quantile(times, 0.95, axis=1))
        lines.append(
            f"| {name} | {np.median(fastest):.1f} | {np.quantile(fastest, 0.95):.1f} "
            f"| {medians[0]:.1f} to {medians[-1]:.1f} | {p95s[0]:.1f} to {p95s[-1]:.1f} |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    library, asked = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300
    if sys.argv[3:] == [_HERE]:
        print(json.dumps(measure(library, asked)))
    else:
        print("\n".join(bench(library, asked, "Search, one core, undisturbed")))
