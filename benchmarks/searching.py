"""Latency of search and typeahead, and memory, on one core, in a process of its own.

``python -m benchmarks.searching HOME [QUERIES]`` prints them; ``make bench`` sets them beside
the peers'.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.timing import (
    Latency,
    measure_both,
    measure_latency,
    memory_of_this,
    one_core,
    read_files,
)
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services

_HERE = "--here"
_COLD = 50
Row = tuple[str, str, Latency, Latency]
"""LocalServices, kind of query, latency by the clock, and in processor time."""


def measure(home: Path, count: int) -> dict[str, Any]:
    """Every mode on every kind of query, then typeahead, in this process.

    Before that some other queries with files as they are, in memory or not.
    """
    rows: list[tuple[str, str, Mapping[str, float], Mapping[str, float]]] = []
    with one_core():
        started = time.perf_counter()
        with open_services(Home(home)) as services:
            services.search.search(SearchRequest("warm up"))
            first = time.perf_counter() - started
            others = corpus.queries(count + _COLD)["sentence"][-_COLD:]
            cold = measure_latency(
                lambda text: services.search.search(SearchRequest(text)), others, warm_up=0
            )
            read_files(home)
            kinds = corpus.queries(count)
            for kind, texts in kinds.items():
                for mode in MODES:
                    call: Callable[[str], object] = lambda text, mode=mode: services.search.search(  # noqa: E731
                        SearchRequest(text, mode=mode)
                    )
                    wall, processor = measure_both(call, texts)
                    rows.append((f"Broadsheet, {mode}", kind, asdict(wall), asdict(processor)))
            wall, processor = measure_both(services.search.complete, _beginnings(kinds["keywords"]))
            rows.append(("Broadsheet", "typeahead", asdict(wall), asdict(processor)))
    return {"rows": rows, "first": first, "cold": asdict(cold), "memory": memory_of_this()}


def measure_apart(home: Path, count: int) -> tuple[list[Row], str]:
    """The same in a process of its own: its rows, and a line on start and memory."""
    command = [sys.executable, "-m", "benchmarks.searching", str(home), str(count), _HERE]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    rows = [
        (name, kind, Latency(**wall), Latency(**cpu)) for name, kind, wall, cpu in found["rows"]
    ]
    own, mapped = found["memory"]
    cold = Latency(**found["cold"])
    return rows, (
        f"From opening the library to the first answer: {found['first']:.2f} s. Files were in the "
        f"system's memory; {_COLD} other hybrid queries (sentence) before they were read took "
        f"{cold.median:.1f} ms, {cold.p95:.1f} at the 95th percentile. Resident memory "
        f"after all of these searches: {(own + mapped) / 2**20:,.0f} MiB, of which "
        f"{mapped / 2**20:,.0f} MiB are pages of mapped files, which the system may take back."
    )


def table(rows: Sequence[Row]) -> list[str]:
    """The rows as a table, with the ratio of each median to that of our hybrid search."""
    base = {kind: wall.median for name, kind, wall, _ in rows if name == "Broadsheet, hybrid"}
    lines = [
        "| engine | queries | median ms | p95 ms | worst ms | p95 ms, processor time | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, kind, wall, cpu in rows:
        ratio = f"{wall.median / base[kind]:.2f}" if kind in base else ""
        lines.append(
            f"| {name} | {kind} | {wall.median:.1f} | {wall.p95:.1f} | {wall.worst:.1f} "
            f"| {cpu.p95:.1f} | {ratio} |"
        )
    return lines


def _beginnings(texts: Sequence[str]) -> list[str]:
    """What somebody who types these has typed at some moment, two letters at least."""
    chooser = random.Random(5)
    return [text[: chooser.randint(2, len(text))] for text in texts]


if __name__ == "__main__":
    library, asked = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
    if sys.argv[3:] == [_HERE]:
        print(json.dumps(measure(library, asked)))
    else:
        found_rows, about = measure_apart(library, asked)
        print("\n".join([*table(found_rows), "", about]))
