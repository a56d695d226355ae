"""Train the token vectors: contrastive pairs and the teacher's similarities, on a CPU.

``python -m training.train --data ../shared/data --work build/training --steps 2000``

Loss      InfoNCE over the batch, both ways: a title, sentence, TL;DR or keyword list must
          find its own paper among ``--batch`` papers; half of the batches hold groups of
          papers that are close to each other (mined with the model so far).  Plus the
          divergence between teacher's and student's similarities over texts and words.
Start     the teacher's vector of each token, reduced to 256 dimensions; idf as weight.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray

from broadsheet.embed.static.bag_of_words import SparseRows, count_tokens, stack_rows
from broadsheet.embed.static.token_vectors import Counting, TokenVectorEmbedder, quantise
from broadsheet.embed.static.word_table import WordTable
from broadsheet.embed.static.words import split_words
from training.measure import is_held_out
from training.pairs import TokenStore, build_store, draw_pairs
from training.records import iter_training_papers

REVIEWS = 9_000  # records of the systematic reviews, last in the store


@dataclass(frozen=True)
class Settings:
    """What a training run is made of; kept in the model's record."""

    dimensions: int = 256
    batch: int = 1024
    teacher_batch: int = 384
    teacher_words: int = 256
    teacher_weight: float = 1.0
    temperature: float = 0.05
    teacher_temperature: float = 0.1
    rate: float = 2e-3
    saturation: float = 0.5
    group: int = 64
    hard_share: float = 0.5
    review_share: float = 0.06
    kept_sentences: float = 0.6
    fused_weight: float = 0.5
    steps: int = 2000
    mine_first: bool = False
    most_minutes: float = 1e9
    seed: int = 1


class StaticModel(torch.nn.Module):
    """Token vectors and log weights; a text is their weighted sum, of unit length."""

    def __init__(self, start: NDArray[np.float32], idf: NDArray[np.float32], saturation: float):
        super().__init__()
        self.vectors = torch.nn.Parameter(torch.from_numpy(start.copy()))
        self.log_weights = torch.nn.Parameter(torch.log(torch.from_numpy(idf.copy())))
        self.log_words = torch.nn.Parameter(torch.tensor(-1.4))
        self.saturation = saturation

    def continue_from(self, embedder: TokenVectorEmbedder) -> None:
        """Take the vectors of a model over the same tokens; all of a row's length in them."""
        weighted = torch.from_numpy(embedder.vectors * embedder.factors[:, None])
        with torch.no_grad():
            weights = self.log_weights.exp()
            self.vectors.copy_(weighted / weights[:, None])

    def forward(self, bags: SparseRows) -> torch.Tensor:
        """Return unit rows, shape (bags.height, dimensions)."""
        columns = torch.from_numpy(bags.columns.astype(np.int64))
        times = torch.from_numpy(bags.values**self.saturation)
        weights = times * self.log_weights[columns].exp()
        sums = functional.embedding_bag(
            columns,
            self.vectors,
            torch.from_numpy(bags.starts[:-1]),
            mode="sum",
            per_sample_weights=weights,
        )
        return functional.normalize(sums, dim=1)


