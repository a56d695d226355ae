"""Golden rankings: a change of ranking shows in review as a change of ``golden.txt``."""

from collections.abc import Callable
from pathlib import Path

from broadsheet.domain.search import MODES, SearchRequest
from memory_library import make_paper
from searching import open_searcher

HERE = Path(__file__).parent


def rankings(folder: Path) -> str:
    """The first ten of every query in every mode, one ranking a line."""
    rows = [line.split("\t") for line in (HERE / "corpus.tsv").read_text().splitlines()]
    names = {key: name for key, (name, _, _) in enumerate(rows, 1)}
    papers = [make_paper(key, title, text) for key, (_, title, text) in enumerate(rows, 1)]
    searcher = open_searcher(folder, papers)
    lines: list[str] = []
    for text in (HERE / "queries.txt").read_text().splitlines():
        lines.append(text)
        for mode in MODES:
            answer = searcher.search(SearchRequest(text, limit=10, mode=mode))
            ranking = " ".join(names[hit.paper.key] for hit in answer.hits)
            lines.append(f"  {mode:8}{answer.matching:3}  {ranking}".rstrip())
    return "\n".join(lines) + "\n"


def test_rankings_are_as_committed(compare: Callable[[str, str], None], tmp_path: Path) -> None:
    compare("golden.txt", rankings(tmp_path))
