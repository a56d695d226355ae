"""The measurement corpus: ``../shared/data`` beside the checkout."""

import gzip
import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
CORPUS = SHARED / "corpus" / "papers-ml.jsonl.zst"
FULL_SIZE = 430_064


def iter_lines(path: Path = CORPUS) -> Iterator[bytes]:
    """Whole lines of a zstd file; stops quietly where the file is cut off."""
    with path.open("rb") as file:
        plain = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        stream = io.BufferedReader(plain, 1 << 20)
        while True:
            try:
                line = stream.readline()
            except zstandard.ZstdError:
                return
            if not line.endswith(b"\n"):
                return
            yield line


def iter_others() -> Iterator[dict[str, Any]]:
    """Real papers beside the corpus: daily lists, systematic reviews, test collections.

    Some of the daily lists' are in the corpus too, under the same id.
    """
    for pattern in ("daily/*.gz", "likes/*.gz", "collections/*/*.gz"):
        for path in sorted(SHARED.glob(pattern)):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for each in map(json.loads, lines):
                    text = each.get("text") or each.get("abstract") or each.get("tldr") or ""
                    # One collection has no titles: the first words of its texts are theirs.
                    title = each["title"] or " ".join(text.split()[:8])
                    if title:
                        name = each.get("_id") or each["id"]
                        yield {"id": name, "title": title, "abstract": text}


def recombined(line: bytes, other: bytes, number: int) -> bytes:
    """A new paper from two: the title of one with the abstract's halves of both."""
    one, two = json.loads(line), json.loads(other)
    half = one["abstract"].find(". ", len(one["abstract"]) // 2) + 2
    rest = two["abstract"].find(". ", len(two["abstract"]) // 2) + 2
    paper = {
        "id": f"recombined:{number}",
        "title": f"{one['title']} ({number})",
        "abstract": one["abstract"][:half] + two["abstract"][rest:],
        "year": one.get("year", 2020),
        "sources": ["recombined"],
    }
    return json.dumps(paper, ensure_ascii=False).encode() + b"\n"


def write_corpus(target: Path, size: int) -> tuple[int, int]:
    """Write ``size`` papers as JSON lines: real ones first, then recombined ones.

    Returns (real, recombined).
    """
    real = 0
    kept: list[bytes] = []
    chooser = random.Random(7)
    with target.open("wb") as file:
        for line in iter_lines():
            if real == size:
                return real, 0
            file.write(line)
            real += 1
            if chooser.random() < 0.2:
                kept.append(line)
        for number in range(size - real):
            file.write(recombined(chooser.choice(kept), chooser.choice(kept), number))
    return real, size - real


def queries(count: int, seed: int = 7) -> dict[str, list[str]]:
    """Queries by kind: one-sentence questions, and two to four words of a title."""
    chooser = random.Random(seed)
    sentences: list[str] = []
    for name in ("knownitem_openreview_tldr", "knownitem_potw"):
        path = SHARED / "collections" / name / "queries.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        sentences += [json.loads(line)["text"] for line in lines]
    chooser.shuffle(sentences)
    short: list[str] = []
    for number, line in enumerate(iter_lines()):
        if number % 50 == 0:
            words = re.findall(r"[A-Za-z][a-z]{3,}", json.loads(line)["title"])
            if len(words) >= 4:
                start = chooser.randrange(len(words) - 2)
                short.append(" ".join(words[start : start + chooser.randint(2, 4)]))
        if len(short) >= count * 20:
            break
    chooser.shuffle(short)
    return {"sentence": sentences[:count], "keywords": short[:count]}
