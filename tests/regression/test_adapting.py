"""The embedder adapts to the library: by hand, in a server, and through kills."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from broadsheet.config import load_settings
from broadsheet.domain.search import SearchRequest
from broadsheet.engine import Engine
from broadsheet.home import Home
from broadsheet.wiring import open_engine

PAPERS = 400
KILLS = 5


def write_papers(path: Path, first: int = 0, papers: int = PAPERS) -> None:
    """Of topics with words that the shipped model does not know, so that adapting helps."""
    chooser = random.Random(first)
    with path.open("w", encoding="utf-8") as file:
        for number in range(first, first + papers):
            topic = chooser.choice("abcdefghijklmnopqrst")
            words = [f"qzxw{topic}{letter}vj" for letter in "bcdfghklmnpr"]
            paper = {
                "id": f"arxiv:2401.{number:05d}",
                "title": " ".join(chooser.sample(words, 4)),
                "abstract": " ".join(chooser.choices(words, k=15)),
            }
            file.write(json.dumps(paper) + "\n")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").create()
    write_papers(tmp_path / "papers.jsonl")
    with open_engine(home) as engine:
        engine.import_paths([str(tmp_path / "papers.jsonl")])
    return home


def command(home: Home, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "broadsheet", "--home", str(home.path), *arguments]


def best(engine: Engine, mode: str = "meaning") -> list[tuple[str, float]]:
    hits = engine.search(SearchRequest("qzxwabvj qzxwacvj", mode=mode, limit=5)).hits  # type: ignore[arg-type]
    return [(hit.paper.id, hit.score) for hit in hits]


def test_search_by_meaning_goes_on_with_the_old_vectors_until_the_new_ones_stand(
    home: Home,
) -> None:
    with open_engine(home) as engine:
        before, hybrid = best(engine), engine.search(SearchRequest("qzxwabvj qzxwacvj"))
        shipped = engine.status().embedder
        judged = engine.adapt_embedder()
        assert judged is not None
        assert judged.helps
        assert engine.status().embedder == shipped
        assert best(engine) == before
        assert engine.search(SearchRequest("qzxwabvj qzxwacvj")).hits == hybrid.hits
    with open_engine(home) as another:
        assert best(another) == before
        assert not another.search(SearchRequest("qzxwabvj")).notes
        another.renew_index()
        assert another.status().embedder == judged.embedder != shipped
        assert best(another) != before
        assert another.explain(SearchRequest("qzxwabvj"), best(another)[0][0]).by_meaning
        assert another.adapt_embedder() is None


def test_papers_that_come_before_the_new_vectors_join_the_old_ones(
    home: Home, tmp_path: Path
) -> None:
    with open_engine(home) as engine:
        shipped = engine.status().embedder
        assert engine.adapt_embedder()
        write_papers(tmp_path / "more.jsonl", PAPERS, 10)
        engine.import_paths([str(tmp_path / "more.jsonl")])
        status = engine.status()
        assert (status.indexed, status.pending, status.embedder) == (PAPERS + 10, 0, shipped)


def test_switched_off_papers_are_embedded_by_the_shipped_model_again(home: Home) -> None:
    with open_engine(home) as engine:
        before, shipped = best(engine), engine.status().embedder
        engine.adapt_embedder()
        engine.renew_index()
        adapted = best(engine)
    with open_engine(home, load_settings(home, embedder_adapts=False)) as engine:
        assert best(engine) == adapted
        assert engine.status().adaptation is None
        engine.renew_index()
        assert (best(engine), engine.status().embedder) == (before, shipped)


def test_adapting_killed_at_random_moments_ends_as_if_it_never_was(
    home: Home, tmp_path: Path
) -> None:
    whole = Home(tmp_path / "whole")
    shutil.copytree(home.path, whole.path)
    began = time.monotonic()
    assert subprocess.run(adapting(whole), stdout=subprocess.DEVNULL).returncode == 0
    lasted = time.monotonic() - began
    with open_engine(whole) as engine:
        expected, ranking = engine.status(), best(engine)
    with open_engine(home) as engine:
        shipped, before = engine.status().embedder, best(engine)
    chooser = random.Random(3)
    interrupted = 0
    for _ in range(KILLS):
        child = subprocess.Popen(adapting(home), stdout=subprocess.DEVNULL)
        try:
            child.wait(lasted * chooser.uniform(0.3, 0.95))
        except subprocess.TimeoutExpired:
            interrupted += 1
        child.kill()
        child.wait()
        with open_engine(home) as engine:
            status = engine.status()
            assert status.indexed == PAPERS
            assert best(engine) == (before if status.embedder == shipped else ranking)
    assert interrupted, "adapting ended every time before it could be killed"
    assert subprocess.run(adapting(home), stdout=subprocess.DEVNULL).returncode == 0
    with open_engine(home) as engine:
        assert engine.status().embedder == expected.embedder != shipped
        assert best(engine) == ranking
    folders = [path.name for path in home.adapted.iterdir() if path.is_dir()]
    assert folders == [expected.embedder]


def adapting(home: Home) -> list[str]:
    return command(home, "embedder", "adapt", "--force")


def test_a_server_adapts_in_the_background_and_answers_all_the_while(
    home: Home, tmp_path: Path
) -> None:
    with open_engine(home) as engine:
        shipped = engine.status().embedder
    told = tmp_path / "told.txt"
    with told.open("w") as errors:
        server = subprocess.Popen(
            command(home, "up", "--port", "0"), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert server.stdout
        address = server.stdout.readline().split()[3]
        deadline = time.monotonic() + 240
        status = {"embedder": shipped, "adaptation": None}
        answers = 0
        while status["embedder"] == shipped and time.monotonic() < deadline:
            with urlopen(f"{address}papers?q=qzxwabvj&mode=meaning") as answer:
                assert b"2401." in answer.read()
                answers += 1
            status = json.loads(subprocess.check_output(command(home, "status", "--json")))
        assert status["adaptation"], status
        assert status["embedder"] == status["adaptation"]["embedder"] != shipped  # type: ignore[index]
        assert answers > 1
        with urlopen(f"{address}papers?q=qzxwabvj&mode=meaning") as answer:
            assert b"2401." in answer.read()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    assert told.read_text() == ""


def test_the_process_that_adapts_ends_with_the_server_that_started_it(home: Home) -> None:
    with open_engine(home) as engine:
        before = best(engine)
    child = subprocess.Popen(command(home, "index", "renew", "--background"), stdin=subprocess.PIPE)
    assert child.stdin
    lock = home.adapted / "judging.lock"
    while not lock.exists() and child.poll() is None:
        time.sleep(0.01)
    child.stdin.close()
    assert child.wait(20) == 0
    assert not (home.adapted / "verdict.json").exists()
    with open_engine(home) as engine:
        assert best(engine) == before


def test_a_renewal_that_was_cut_off_is_made_up_for(home: Home) -> None:
    with open_engine(home) as engine:
        judged = engine.adapt_embedder()
        assert judged is not None
        assert not engine.adapting_due()
        assert engine.status().embedder == judged.shipped
    with subprocess.Popen(
        command(home, "index", "renew", "--background"), stdin=subprocess.PIPE
    ) as child:
        assert child.wait(60) == 0
    with open_engine(home) as engine:
        assert engine.status().embedder == judged.embedder