def reduce_dimensions(vectors: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Return the vectors less their mean, on their leading axes."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(centred @ axes[:, ::-1][:, :dimensions], dtype=np.float32)


class TeacherTexts:
    """Texts that the teacher has encoded so far; reads new blocks as they come."""

    def __init__(self, work: Path, table: WordTable) -> None:
        self._work, self._table = work, table
        self._blocks: dict[Path, tuple[SparseRows, NDArray[np.float32]]] = {}
        words = np.load(work / "words.npy").astype(np.float32)
        self.words = words

    def refresh(self) -> int:
        """Read blocks that were written since; return how many there are."""
        for path in sorted(self._work.glob("block-*.npz")):
            if path not in self._blocks:
                with np.load(path) as block:
                    bags = count_tokens(
                        [split_words(text) for text in block["texts"].tolist()],
                        self._table.row_of,
                        self._table.find_piece_rows,
                    )
                    self._blocks[path] = bags, block["vectors"].astype(np.float32)
        return len(self._blocks)

    def draw(
        self, texts: int, words: int, rng: np.random.Generator
    ) -> tuple[SparseRows, torch.Tensor]:
        """Return texts and single words as token counts, and the teacher's unit vectors."""
        bags, vectors = self._blocks[list(self._blocks)[rng.integers(len(self._blocks))]]
        first = int(rng.integers(bags.height - texts + 1))
        start, end = bags.starts[first], bags.starts[first + texts]
        tokens = rng.choice(len(self.words), words, replace=False)
        starts = bags.starts[first : first + texts + 1] - start
        mixed = SparseRows(
            np.concatenate([starts, starts[-1] + 1 + np.arange(words)]),
            np.concatenate([bags.columns[start:end], tokens.astype(np.int32)]),
            np.concatenate([bags.values[start:end], np.ones(words, np.float32)]),
            bags.width,
        )
        wanted = np.concatenate([vectors[first : first + texts], self.words[tokens]])
        return mixed, functional.normalize(torch.from_numpy(wanted), dim=1)


def score_by_words(
    queries: SparseRows, documents: SparseRows, idf: NDArray[np.float32]
) -> torch.Tensor:
    """Return BM25 of each query and document over tokens, shape (queries, documents)."""
    lengths = np.diff(np.concatenate([[0.0], np.cumsum(documents.values)])[documents.starts])
    norm = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
    norm = np.repeat(norm, np.diff(documents.starts)).astype(np.float32)
    impacts = documents.values / (documents.values + norm) * idf[documents.columns]
    found = sp.csr_matrix(
        (impacts, documents.columns, documents.starts), shape=(documents.height, documents.width)
    )
    asked = sp.csr_matrix(
        (queries.values, queries.columns, queries.starts), shape=(queries.height, queries.width)
    )
    return torch.from_numpy((asked @ found.T).toarray().astype(np.float32))


def contrastive_loss(logits: torch.Tensor) -> torch.Tensor:
    """Return symmetric InfoNCE: row i belongs to column i."""
    own = torch.arange(len(logits))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


def teacher_loss(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the divergence of the similarities, each row a distribution over the others."""
    off = torch.eye(len(student), dtype=torch.bool)
    wanted = (teacher @ teacher.T / temperature).masked_fill(off, -1e9)
    got = (student @ student.T / temperature).masked_fill(off, -1e9)
    return functional.kl_div(
        functional.log_softmax(got, dim=1),
        functional.log_softmax(wanted, dim=1),
        log_target=True,
        reduction="batchmean",
    )


def group_neighbours(
    model: StaticModel, store: TokenStore, group: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return an order of the papers in which each run of ``group`` papers is alike.

    Papers are split in halves by their place on a random difference of two papers, again and
    again (a random projection tree), which needs no neighbour search.
    """
    width = len(model.vectors)
    vectors = np.empty((len(store), model.vectors.shape[1]), dtype=np.float32)
    everything = np.arange(len(store))
    with torch.no_grad():
        for start in range(0, len(store), 4096):
            batch = everything[start : start + 4096]
            _, bags = draw_pairs(store, batch, width, rng)
            vectors[batch] = model(bags).numpy()
    order: list[NDArray[np.int64]] = []
    stack = [everything]
    while stack:
        members = stack.pop()
        if len(members) <= group:
            order.append(members)
            continue
        ends = rng.choice(members, 2, replace=False)
        place = vectors[members] @ (vectors[ends[0]] - vectors[ends[1]])
        middle = len(members) // 2
        split = np.argpartition(place, middle)
        stack += [members[split[:middle]], members[split[middle:]]]
    return np.concatenate(order)


def export(model: StaticModel, tokens: list[bytes], label: str) -> TokenVectorEmbedder:
    """Return the model as the package runs it."""
    with torch.no_grad():
        vectors, factors = quantise(model.vectors.numpy())
        weights = model.log_weights.exp().numpy()
    counting = Counting(title_repeats=3, saturation=model.saturation)
    return TokenVectorEmbedder(label, tokens, vectors, factors * weights, counting)


def load_store(data: Path, work: Path, table: WordTable) -> TokenStore:
    """Return the training papers as token numbers, made once and kept under ``work``."""
    path = work / "store.npz"
    if not path.exists():
        papers = [paper for paper in iter_training_papers(data) if not is_held_out(paper)]
        build_store(papers, table).save(path)
    return TokenStore.load(path)


class Trainer:
    """One run: model, data and optimiser; ``step`` by ``step``."""

    def __init__(
        self, data: Path, work: Path, settings: Settings, start_from: Path | None = None
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.rng = np.random.default_rng(settings.seed)
        self.tokens = (work / "vocabulary.txt").read_bytes().split(b"\n")[:-1]
        table = WordTable(self.tokens)
        self.store = load_store(data, work, table)
        self.teacher = TeacherTexts(work, table)
        with (work / "counts.pickle").open("rb") as counted:
            corpus, reviews = pickle.load(counted)
        papers = np.array([corpus[t] + 4 * reviews[t] for t in self.tokens], dtype=np.float32)
        idf = np.log(len(self.store) / (papers + 5)).clip(0.3, 9.0).astype(np.float32)
        self.idf = idf
        start = reduce_dimensions(self.teacher.words, settings.dimensions)
        self.model = StaticModel(start, idf, settings.saturation)
        if start_from is not None:
            self.model.continue_from(TokenVectorEmbedder.load(start_from))
        self.optimiser = torch.optim.Adam(
            [
                {"params": [self.model.vectors], "lr": settings.rate},
                {"params": [self.model.log_weights, self.model.log_words], "lr": settings.rate * 2},
            ],
            fused=True,
        )
        self.hard_order: NDArray[np.int64] | None = None

    def draw_papers(self) -> NDArray[np.int64]:
        """Return the papers of one batch: any, or groups of papers that are alike."""
        papers = self._draw_any_or_alike()
        reviews = int(self.settings.batch * self.settings.review_share)
        papers[:reviews] = len(self.store) - 1 - self.rng.choice(REVIEWS, reviews, replace=False)
        return papers

    def _draw_any_or_alike(self) -> NDArray[np.int64]:
        settings = self.settings
        if self.hard_order is None or self.rng.random() > settings.hard_share:
            return self.rng.choice(len(self.store), settings.batch, replace=False)
        groups = settings.batch // settings.group
        firsts = self.rng.choice(len(self.store) // settings.group, groups, replace=False)
        places = firsts[:, None] * settings.group + np.arange(settings.group)
        return self.hard_order[places.ravel()]

    def step(self, rate: float) -> tuple[float, ...]:
        """Take one step at ``rate`` times the settings' rate; return the losses."""
        settings = self.settings
        for group, times in zip(self.optimiser.param_groups, (1, 2), strict=True):
            group["lr"] = settings.rate * times * rate
        queries, documents = draw_pairs(
            self.store, self.draw_papers(), len(self.tokens), self.rng, settings.kept_sentences
        )
        bags, wanted = self.teacher.draw(settings.teacher_batch, settings.teacher_words, self.rng)
        encoded = self.model(stack_rows([queries, documents, bags], len(self.tokens)))
        asked, found, taught_rows = encoded.split([queries.height, documents.height, bags.height])
        logits = asked @ found.T / settings.temperature
        by_words = score_by_words(queries, documents, self.idf) * self.model.log_words.exp()
        loss = (1 - settings.fused_weight) * contrastive_loss(logits)
        fused = contrastive_loss(logits + by_words)
        taught = teacher_loss(taught_rows, wanted, settings.teacher_temperature)
        self.optimiser.zero_grad()
        total = loss + settings.fused_weight * fused + settings.teacher_weight * taught
        total.backward()
        self.optimiser.step()
        return loss.item(), fused.item(), taught.item(), self.model.log_words.item()

    def mine(self) -> None:
        """Group papers that are alike, by the model so far."""
        self.hard_order = group_neighbours(self.model, self.store, self.settings.group, self.rng)


def train(trainer: Trainer, out: Path, label: str) -> dict[str, object]:
    """Take the set number of steps and write the model, several times on the way.

    The rate rises over 50 steps, then falls in a line to nothing; papers that are alike are
    grouped anew at a tenth of the way and every seventh after.  Returns what to record.
    """
    settings = trainer.settings
    blocks = trainer.teacher.refresh()
    mine_at = {int(settings.steps * part) for part in (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)}
    began = time.monotonic()
    sums = np.zeros(4)
    for step in range(settings.steps):
        passed = (time.monotonic() - began) / 60 / settings.most_minutes
        if passed >= 1:
            break
        part = max(step / settings.steps, passed)
        if step in mine_at or (step == 0 and settings.mine_first):
            trainer.mine()
        if step in mine_at:
            export(trainer.model, trainer.tokens, label).save(out)
        sums += trainer.step(min(1.0, (step + 1) / 50) * max(0.02, 1 - part))
        if (step + 1) % 50 == 0:
            minutes = round((time.monotonic() - began) / 60, 1)
            row = {"step": step + 1, "minutes": minutes, "losses": (sums / 50).round(4).tolist()}
            print(json.dumps(row), flush=True)
            sums[:] = 0
    embedder = export(trainer.model, trainer.tokens, label)
    embedder.save(out)
    minutes = round((time.monotonic() - began) / 60, 1)
    return asdict(settings) | {
        "taken": step,
        "minutes": minutes,
        "blocks": blocks,
        "name": embedder.name,
    }


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--out", type=Path, default=Path("build/training/model"))
    parser.add_argument("--label", default="static-1")
    parser.add_argument("--start", type=Path, help="a model to train on, not the teacher's tokens")
    for name, value in asdict(Settings()).items():
        kind = (lambda text: text == "True") if isinstance(value, bool) else type(value)
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=value)
    args = vars(parser.parse_args())
    settings = Settings(**{name: args[name] for name in asdict(Settings())})
    torch.set_num_threads(1)
    trainer = Trainer(args["data"], args["work"], settings, args["start"])
    record = train(trainer, args["out"], args["label"])
    path = args["work"] / f"{args['out'].name}.json"
    path.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
