"""`embedder adapt`, what `status` says of it, and `evaluate --adapt`."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""

PAPERS = 240
LETTERS = "bcdfghklmnpr"


def texts() -> list[tuple[str, str]]:
    """Of topics with words that the shipped model does not know, so that adapting helps."""
    chooser = random.Random(1)
    made = []
    for _ in range(PAPERS):
        topic = chooser.choice("abcdefghij")
        words = [f"qzxw{topic}{letter}vj" for letter in LETTERS]
        made.append((" ".join(chooser.sample(words, 4)), " ".join(chooser.choices(words, k=15))))
    return made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "unknown.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number, (title, abstract) in enumerate(texts()):
            paper = {"id": f"arxiv:2401.{number:05d}", "title": title, "abstract": abstract}
            file.write(json.dumps(paper) + "\n")
    return path


def test_a_library_is_adapted_to_once(broadsheet: Command, library: Path) -> None:
    broadsheet("import", str(library))
    assert broadsheet("status", "--json").lines[0]["adaptation"] is None
    done = broadsheet("embedder", "adapt", "--json")
    assert done.status == 0
    found = done.lines[0]
    assert (found["papers"], found["helps"]) == (PAPERS, True)
    assert 1 <= found["adapted_log_rank"] < found["shipped_log_rank"]
    status = broadsheet("status", "--json").lines[0]
    assert status["adaptation"] == found
    assert status["embedder"] == found["embedder"] != found["shipped"]
    assert "adapted to the library, judged" in broadsheet("status").out
    again = broadsheet("embedder", "adapt")
    assert (again.status, again.out) == (1, "")
    assert "--force" in again.err
    forced = broadsheet("embedder", "adapt", "--force")
    assert forced.status == 0
    assert "adapted to the library" in forced.out


def test_a_few_papers_are_not_adapted_to(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    for options in ((), ("--force",)):
        answer = broadsheet("embedder", "adapt", *options)
        assert answer.status == 1
        assert "200 are needed" in answer.err


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [("EMBEDDER_ADAPTS", "false", "is off"), ("EMBEDDER", "lsi", "only the shipped embedder")],
)
def test_where_nothing_adapts_it_says_what_to_set(
    broadsheet: Command,
    papers_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    told: str,
) -> None:
    broadsheet("import", str(papers_file))
    monkeypatch.setenv(f"BROADSHEET_{setting}", value)
    answer = broadsheet("embedder", "adapt")
    assert answer.status == 2
    assert told in answer.err


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    folder.mkdir()
    rows = texts()
    documents = [
        json.dumps({"_id": str(number), "title": title, "text": text})
        for number, (title, text) in enumerate(rows)
    ]
    queries = [json.dumps({"_id": str(at), "text": rows[at][0]}) for at in range(12)]
    (folder / "corpus.jsonl").write_text("\n".join(documents))
    (folder / "queries.jsonl").write_text("\n".join(queries))
    (folder / "qrels.tsv").write_text("".join(f"{at}\t{at}\t1\n" for at in range(12)))
    return folder


def test_evaluate_measures_both_models_over_one_index(
    broadsheet: Command, collection: Path, tmp_path: Path
) -> None:
    kept = str(tmp_path / "kept")
    asked = ("evaluate", str(collection), "--mode", "meaning", "--index", kept, "--json")
    gain = broadsheet(*asked, "--adapt").lines[0]
    assert gain["helps"]
    assert gain["adapted"]["nDCG@10"] != gain["shipped"]["nDCG@10"]
    assert gain["difference"]["mean"] == pytest.approx(
        gain["adapted"]["nDCG@10"] - gain["shipped"]["nDCG@10"], abs=1e-3
    )
    plain = broadsheet(*asked).lines[0]
    assert plain["nDCG@10"] == gain["shipped"]["nDCG@10"]
    assert "shipped," in broadsheet(*asked[:-1], "--adapt").out


def test_evaluate_does_not_adapt_to_a_few_papers(broadsheet: Command, collection: Path) -> None:
    corpus = collection / "corpus.jsonl"
    corpus.write_text("\n".join(corpus.read_text().splitlines()[:50]))
    answer = broadsheet("evaluate", str(collection), "--adapt")
    assert answer.status == 2
    assert "too few papers" in answer.err
