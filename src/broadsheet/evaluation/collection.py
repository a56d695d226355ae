"""Test collections: queries and relevance judgements over a corpus, BEIR style.

A folder holds ``queries.jsonl`` ({"_id", "text"}), ``qrels.tsv`` (query-id,
corpus-id, score; a header line is skipped) and, unless the corpus is given
separately, ``corpus.jsonl`` ({"_id", "title", "text"}), each plain or ``.gz`` or
``.zst``. Source: Thakur et al., BEIR, NeurIPS 2021, arXiv:2104.08663.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from broadsheet.domain.errors import InvalidInputError

Qrels = dict[str, dict[str, int]]
"""Query id → document id → relevance grade (0 judged not relevant)."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Queries with at least one relevant document, and their judgements."""

    name: str
    queries: dict[str, str]
    """Query id → text, in the file's order."""
    qrels: Qrels
    corpus: Path


def load_collection(folder: Path, corpus: Path | None = None) -> Collection:
    """Read a collection.

    Raises InvalidInputError naming the file and line that cannot be used.
    """
    queries_path, qrels_path = folder / "queries.jsonl", folder / "qrels.tsv"
    qrels = _read_qrels(qrels_path)
    queries = {}
    for number, line in enumerate(_lines(queries_path), 1):
        try:
            entry = json.loads(line)
            queries[str(entry["_id"])] = str(entry["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInputError(
                f'{queries_path}, line {number}: expected {{"_id": …, "text": …}}'
            ) from error
    judged_queries = {
        name: text for name, text in queries.items() if any(qrels.get(name, {}).values())
    }
    if not judged_queries:
        raise InvalidInputError(f"{folder}: no query has a relevant document in {qrels_path.name}")
    return Collection(folder.name, judged_queries, qrels, corpus or _find_corpus(folder))


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path}: cannot be read ({error})") from error


def _read_qrels(path: Path) -> Qrels:
    qrels: Qrels = {}
    for number, line in enumerate(_lines(path), 1):
        fields = line.split("\t")
        if number == 1 and fields[-1].strip() == "score":
            continue
        try:
            query, document, grade = fields
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise InvalidInputError(
                f"{path}, line {number}: expected query-id, corpus-id and a whole-number "
                f"score between tabs, got {line!r}"
            ) from error
    return qrels


def _find_corpus(folder: Path) -> Path:
    for suffix in ("", ".gz", ".zst"):
        path = folder / f"corpus.jsonl{suffix}"
        if path.exists():
            return path
    raise InvalidInputError(
        f"{folder}: no corpus.jsonl (or .gz, .zst) in it; name the corpus with --corpus FILE"
    )
