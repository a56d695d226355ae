"""After a change of the embedder search goes on, and papers are embedded again."""

import json
import time
from pathlib import Path

import pytest

from broadsheet.config import load_settings
from broadsheet.domain.errors import EmbedderMismatchError
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_engine

PAPERS = [("Sparse surrogates", "Surrogate models."), ("Bird songs", "Counting birds by song.")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").create()
    papers = tmp_path / "papers.jsonl"
    papers.write_text(
        "".join(
            json.dumps({"id": f"arxiv:2401.0000{number}", "title": title, "abstract": abstract})
            + "\n"
            for number, (title, abstract) in enumerate(PAPERS, 1)
        )
    )
    with open_engine(home) as engine:
        engine.import_paths([str(papers)])
    return home


def test_search_goes_by_words_and_says_so_until_papers_are_embedded_again(home: Home) -> None:
    with open_engine(home, load_settings(home, embedder="lsi")) as engine:
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
        assert engine.status().embedder.startswith("lsi")


def test_a_server_embeds_again_by_itself(home: Home) -> None:
    with open_engine(home, load_settings(home, embedder="lsi")) as engine:
        engine.start_indexing()
        deadline = time.monotonic() + 60
        while not engine.status().embedder.startswith("lsi") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert engine.status().embedder.startswith("lsi")
        assert engine.search(SearchRequest("birds", mode="meaning")).hits
