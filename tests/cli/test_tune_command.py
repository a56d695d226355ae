"""``broadsheet tune`` on collections small enough to see why it decides as it does."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from broadsheet.config import load_settings
from broadsheet.home import Home
from broadsheet.search.rank.weights import SHIPPED

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""
TOPICS = 20
BLIND = {"words": 0.0, "feedback": 0.0, "closeness": 0.0}
"""Weights that do not look at words."""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A number in each query names its paper: found by words, not by meaning."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    numbers = [7919 * n + 10007 for n in range(TOPICS)]
    papers = [
        {"_id": f"d{n}", "title": "", "text": f"Prices of apples, table {number}."}
        for n, number in enumerate(numbers)
    ]
    papers += [
        {"_id": f"near{n}", "title": "", "text": f"How the weather was in {2000 + n}."}
        for n in range(TOPICS)
    ]
    queries = [
        {"_id": f"q{n}", "text": f"how the weather was in {number}"}
        for n, number in enumerate(numbers)
    ]
    for name, rows in (("corpus.jsonl", papers), ("queries.jsonl", queries)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    qrels = "".join(f"q{n}\td{n}\t1\n" for n in range(TOPICS))
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}")
    return folder


def set_weights(home: Path, weights: dict[str, float]) -> None:
    home.mkdir()
    lines = [f"{name} = {value}\n" for name, value in weights.items()]
    (home / "broadsheet.toml").write_text("[ranking]\n" + "".join(lines))


def test_a_gain_beyond_noise_is_written_with_its_evidence(
    broadsheet: Command, tmp_path: Path, collection: Path
) -> None:
    pytest.importorskip("optuna")
    set_weights(tmp_path / "home", BLIND)
    output = tmp_path / "ranking.toml"
    arguments = ("tune", str(collection), "--trials", "3", "--index", str(tmp_path / "kept"))
    answer = broadsheet(*arguments, "--json", "--output", str(output))
    assert answer.status == 0
    tuning = answer.lines[0]
    assert tuning["accepted"]
    assert tuning["present"] == {**BLIND, "feedback_papers": 10}
    assert tuning["set_aside"]["topics"] == TOPICS / 2
    assert tuning["set_aside"]["low"] > 0
    text = output.read_text()
    assert text.startswith("# Changed the settings: on the topics set aside, the gain is beyond")
    assert "# was 0.0" in text
    assert tomllib.loads(text) == {"ranking": tuning["values"]}

    # The written settings are those that readers get; the kept index is used again.
    assert (tmp_path / "kept/numbers/library.sqlite").exists()
    (tmp_path / "home/broadsheet.toml").write_text(text)
    assert asdict(load_settings(Home(tmp_path / "home")).ranking) == tuning["values"]
    index_option = ("--index", str(tmp_path / "kept/numbers"))
    assert (
        broadsheet("evaluate", str(collection), *index_option, "--json").lines[0]["nDCG@10"] > 0.9
    )

    assert broadsheet(*arguments, "--output", str(output)).err == (
        f"broadsheet: {output} is there already; name a new file\n"
    )


def test_a_folder_that_is_not_there(broadsheet: Command, tmp_path: Path, collection: Path) -> None:
    answer = broadsheet("tune", str(collection), "--output", str(tmp_path / "none/ranking.toml"))
    assert answer.status == 2
    assert f"there is no folder {tmp_path / 'none'}" in answer.err


def test_without_a_gain_the_settings_stay(broadsheet: Command, collection: Path) -> None:
    pytest.importorskip("optuna")
    answer = broadsheet("tune", str(collection), "--trials", "2", "--seed", "4")
    assert answer.status == 0
    assert answer.out.startswith("# Kept the settings")
    assert tomllib.loads(answer.out) == {"ranking": asdict(SHIPPED)}


def test_two_collections_of_one_name(broadsheet: Command, tmp_path: Path, collection: Path) -> None:
    other = tmp_path / "other" / collection.name
    other.mkdir(parents=True)
    answer = broadsheet("tune", str(collection), str(other))
    assert answer.status == 2
    assert answer.err == "broadsheet: two collections are called numbers\n"


def test_without_optuna_nothing_is_indexed(
    broadsheet: Command, tmp_path: Path, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    answer = broadsheet("tune", str(collection), "--index", str(tmp_path / "kept"))
    assert answer.status == 2
    assert "pip install 'broadsheet[tune]'" in answer.err
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("command", ["evaluate", "tune"])
def test_without_the_measures_nothing_is_indexed(
    broadsheet: Command,
    tmp_path: Path,
    collection: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    answer = broadsheet(command, str(collection), "--index", str(tmp_path / "kept"))
    assert answer.status == 2
    assert "pip install 'broadsheet[evaluate]'" in answer.err
    assert not (tmp_path / "kept").exists()


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from broadsheet.cli.main import main; main(['tune', '--help'],"
        " standalone_mode=False); print({'numpy', 'optuna', 'tantivy'} & sys.modules.keys())"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "--trials" in output.stdout
    assert output.stdout.endswith("set()\n")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("words = 1.5", "ranking: words is 1.5; it must be between 0 and 1"),
        ("closeness = nan", "ranking: closeness is nan; it must be 0 or more"),
        ("feedback_papers = 0", "ranking: feedback_papers is 0; it must be 1 or more"),
        ("word = 0.5", "ranking.word: there is no such setting"),
        ("words = 'many'", "ranking.words: must be a number"),
    ],
)
def test_weights_that_cannot_be(
    broadsheet: Command, tmp_path: Path, table: str, message: str
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/broadsheet.toml").write_text(f"[ranking]\n{table}\n")
    answer = broadsheet("status")
    assert answer.status == 2
    assert message in answer.err
    assert "The table [ranking] holds: words, feedback, feedback_papers, closeness" in answer.err
    assert answer.err.count("\n") == 1
