"""Killing an import at any moment loses nothing and doubles nothing, in search too."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from broadsheet.domain.search import SearchRequest
from broadsheet.engine import Engine
from broadsheet.home import Home
from broadsheet.wiring import open_engine

PAPERS = 6000
KILLS = 4


def write_papers(path: Path) -> None:
    words = [f"word{number}" for number in range(300)]
    chooser = random.Random(5)
    with path.open("w", encoding="utf-8") as file:
        for number in range(PAPERS):
            text = " ".join(chooser.choices(words, k=40))
            paper = {
                "id": f"arxiv:24{number % 12 + 1:02d}.{number:05d}",
                "title": f"Paper {number}",
            }
            file.write(json.dumps({**paper, "abstract": text}) + "\n")


def importing(home: Path, papers: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "broadsheet", "--home", str(home), "import", str(papers)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def found(engine: Engine) -> dict[str, int]:
    """In how many papers each of some words is found."""
    return {
        f"word{number}": engine.search(SearchRequest(f"word{number}", limit=1)).matching
        for number in range(0, 300, 29)
    }


def test_search_after_kills_is_search_without(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    write_papers(papers)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert importing(whole, papers).wait() == 0
    chooser = random.Random(11)
    interrupted = 0
    for _ in range(KILLS):
        child = importing(killed, papers)
        deadline = time.monotonic() + chooser.uniform(0.8, 3.0)
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        interrupted += child.poll() is None
        child.kill()
        child.wait()
    assert interrupted, "every import ended before it could be killed"
    assert importing(killed, papers).wait() == 0
    with open_engine(Home(whole)) as one, open_engine(Home(killed)) as other:
        assert one.status().papers == other.status().papers == PAPERS
        assert one.status().indexed == other.status().indexed == PAPERS
        assert other.status().pending == 0
        assert found(one) == found(other)
