"""After a change of the embedder search goes on with the old vectors until all are made anew."""

import json
import shutil
import time
from pathlib import Path

import pytest

from broadsheet.config import load_settings
from broadsheet.domain.errors import EmbedderMismatchError
from broadsheet.domain.search import SearchRequest
from broadsheet.engine import Engine
from broadsheet.home import Home
from broadsheet.wiring import open_engine

PAPERS = [("Sparse surrogates", "Surrogate models."), ("Bird songs", "Counting birds by song.")]
MORE = ("Whale songs", "Counting whales by song.")


def write_papers(path: Path, papers: list[tuple[str, str]], first: int = 1) -> str:
    lines = [
        json.dumps({"id": f"arxiv:2401.0000{number}", "title": title, "abstract": abstract})
        for number, (title, abstract) in enumerate(papers, first)
    ]
    path.write_text("\n".join(lines))
    return str(path)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").create()
    with open_engine(home) as engine:
        engine.import_paths([write_papers(tmp_path / "papers.jsonl", PAPERS)])
    return home


def opened(home: Home, embedder: str) -> Engine:
    return open_engine(home, load_settings(home, embedder=embedder))


def embed_with(home: Home, embedder: str) -> str:
    """The embedder's name."""
    with opened(home, embedder) as engine:
        engine.rebuild_index()
        return engine.status().embedder


def scores(engine: Engine, text: str) -> dict[str, float]:
    hits = engine.search(SearchRequest(text, mode="meaning")).hits
    return {hit.paper.title: round(hit.score, 4) for hit in hits}


@pytest.mark.parametrize(("before", "after"), [("static", "lsi"), ("lsi", "static")])
def test_search_goes_on_with_the_old_vectors(
    home: Home, tmp_path: Path, before: str, after: str
) -> None:
    old = embed_with(home, before)
    with opened(home, before) as engine:
        found = scores(engine, "songs of birds")
        wanted = engine.status().embedder_wanted
    assert (found.keys(), wanted) == ({title for title, _ in PAPERS}, "")
    with opened(home, after) as engine:
        answer = engine.search(SearchRequest("songs of birds"))
        assert not answer.notes
        assert scores(engine, "songs of birds") == found
        assert engine.explain(SearchRequest("birds"), "2401.00002").by_meaning
        status = engine.status()
        assert status.embedder == old
        assert status.embedder_wanted.startswith(after)
        engine.import_paths([write_papers(tmp_path / "more.jsonl", [MORE], first=3)])
        assert MORE[0] in scores(engine, "songs of whales")
        assert engine.status().embedder == old
        assert engine.renew_index()
        assert engine.status().embedder == status.embedder_wanted
        assert engine.status().embedder_wanted == ""
        assert MORE[0] in scores(engine, "songs of whales")


def test_where_the_old_model_is_gone_it_goes_by_words_and_says_so(home: Home) -> None:
    embed_with(home, "lsi")
    shutil.rmtree(home.learned_embedder)
    with opened(home, "static") as engine:
        answer = engine.search(SearchRequest("surrogates"))
        assert [hit.paper.title for hit in answer.hits] == ["Sparse surrogates"]
        assert any("embedder was changed" in note for note in answer.notes)
        with pytest.raises(EmbedderMismatchError, match="index rebuild"):
            engine.search(SearchRequest("surrogates", mode="meaning"))
        assert engine.explain(SearchRequest("surrogates"), "2401.00001").by_meaning is None
        assert engine.similar_to_text("a song of birds", 1)[0].paper.title == "Bird songs"
        engine.rebuild_index()
        again = engine.search(SearchRequest("surrogates"))
        assert not any("embedder was changed" in note for note in again.notes)


@pytest.mark.parametrize("gone", [False, True])
def test_a_server_embeds_again_by_itself(home: Home, gone: bool) -> None:
    old = embed_with(home, "lsi")
    if gone:
        shutil.rmtree(home.learned_embedder)
    with opened(home, "static") as engine:
        engine.start_indexing()
        engine.start_adapting()
        answers = 0
        deadline = time.monotonic() + 60
        while engine.status().embedder == old and time.monotonic() < deadline:
            found = engine.search(SearchRequest("birds"))
            assert found.hits[0].paper.title == "Bird songs"
            assert gone or not found.notes or engine.status().embedder != old
            answers += 1
            time.sleep(0.05)
        assert answers
        assert engine.status().embedder.startswith("static")
        assert engine.search(SearchRequest("birds", mode="meaning")).hits
