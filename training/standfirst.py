"""Learn the weights of the standfirst's model and print how well it agrees with TL;DRs.

``python -m training.standfirst --data ../shared/data --out build/standfirst.json``

For each listed paper with a TL;DR and a whole abstract, the ROUGE-L of each sentence against the TL;DR is
what choosing it is worth. The weights make the expected worth largest if a sentence is drawn with
probabilities proportional to exp(score). One paper of four is held out, by a checksum of its id.
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import Stemmer
from numpy.typing import NDArray
from scipy.optimize import minimize

from broadsheet.discovery.standfirst import measure_sentences, untie
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.sentences import finish, split_sentences
from training.records import iter_json_lines

Floats = NDArray[np.float64]

STRENGTH = 1e-3
_STEMMER = Stemmer.Stemmer("porter")
_PROPOSAL = re.compile(
    r"\b(?:we|this (?:paper|work|study)) (?:\w+ )?(?:propose|introduce|present)s?\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Example:
    """An abstract's sentences with their features and worths; both have a row a sentence."""

    id: str
    day: str
    sentences: list[str]
    features: Floats
    worth: Floats

    @property
    def is_held_out(self) -> bool:
        """Whether the example is for measuring only."""
        return zlib.crc32(self.id.encode()) % 4 == 0


def stems(text: str) -> list[str]:
    """Return the Porter stems of a text's words, as the reference ROUGE does."""
    return _STEMMER.stemWords(re.findall(r"[a-z0-9]+", text.lower()))


def measure_rouge_l(candidate: str, reference: str) -> float:
    """Return ROUGE-L, the F1 of the longest common subsequence of stems (Lin, 2004)."""
    ours, theirs = stems(candidate), stems(reference)
    if not ours or not theirs:
        return 0.0
    # Bits of ``row`` that are 0 mark the subsequence (Hyyrö, 2004).
    places: dict[str, int] = {}
    for place, word in enumerate(theirs):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(theirs)) - 1
    row = full
    for word in ours:
        both = row & places.get(word, 0)
        row = ((row + both) | (row - both)) & full
    common = len(theirs) - row.bit_count()
    return 2 * common / (len(ours) + len(theirs))


def read_examples(data: Path) -> tuple[list[str], list[Example]]:
    """Return the names of the features and the examples; TL;DRs copied from abstracts are left out."""
    daily = list(iter_json_lines(data / "daily" / "daily-2024-2025-tldr.jsonl.gz"))
    wanted = {row["id"]: row for row in daily}
    names: list[str] = []
    examples = []
    for row in iter_json_lines(data / "corpus" / "papers-ml.jsonl.zst"):
        listed = wanted.get(row["id"])
        abstract = row.get("abstract") or ""
        if listed is None or row.get("abstract_truncated") or not listed.get("tldr"):
            continue
        tldr = finish(listed["tldr"].replace("\\n", " "))
        sentences = split_sentences(to_text(abstract))
        if len(sentences) < 3 or tldr[:60] in abstract:
            continue
        measured = measure_sentences(to_text(row["title"]), sentences)
        names = list(measured[0])
        examples.append(
            Example(
                row["id"],
                listed["hf_date"],
                sentences,
                np.array([list(each.values()) for each in measured]),
                np.array([measure_rouge_l(untie(sentence), tldr) for sentence in sentences]),
            )
        )
    return names, examples


def learn(examples: list[Example]) -> Floats:
    """Return the weights that make the expected worth of a drawn sentence largest."""
    features = np.vstack([example.features for example in examples])
    worth = np.concatenate([example.worth for example in examples])
    counts = np.array([len(example.worth) for example in examples])
    starts = np.append(0, np.cumsum(counts)[:-1])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = features @ weights
        chances = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), counts))
        chances /= np.repeat(np.add.reduceat(chances, starts), counts)
        expected = np.add.reduceat(chances * worth, starts)
        slopes = chances * (worth - np.repeat(expected, counts))
        value = STRENGTH * float(weights @ weights) - float(expected.sum())
        return value, 2 * STRENGTH * weights - features.T @ slopes

    centred = np.vstack([e.features - e.features.mean(axis=0) for e in examples])
    target = np.concatenate([e.worth - e.worth.mean() for e in examples])
    squares = centred.T @ centred + 10 * np.eye(centred.shape[1])
    start = 40 * np.linalg.solve(squares, centred.T @ target)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights: Floats = found.x
    return weights


def choose_proposal(example: Example) -> int:
    """Return the first sentence that proposes, introduces or presents, else the first."""
    places = (i for i, text in enumerate(example.sentences) if _PROPOSAL.search(text))
    return next(places, 0)


def print_row(name: str, examples: list[Example], weights: Floats) -> None:
    """Print the mean ROUGE-L of several ways to choose a sentence."""
    chosen = [e.worth[int(np.argmax(e.features @ weights))] for e in examples]
    figures = {
        "first": np.mean([e.worth[0] for e in examples]),
        "first proposal": np.mean([e.worth[choose_proposal(e)] for e in examples]),
        "model": np.mean(chosen),
        "best": np.mean([e.worth.max() for e in examples]),
    }
    cells = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
    error = np.std(chosen) / np.sqrt(len(chosen))
    print(f"{name}, {len(examples)} abstracts: {cells} (standard error of the model {error:.3f})")


def main() -> None:
    """Read the arguments, learn, measure and write."""
    parser = argparse.ArgumentParser(description="Learn the weights of the standfirst's model.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/standfirst.json"))
    args = parser.parse_args()
    names, examples = read_examples(args.data)
    learned_from = [example for example in examples if not example.is_held_out]
    held_out = [example for example in examples if example.is_held_out]
    weights = learn(learned_from)
    print_row("learned from", learned_from, weights)
    print_row("held out", held_out, weights)
    late = [example for example in held_out if example.day >= "2025-09"]
    print_row("held out, September to December 2025", late, weights)
    rounded = {name: round(float(each), 2) for name, each in zip(names, weights, strict=True)}
    args.out.write_text(json.dumps({"format": 1, "weights": rounded}, indent=1) + "\n", "utf-8")
    for name, each in sorted(rounded.items(), key=lambda pair: -abs(pair[1])):
        print(f"{each:+7.2f}  {name}")


if __name__ == "__main__":
    main()
