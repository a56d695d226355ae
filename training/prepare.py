"""Steps before training: choose the vocabulary, encode words and texts with the teacher.

``python -m training.prepare --data ../shared/data --work build/training --blocks 40``
"""

from __future__ import annotations

import argparse
import pickle
import random
from pathlib import Path

import numpy as np

from training import teacher
from training.records import iter_reviews, iter_training_papers
from training.vocabulary import choose_vocabulary, count_words, read_encoder_vocabulary

VOCABULARY_SIZE = 60_000
REVIEW_REPEATS = 3


def prepare(data: Path, work: Path, blocks: int, seed: int) -> None:
    """Write ``vocabulary.txt``, ``words.npy`` and ``blocks`` teacher blocks under ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    papers = list(iter_training_papers(data))
    reviews = list(iter_reviews(data))
    vocabulary_path = work / "vocabulary.txt"
    if not vocabulary_path.exists():
        review_counts = count_words(reviews)
        corpus_counts = count_words(papers[: len(papers) - len(reviews)])
        with (work / "counts.pickle").open("wb") as out:
            pickle.dump((corpus_counts, review_counts), out)
        encoder_words = read_encoder_vocabulary(teacher.encoder_folder() / "vocab.txt")
        tokens = choose_vocabulary(corpus_counts, review_counts, encoder_words, VOCABULARY_SIZE)
        vocabulary_path.write_bytes(b"\n".join(tokens) + b"\n")
    vocabulary = vocabulary_path.read_bytes().split(b"\n")[:-1]
    encoder = teacher.load_encoder()
    if not (work / "words.npy").exists():
        np.save(work / "words.npy", teacher.encode_words(encoder, vocabulary))
    papers += reviews * (REVIEW_REPEATS - 1)
    random.Random(seed).shuffle(papers)
    teacher.write_blocks(encoder, teacher.sample_texts(papers, seed), work, blocks)


def main() -> None:
    """Read the arguments and prepare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--blocks", type=int, default=40, help="of 4,000 texts each")
    parser.add_argument("--seed", type=int, default=20_240_601)
    args = parser.parse_args()
    prepare(args.data, args.work, args.blocks, args.seed)


if __name__ == "__main__":
    main()
