"""Make the shipped model from the data, in one command.

``python -m training.run --data ../shared/data --work build/training``
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from training.prepare import prepare
from training.train import Settings, Trainer, train

BLOCKS = 19
SEED = 20_240_601
FIRST = Settings(steps=1400)
SECOND = Settings(steps=1400, rate=1e-3, mine_first=True, seed=2)


def run(data: Path, work: Path) -> None:
    """Prepare, train, and train on from there with harder batches and half the rate."""
    prepare(data, work, BLOCKS, SEED)
    first, second = work / "first", work / "model"
    for settings, start, out in ((FIRST, None, first), (SECOND, first, second)):
        record = train(Trainer(data, work, settings, start), out, "static-1")
        path = work / f"{out.name}.json"
        path.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


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
