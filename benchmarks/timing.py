"""Timing helpers: percentiles, one core, peak memory of a child process."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over a set of queries."""

    median: float
    p95: float
    worst: float


def measure_latency(
    call: Callable[[str], object],
    queries: Sequence[str],
    clock: Callable[[], float] = time.perf_counter,
    warm_up: int = 10,
) -> Latency:
    """Each query once, after so many to warm up; ``clock`` in seconds."""
    return _latency(sorted(measure_times(call, queries, clock, warm_up)))


def measure_times(
    call: Callable[[str], object],
    queries: Sequence[str],
    clock: Callable[[], float] = time.perf_counter,
    warm_up: int = 10,
) -> list[float]:
    """Milliseconds of each query, after so many to warm up."""
    for query in queries[:warm_up]:
        call(query)
    times = []
    for query in queries:
        started = clock()
        call(query)
        times.append((clock() - started) * 1000)
    return times


def measure_both(call: Callable[[str], object], queries: Sequence[str]) -> tuple[Latency, Latency]:
    """The same by the clock and in processor time, which other processes disturb less."""
    for query in queries[:10]:
        call(query)
    pairs = []
    for query in queries:
        wall, processor = time.perf_counter(), time.process_time()
        call(query)
        pairs.append((time.perf_counter() - wall, time.process_time() - processor))
    walls, processors = (sorted(each * 1000 for each in side) for side in zip(*pairs, strict=True))
    return _latency(walls), _latency(processors)


def _latency(times: Sequence[float]) -> Latency:
    """Of times in milliseconds, ascending."""
    return Latency(statistics.median(times), times[int(len(times) * 0.95)], times[-1])


@contextmanager
def one_core() -> Iterator[None]:
    """Everything this process does inside runs on a single core (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def memory_of_this() -> tuple[int, int]:
    """Resident bytes of this process now: its own, and those of files it mapped (Linux)."""
    sizes = {}
    with open("/proc/self/status") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.startswith("Rss"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes["RssAnon"], sizes["RssFile"] + sizes["RssShmem"]


def read_files(home: Path) -> None:
    """So that they are in the system's memory, which it takes back from files soon."""
    for path in home.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


def run_measured(command: Sequence[str], on_tick: Callable[[float], None]) -> tuple[float, int]:
    """Run a command; ``on_tick(seconds)`` is called about once a second meanwhile.

    Returns (seconds, peak resident bytes of the child).
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        while True:
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            time.sleep(1)
            on_tick(time.perf_counter() - started)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
