"""Print how good a model is: development figures, or with ``--report`` what is reported.

``python -m training.evaluate src/broadsheet/embed/static/models/static-1 --data ../shared/data``

Columns: BM25 alone (``words``), vectors alone (``meaning``), both fused at the weight given
(``fused@…``), and the gain of the fusion over BM25 with its standard error over queries.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.token_vectors import TokenVectorEmbedder
from training.measure import (
    CLASSIC,
    Collection,
    evaluate,
    is_odd,
    make_dev_collections,
    make_pool,
    read_classic,
    read_known_item,
)
from training.records import KNOWN_ITEMS

WEIGHTS = (0.3, 0.4, 0.5)


def iter_collections(data: Path, report: bool, pool_size: int | None) -> Iterator[Collection]:
    """Yield the classic collections, then those over a pool of papers."""
    for name in CLASSIC:
        yield read_classic(data, name)
    pool = make_pool(data, pool_size)
    if report:
        for name in KNOWN_ITEMS:
            yield read_known_item(data, name, pool)
    else:
        yield from make_dev_collections(data, pool)


def print_row(name: str, values: dict[str, NDArray[np.float64]], kept: NDArray[np.bool_]) -> None:
    """Print one line of figures over the kept queries."""
    words = values["words"][kept]
    cells = [f"words {words.mean():.4f}", f"meaning {values['meaning'][kept].mean():.4f}"]
    for key in values:
        if key.startswith("fused"):
            gain = values[key][kept] - words
            error = gain.std() / np.sqrt(len(gain))
            cells.append(f"{key} {values[key][kept].mean():.4f} ({gain.mean():+.4f} ± {error:.4f})")
    print(f"{name:32s} {kept.sum():4d}  " + "  ".join(cells), flush=True)


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description="Print how good a model is.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--pool", type=int, help="papers in the pool; all where not given")
    args = parser.parse_args()
    embedder = TokenVectorEmbedder.load(args.model)
    for collection in iter_collections(args.data, args.report, args.pool):
        values = evaluate(embedder, collection, WEIGHTS)
        everything = np.ones(len(collection.queries), dtype=bool)
        if collection.known_item:
            print_row(collection.name, values, everything)
            continue
        odd = np.array([is_odd(topic) for topic in collection.topics])
        if args.report:
            print_row(f"{collection.name}, even topics", values, ~odd)
            print_row(f"{collection.name}, all topics", values, everything)
        else:
            print_row(f"{collection.name}, odd topics", values, odd)


if __name__ == "__main__":
    main()
