"""Make the shipped model from the data, in one command.

``python -m training.run --data ../shared/data --work build/training``
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from broadsheet.embed.static.token_vectors import TokenVectorEmbedder, quantise
from training.prepare import prepare
from training.train import Settings, Trainer, train

BLOCKS = 19
SEED = 20_240_601
STAGES = (
    Settings(steps=2000, seed=1),
    Settings(steps=1400, rate=1e-3, mine_first=True, seed=2),
    Settings(steps=1400, rate=1e-3, mine_first=True, seed=3),
)


def average(models: list[TokenVectorEmbedder]) -> TokenVectorEmbedder:
    """Return the model whose weighted token vectors are the means of the models'."""
    weighted = [model.vectors * model.factors[:, None] for model in models]
    rows, factors = quantise(np.mean(weighted, axis=0))
    last = models[-1]
    return TokenVectorEmbedder(last.label, last.table.tokens, rows, factors, last.counting)


def run(data: Path, work: Path) -> None:
    """Prepare, train in stages, each from the one before, and average what came out."""
    prepare(data, work, BLOCKS, SEED)
    models: list[Path] = []
    for number, settings in enumerate(STAGES, 1):
        out = work / f"stage-{number}"
        if not (record_path := out.with_suffix(".json")).exists():
            trainer = Trainer(data, work, settings, models[-1] if models else None)
            record = train(trainer, out, "static-1")
            record_path.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
        models.append(out)
    average([TokenVectorEmbedder.load(path) for path in models]).save(work / "model")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="Make the shipped model from the data.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    run(args.data, args.work)


if __name__ == "__main__":
    main()
