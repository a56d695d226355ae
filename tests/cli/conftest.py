"""Running the real command on a home of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main


@dataclass(frozen=True)
class Answer:
    """The output of a command, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Answer]


@pytest.fixture
def broadsheet(tmp_path: Path) -> Command:
    """``broadsheet("search", "words")`` on an empty home below ``tmp_path``."""
    home = str(tmp_path / "home")

    def run(*arguments: str, stdin: bytes | None = None) -> Answer:
        result = CliRunner().invoke(main, ["--home", home, *arguments], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


PAPERS = [
    {
        "id": "arxiv:2401.00001",
        "title": "Sparse surrogates for slow simulators",
        "abstract": "We learn surrogate models of expensive simulators from few runs.",
        "authors": ["Ada Lovelace", "Grace Hopper"],
        "date": "2024-01-01",
        "categories": ["cs.LG"],
        "url": "https://arxiv.org/abs/2401.00001",
    },
    {
        "id": "arxiv:2402.00002",
        "title": "Counting birds by their songs",
        "abstract": "Microphones in a forest and a network that knows forty species.",
        "authors": ["Rachel Carson"],
        "date": "2024-02-01",
        "categories": ["eess.AS"],
    },
    {
        "id": "arxiv:2403.00003",
        "title": "Surrogate gradients for spiking networks",
        "abstract": "A smooth surrogate of the spike lets gradients through.",
        "date": "2024-03-01",
        "categories": ["cs.NE"],
    },
]


@pytest.fixture
def papers_file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), encoding="utf-8")
    return path
