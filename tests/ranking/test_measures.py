"""Golden measures: the effect of a change of ranking or embedder on quality, to four decimals.

Always on titles that have to find their abstracts in the small corpus; on Cranfield, CISI
and NPL where the measurement data lies beside the checkout.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from broadsheet.domain.search import Mode
from broadsheet.evaluation.evaluate import evaluate
from broadsheet.wiring import indexed_collection

HERE = Path(__file__).parent
COLLECTIONS = HERE.parents[2] / "shared" / "data" / "collections"
MODES: tuple[Mode, ...] = ("words", "hybrid")
SHOWN = ("nDCG@10", "MRR@10")
"""Not R@100 and MAP: which of the papers of equal score at the very end of the 200 candidates
are taken depends on how the index was merged, and moves their last decimals."""


def measure(folder: Path) -> str:
    """One line for each mode."""
    lines = []
    with indexed_collection(folder, None, None, lambda done, share: None) as (services, collection):
        for mode in MODES:
            evaluation = evaluate(services.search, collection, mode, lambda done, share: None)
            figures = "  ".join(f"{name} {evaluation.measures[name]:.4f}" for name in SHOWN)
            lines.append(
                f"{mode:8}{figures}  ({evaluation.queries} queries, {evaluation.papers} papers)\n"
            )
    return "".join(lines)


def test_titles_find_their_abstracts(compare: Callable[[str, str], None], tmp_path: Path) -> None:
    rows = [line.split("\t") for line in (HERE / "corpus.tsv").read_text().splitlines()]
    tables = {
        "corpus.jsonl": [{"_id": name, "title": "", "text": text} for name, _, text in rows],
        "queries.jsonl": [{"_id": name, "text": title} for name, title, _ in rows],
    }
    for name, table in tables.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in table))
    (tmp_path / "qrels.tsv").write_text("".join(f"{name}\t{name}\t1\n" for name, _, _ in rows))
    compare("measures/small.txt", measure(tmp_path))


@pytest.mark.shared
@pytest.mark.skipif(not COLLECTIONS.exists(), reason="needs ../shared/data/collections")
@pytest.mark.parametrize("name", ["cranfield", "cisi", "npl_vaswani"])
def test_collections(compare: Callable[[str, str], None], name: str) -> None:
    compare(f"measures/{name}.txt", measure(COLLECTIONS / name))
