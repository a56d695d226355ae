"""Many segments of words are written anew as one, beside the vectors, while search goes on."""

import json
import random
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from broadsheet import wiring
from broadsheet.backends.local_index import store
from broadsheet.backends.local_index.builds import Builds
from broadsheet.backends.local_index.postings import reader as postings
from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.home import Home
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import Models
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

SEGMENTS = 6
MARK = 1
"""The record of how far the index came counts as a paper."""
MODEL = default_embedder()
MODELS = Models(MODEL.name, MODEL.dimensions, default_tokeniser().name)
SMALL = "import broadsheet.backends.local_index.store as i; i.FEWEST_TO_MERGE = 1; import broadsheet.__main__"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FEWEST_TO_MERGE", 1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A library whose words lie in ``SEGMENTS`` segments."""
    home = Home(tmp_path / "home").create()
    chooser = random.Random(3)
    with open_services(home) as services:
        for number in range(SEGMENTS):
            import_papers(services, tmp_path, chooser, range(10 * number, 10 * number + 10))
    return home


def import_papers(
    services: LocalServices, folder: Path, chooser: random.Random, numbers: range
) -> None:
    path = folder / f"{numbers.start}.jsonl"
    words = [f"word{letter}" for letter in "abcdefghijklmnop"]
    papers = [
        {
            "id": f"arxiv:2401.{number:05d}",
            "title": f"Paper {number} of {numbers.start}",
            "abstract": " ".join(chooser.choices(words, k=20)),
        }
        for number in numbers
    ]
    path.write_text("\n".join(map(json.dumps, papers)))
    services.library.import_paths(OWNER, [str(path)])


def segment_sizes(home: Home) -> list[int]:
    build = Builds(home.index).current()
    assert build
    return postings.segment_sizes(build)


def answers(services: LocalServices) -> list[tuple[int, list[str]]]:
    requests = [SearchRequest("worda wordb", limit=60, mode=mode) for mode in MODES]
    requests.append(SearchRequest("wordc wordd", limit=60, order="date"))
    results = map(services.search.search, requests)
    return [(answer.matching, [hit.paper.id for hit in answer.hits]) for answer in results]


def test_many_segments_become_one(home: Home, tmp_path: Path) -> None:
    assert sorted(segment_sizes(home)) == [10] * (SEGMENTS - 1) + [10 + MARK]
    with open_services(home) as reader, open_services(home) as services:
        before = answers(reader)
        assert services.admin.renewal_due() == "words"
        assert services.admin.renew_index(OWNER) == "words"
        assert segment_sizes(home) == [10 * SEGMENTS + MARK]
        assert len(list(home.index.glob("build-*"))) == 1
        assert answers(reader) == before
        assert services.admin.renew_index(OWNER) == ""
        import_papers(services, tmp_path, random.Random(4), range(100, 110))
        assert all(
            matching > was for (matching, _), (was, _) in zip(answers(reader), before, strict=True)
        )
        assert services.admin.status(OWNER).pending == 0


def test_changes_that_wait_come_in_with_it(home: Home, tmp_path: Path) -> None:
    with open_services(home) as services:
        index = LocalIndexStore(home.index)
        with index.write(MODELS):  # so that this import is stored and not indexed
            import_papers(services, tmp_path, random.Random(4), range(100, 110))
            import_papers(services, tmp_path, random.Random(5), range(8, 12))
        assert services.admin.status(OWNER).pending
        assert services.admin.renew_index(OWNER) == "words"
        assert services.admin.status(OWNER).pending == 0
        assert segment_sizes(home) == [10 * SEGMENTS + 10 + MARK]
        hits = services.search.search(SearchRequest("worda wordb", limit=90, mode="meaning")).hits
        assert len(hits) == 10 * SEGMENTS + 10


def test_cut_off_it_leaves_what_was(home: Home) -> None:
    with open_services(home) as services:
        before = answers(services)
        index = LocalIndexStore(home.index)
        paper = IndexDocument(key=999, title="A new one", abstract="worda wordb")
        vectors = MODEL.encode_documents([paper.title], [paper.abstract])
        tokens = default_tokeniser().encode_papers([paper.title], [paper.abstract])

        def fail() -> None:
            with index.rebuild(MODELS, 60) as writer:
                writer.add([paper], np.asarray(vectors, np.float32), tokens)
                writer.commit(1_000)
                raise RuntimeError("power cut")

        with pytest.raises(RuntimeError):
            fail()
        assert answers(services) == before
        assert len(segment_sizes(home)) == SEGMENTS
    with open_services(home) as again:
        assert again.admin.renew_index(OWNER) == "words"
        assert answers(again) == before


def test_a_server_does_it_by_itself_in_a_process_of_its_own(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(home: Home, *arguments: str) -> list[str]:
        return [sys.executable, "-c", SMALL, "--home", str(home.path), *arguments]

    monkeypatch.setattr(wiring, "_command", command)
    with open_services(home) as services:
        before = answers(services)
        services.admin.start_jobs(OWNER)
        deadline = time.monotonic() + 60
        searches = 0
        while len(segment_sizes(home)) > 1 and time.monotonic() < deadline:
            assert answers(services) == before
            searches += 1
            time.sleep(0.05)  # the other process gives way to this one
        assert searches
        assert segment_sizes(home) == [10 * SEGMENTS + MARK]
        assert answers(services) == before


def test_the_command_says_what_was_due(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for message in ("the words of 60 papers are one segment now", "nothing is due"):
        main(["--home", str(home.path), "index", "renew"], standalone_mode=False)
        assert message in capsys.readouterr().out


def test_few_papers_and_small_segments_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store._are_many([10_000] * 5)
    assert not store._are_many([10_000] * 4 + [100] * 20)
    assert not store._are_many([60_000] + [10_000] * 6)
    assert not store._are_many([])
    monkeypatch.setattr(store, "FEWEST_TO_MERGE", 50_001)
    assert not store._are_many([10_000] * 5)
