"""Compose and deliver the digest to many readers: python -m benchmarks.digest [--readers 10000].

Makes a library of papers (``--papers FILE``, else made-up ones), subscribes readers to searches of
``--topics`` kinds, and sends all issues to an SMTP server in a process of its own on this machine,
which counts them. Prints seconds and messages a second, and whether any was lost or doubled.
"""

import argparse
import datetime as dt
import json
import multiprocessing
import random
import socket
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from broadsheet.domain.access import OWNER
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.home import Home
from broadsheet.wiring import open_services

WORDS = [
    "diffusion",
    "policy",
    "robot",
    "language",
    "model",
    "vision",
    "graph",
    "neural",
    "conformal",
    "prediction",
    "survey",
    "kernel",
    "transformer",
    "attention",
    "sparse",
    "optimal",
    "transport",
    "causal",
    "bandit",
    "planning",
    "retrieval",
    "speech",
    "video",
]


def serve(port: int, pipe: Connection) -> None:
    """Count messages by recipient until asked for the counts."""
    from aiosmtpd.controller import Controller

    class Counting:
        def __init__(self) -> None:
            self.counts: Counter[str] = Counter()

        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
            self.counts[envelope.rcpt_tos[0]] += 1  # type: ignore[attr-defined]
            return "250 OK"

    counting = Counting()
    controller = Controller(counting, hostname="127.0.0.1", port=port)
    controller.start()
    pipe.send("ready")
    pipe.recv()
    pipe.send(counting.counts)
    controller.stop()


def make_papers(file: Path, count: int) -> None:
    """Write made-up papers of the last days as JSON lines."""
    chance = random.Random(1)
    today = dt.datetime.now(dt.UTC).date()
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            title = " ".join(chance.choices(WORDS, k=7))
            abstract = ". ".join(" ".join(chance.choices(WORDS, k=15)) for _ in range(8)) + "."
            day = today - dt.timedelta(chance.randrange(7))
            paper = {"id": f"arxiv:2612.{number:05}", "title": title, "abstract": abstract,
                     "authors": ["Ada Lovelace", "Alan Turing"], "date": str(day)}  # fmt: skip
            lines.write(json.dumps(paper) + "\n")


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--topics", type=int, default=200)
    parser.add_argument("--papers", type=Path)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(port, theirs), daemon=True)
    server.start()
    ours.recv()
    with tempfile.TemporaryDirectory(prefix="broadsheet-digest-") as folder:
        home = Home(Path(folder) / "home").create()
        home.settings.write_text(
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
            'sender = "digest@papers.example.org"\n'
        )
        papers = options.papers or Path(folder) / "papers.jsonl"
        if not options.papers:
            make_papers(papers, 5_000)
        with open_services(home) as services:
            services.library.import_paths(OWNER, [str(papers)])
            chance = random.Random(2)
            topics = [" ".join(chance.sample(WORDS, 2)) for _ in range(options.topics)]
            began = time.perf_counter()
            for number in range(options.readers):
                topic = Topic("search", topics[number % len(topics)])
                request = SubscriptionRequest(address=f"r{number}@example.org", topic=topic)
                services.digest.subscribe(OWNER, request, confirmed=True)
            print(f"subscribed {options.readers} in {time.perf_counter() - began:.1f} s")
            began = time.perf_counter()
            counts = services.digest.send_due(OWNER, immediately=True)
            seconds = time.perf_counter() - began
        ours.send("done")
        received = ours.recv()
    print(f"{counts}")
    print(f"{counts.sent} messages in {seconds:.1f} s, {counts.sent / seconds:.0f}/s")
    print(
        f"lost {options.readers - len(received)}, doubled {sum(received.values()) - len(received)}"
    )


if __name__ == "__main__":
    main()
