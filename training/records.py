"""Read the training texts: papers of the corpus, reviews, known-item targets to leave out.

The data lie beside the project's root (``../shared/data``); see ``training/README.md``.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from broadsheet.embed.static.words import split_words

KNOWN_ITEMS = ("knownitem_openreview_tldr", "knownitem_potw")


@dataclass(frozen=True)
class Paper:
    """One training text: a paper with what else says in short what it is about."""

    id: str
    title: str
    abstract: str
    tldrs: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def is_held_out(paper: Paper) -> bool:
    """Return whether a paper is kept from training: 1 of 100, of reviews 1 of 7."""
    number = zlib.crc32(paper.id.encode())
    return number % (100 if ":" in paper.id and paper.id[0].islower() else 7) == 0


def title_key(title: str) -> bytes:
    """Return the title without case, accents and punctuation, to compare titles by."""
    return b" ".join(split_words(title))


def iter_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield one object a line from a plain, ``.gz`` or ``.zst`` file.

    A file that ends in the middle gives the lines up to there: the corpus is large and its
    copy may be cut off.
    """
    if path.suffix == ".zst":
        raw: Any = zstandard.ZstdDecompressor().stream_reader(
            path.open("rb"), read_across_frames=True
        )
        lines: Any = io.TextIOWrapper(raw, "utf-8")
    elif path.suffix == ".gz":
        lines = gzip.open(path, "rt", encoding="utf-8")  # noqa: SIM115
    else:
        lines = path.open(encoding="utf-8")
    with lines:
        try:
            for line in lines:
                yield json.loads(line)
        except (ValueError, EOFError, zstandard.ZstdError):
            return


def _paper_of(row: dict[str, Any]) -> Paper:
    """Return the training text of one corpus row."""
    signals = row.get("signals", {})
    tldrs = [signals[key] for key in ("openreview_tldr", "hf_tldr", "potw") if signals.get(key)]
    keywords = row.get("keywords") or []
    if isinstance(keywords, str):
        keywords = keywords.split(",")
    return Paper(
        row["id"],
        row["title"],
        row["abstract"],
        tuple(str(text) for text in tldrs if isinstance(text, str)),
        tuple(str(word) for word in keywords),
    )


def iter_papers(data: Path) -> Iterator[Paper]:
    """Yield every paper of the corpus, in its order."""
    for row in iter_json_lines(data / "corpus" / "papers-ml.jsonl.zst"):
        yield _paper_of(row)


def iter_reviews(data: Path) -> Iterator[Paper]:
    """Yield the records of the systematic reviews (mostly biomedical) that have an abstract."""
    for path in sorted((data / "likes").glob("*.jsonl.gz")):
        for row in iter_json_lines(path):
            if row.get("title") and len(row.get("text") or "") > 200:
                yield Paper(row["_id"], row["title"], row["text"])


def read_known_item_targets(data: Path) -> tuple[set[str], set[bytes]]:
    """Return ids and title keys of every paper that a reported known-item query looks for."""
    ids: set[str] = set()
    titles: set[bytes] = set()
    for name in KNOWN_ITEMS:
        folder = data / "collections" / name
        for row in iter_json_lines(folder / "queries.jsonl"):
            titles.add(title_key(row.get("target_title", "")))
        for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
            ids.add(line.split("\t")[1])
    return ids, titles


def iter_training_papers(data: Path) -> Iterator[Paper]:
    """Yield the corpus without any target of a reported known-item query, then the reviews."""
    ids, titles = read_known_item_targets(data)
    for paper in iter_papers(data):
        if paper.id not in ids and title_key(paper.title) not in titles:
            yield paper
    yield from iter_reviews(data)
