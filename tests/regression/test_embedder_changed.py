"""After a change of the embedder, search uses the old vectors until all papers are embedded again."""

import json
import shutil
import time
from pathlib import Path

import pytest

from broadsheet.config import load_settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import EmbedderMismatchError
from broadsheet.domain.search import SearchRequest
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services
from onnx_models import write_model

PAPERS = [("Graph networks", "Models on graph data."), ("Bird songs", "Counting stars by song.")]
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
    with open_services(home) as services:
        services.library.import_paths(OWNER, [write_papers(tmp_path / "papers.jsonl", PAPERS)])
    return home


@pytest.fixture
def plugged_in(tmp_path: Path) -> str:
    """The setting of a tiny ONNX model."""
    (tmp_path / "model").mkdir()
    return f"onnx:{write_model(tmp_path / 'model')}"


def opened(home: Home, embedder: str) -> LocalServices:
    return open_services(home, load_settings(home, embedder=embedder))


def embed_with(home: Home, embedder: str) -> str:
    """Rebuild the index with an embedder; return its name."""
    with opened(home, embedder) as services:
        services.admin.rebuild_index(OWNER)
        return services.admin.status(OWNER).embedder


def scores(services: LocalServices, text: str) -> dict[str, float]:
    hits = services.search.search(SearchRequest(text, mode="meaning")).hits
    return {hit.paper.title: round(hit.score, 4) for hit in hits}


@pytest.mark.parametrize("order", ["from the shipped", "to the shipped"])
def test_search_uses_the_old_vectors(
    home: Home, tmp_path: Path, plugged_in: str, order: str
) -> None:
    before, after = ("static", plugged_in) if order[0] == "f" else (plugged_in, "static")
    old = embed_with(home, before)
    with opened(home, before) as services:
        old_scores = scores(services, "graph stars")
        assert services.admin.status(OWNER).embedder_wanted == ""
    assert old_scores.keys() == {title for title, _ in PAPERS}
    with opened(home, after) as services:
        assert not services.search.search(SearchRequest("graph")).notes
        assert scores(services, "graph stars") == old_scores
        assert services.search.explain(SearchRequest("stars"), "2401.00002").by_meaning
        status = services.admin.status(OWNER)
        assert status.embedder == old != status.embedder_wanted
        services.library.import_paths(
            OWNER, [write_papers(tmp_path / "more.jsonl", [MORE], first=3)]
        )
        assert MORE[0] in scores(services, "graph whales")
        assert services.admin.status(OWNER).embedder == old
        assert services.admin.renew_index(OWNER) == "all"
        assert services.admin.status(OWNER).embedder == status.embedder_wanted
        assert services.admin.status(OWNER).embedder_wanted == ""
        assert MORE[0] in scores(services, "graph whales")


def test_without_the_old_model_search_goes_by_words_and_says_so(
    home: Home, plugged_in: str
) -> None:
    embed_with(home, plugged_in)
    shutil.rmtree(plugged_in.removeprefix("onnx:"))
    with opened(home, "static") as services:
        answer = services.search.search(SearchRequest("graph"))
        assert [hit.paper.title for hit in answer.hits] == ["Graph networks"]
        assert any("embedder was changed" in note for note in answer.notes)
        with pytest.raises(EmbedderMismatchError, match="index rebuild"):
            services.search.search(SearchRequest("graph", mode="meaning"))
        assert services.search.explain(SearchRequest("graph"), "2401.00001").by_meaning is None
        assert services.search.similar_to_text("a song of stars", 1)[0].paper.title == "Bird songs"
        services.admin.rebuild_index(OWNER)
        again = services.search.search(SearchRequest("graph"))
        assert not any("embedder was changed" in note for note in again.notes)


@pytest.mark.parametrize("gone", [False, True])
def test_a_server_embeds_again_by_itself(home: Home, plugged_in: str, gone: bool) -> None:
    old = embed_with(home, plugged_in)
    if gone:
        shutil.rmtree(plugged_in.removeprefix("onnx:"))
    _embed_again_in_the_background(home, old, notes_expected=gone)


def test_vectors_of_a_model_adapted_by_an_earlier_release_are_replaced(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier releases adapted the shipped model to the library; this one cannot load it."""
    shipped = default_embedder()
    adapted = TokenVectorEmbedder(
        "static-1+library",
        shipped.table.tokens,
        shipped.vectors[::-1].copy(),
        shipped.factors,
        shipped.counting,
    )
    with monkeypatch.context() as earlier:
        earlier.setattr("broadsheet.embed.choose.build_embedder", lambda *_: adapted)
        earlier.setattr("broadsheet.embed.registry.build_embedder", lambda *_: adapted)
        assert embed_with(home, "static") == adapted.name
    (home.path / "adapted" / adapted.name).mkdir(parents=True)
    with open_services(home) as services:
        assert services.search.search(SearchRequest("songs")).hits[0].paper.title == "Bird songs"
    _embed_again_in_the_background(home, adapted.name, notes_expected=True)


def _embed_again_in_the_background(home: Home, old: str, notes_expected: bool) -> None:
    """Search while a server replaces the vectors of ``old`` by those of the shipped model."""
    with opened(home, "static") as services:
        services.admin.start_jobs(OWNER)
        searches = 0
        deadline = time.monotonic() + 60
        while services.admin.status(OWNER).embedder == old and time.monotonic() < deadline:
            answer = services.search.search(SearchRequest("songs"))
            assert answer.hits[0].paper.title == "Bird songs"
            assert (
                notes_expected or not answer.notes or services.admin.status(OWNER).embedder != old
            )
            searches += 1
            time.sleep(0.05)
        assert searches
        assert services.admin.status(OWNER).embedder == default_embedder().name
        assert services.search.search(SearchRequest("songs", mode="meaning")).hits
