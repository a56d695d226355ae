"""Killing an import at any moment loses nothing and doubles nothing, in search too."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from broadsheet.domain.access import OWNER
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

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


def match_counts(services: LocalServices) -> dict[str, int]:
    """In how many papers each of some words is found."""
    return {
        f"word{number}": services.search.search(SearchRequest(f"word{number}", limit=1)).matching
        for number in range(0, 300, 29)
    }


def ranked(services: LocalServices) -> tuple[list[str], list[float]]:
    """The best paper of some queries, and the scores of the best five: these are made from
    vectors, terms and tokens that lie beside each other."""
    best: list[str] = []
    scores: list[float] = []
    for number in range(0, 300, 29):
        text = f"word{number} word{number + 1} word{number + 7}"
        for mode in MODES:
            hits = services.search.search(SearchRequest(text, limit=5, mode=mode)).hits
            best.append(hits[0].paper.id)
            if mode != "hybrid":  # whose scale depends on every candidate
                scores += [hit.score for hit in hits]
    return best, scores


def test_search_after_kills_is_search_without(tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    write_papers(papers)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    started = time.monotonic()
    assert importing(whole, papers).wait() == 0
    undisturbed = time.monotonic() - started
    chooser = random.Random(11)
    interrupted = 0
    for _ in range(KILLS):
        child = importing(killed, papers)
        # Seconds would place a kill on one machine only.
        try:
            child.wait(undisturbed * chooser.uniform(0.2, 0.8))
        except subprocess.TimeoutExpired:
            interrupted += 1
        child.kill()
        child.wait()
    assert interrupted, "every import ended before it could be killed"
    assert importing(killed, papers).wait() == 0
    with open_services(Home(whole)) as one, open_services(Home(killed)) as other:
        assert [each.admin.health().papers for each in (one, other)] == [PAPERS, PAPERS]
        assert one.admin.status(OWNER).indexed == other.admin.status(OWNER).indexed == PAPERS
        assert other.admin.status(OWNER).pending == 0
        assert match_counts(one) == match_counts(other)
        (best, scores), (others, other_scores) = ranked(one), ranked(other)
        assert best == others
        # Papers written twice still count a little in the frequency of words.
        assert scores == pytest.approx(other_scores, abs=0.02)
