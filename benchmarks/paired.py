"""Two checkouts, or two libraries, compared query by query on a machine that is never quiet.

``python -m benchmarks.paired HOME --before CHECKOUT [--before-home HOME] [--queries 300]``
prints the ratio of the times, now to before. Both answer in processes of their own on one core; each
query is asked of one right after the other, so that whatever else the machine does meets
both. The ratio is the geometric mean over the queries, with its standard error over queries.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from benchmarks import corpus
from benchmarks.timing import one_core, read_files
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services

ROUNDS = 2
"""Times that each query is asked, each in a new process, since a second time it finds things
at hand."""
_WARM_UP = 10
_ANSWER = "--answer"


class Answering:
    """A checkout that answers in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, mode: str, text: str) -> float:
        """Milliseconds that a search took there."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([mode, text]) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def answering(checkout: Path, home: Path) -> Iterator[Answering]:
    command = [sys.executable, str(Path(__file__)), str(home), _ANSWER]
    paths = os.pathsep.join(map(str, (checkout / "src", corpus.ROOT)))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        yield Answering(process)
        assert process.stdin
        process.stdin.close()


def answer(home: Path) -> None:
    """Search for each line of standard input, and print how long that took."""
    with one_core(), open_services(Home(home)) as services:
        for line in sys.stdin:
            mode, text = json.loads(line)
            started = time.perf_counter()
            services.search.search(SearchRequest(text, mode=mode))
            print((time.perf_counter() - started) * 1000, flush=True)


def compare(sides: Sequence[tuple[Path, Path]], count: int) -> list[str]:
    """A table of both (checkout, home), the earlier first."""
    lines = [
        "| mode | queries | median ms before | now | ratio | of the slowest tenth |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    chooser = random.Random(3)
    for mode in MODES:
        for kind, texts in corpus.queries(count).items():
            times = np.zeros((ROUNDS, len(texts), 2))
            for round_times in times:
                for _, home in sides:
                    read_files(home)
                with ExitStack() as opened:
                    both = [opened.enter_context(answering(*side)) for side in sides]
                    for text in texts[:_WARM_UP]:
                        for side in both:
                            side.ask(mode, text)
                    for row, text in zip(round_times, texts, strict=True):
                        for at in chooser.sample((0, 1), 2):
                            row[at] = both[at].ask(mode, text)
            before, now = times.min(axis=0).T
            logs = np.log(times[:, :, 1] / times[:, :, 0]).mean(axis=0)
            slowest = np.argsort(before)[-max(1, count // 10) :]
            ratio, error = np.exp(logs.mean()), logs.std() / np.sqrt(len(logs))
            lines.append(
                f"| {mode} | {kind} | {np.median(before):.1f} | {np.median(now):.1f} "
                f"| {ratio:.3f} ± {ratio * error:.3f} | {np.exp(logs[slowest].mean()):.3f} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--before", type=Path, default=corpus.ROOT, help="another checkout")
    parser.add_argument("--before-home", type=Path, help="another library for it")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument(_ANSWER, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.answer:
        answer(arguments.home)
        return
    earlier = (arguments.before, arguments.before_home or arguments.home)
    print("\n".join(compare([earlier, (corpus.ROOT, arguments.home)], arguments.queries)))


if __name__ == "__main__":
    main()
