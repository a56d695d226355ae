"""The shipped embedder adapted to one library: the models, the last verdict, which is wanted.

verdict.json     the last verdict, replaced in one step
NAME/            an adapted model by its name, in the form of ``TokenVectorEmbedder.save``
judging.lock     held by the one process that judges

A model is written under another name, then renamed, then named by the verdict: a process
that dies leaves the state before or after, and at most a folder that the next one removes.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import logging
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.status import Adaptation
from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.static.adaptation import FEWEST_TO_JUDGE, Verdict
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder
from broadsheet.files import Stamp, stamp_of, write_atomically

_FORMAT = 1
_UNFINISHED = "unfinished"
_GROWN = 1.5
_LOADED = 2
"""Models kept in memory: the one of the vectors, and the one that takes its place."""

log = logging.getLogger(__name__)


class JudgingError(BroadsheetError):
    """Another process judges whether adapting helps this library."""

    code = "conflict"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: another process is adapting the embedder (`broadsheet up` does so "
            "in the background); `broadsheet status` tells when it is done"
        )


def decide_due(papers: int, last: Adaptation | None, shipped: str) -> bool:
    """Whether to judge a library of so many papers: first, grown by half, or a new release's
    model; never below ``FEWEST_TO_JUDGE`` papers."""
    if papers < FEWEST_TO_JUDGE:
        return False
    return last is None or last.shipped != shipped or papers >= _GROWN * last.papers


class AdaptedModels:
    """The models in one folder, beside the shipped one. Thread-safe.

    Sees what other processes wrote before a call. A verdict or model that cannot be read
    counts as none: both are derived, and made again.
    """

    def __init__(self, folder: Path, shipped: TokenVectorEmbedder, on: bool) -> None:
        """``on``: adapted models are wanted."""
        self.shipped = shipped
        self.on = on
        self._folder = folder
        self._seen: tuple[Stamp, Adaptation | None] | None = None
        self._load = functools.lru_cache(_LOADED)(self._load_model)

    def last(self) -> Adaptation | None:
        """The last verdict; None before the first."""
        path = self._folder / "verdict.json"
        stamp = stamp_of(path)
        if stamp is None:
            return None
        seen = self._seen
        if seen is None or seen[0] != stamp:
            seen = (stamp, _read(path))
            self._seen = seen
        return seen[1]

    def wanted(self) -> TokenVectorEmbedder:
        """The model that papers should be embedded with, as judged."""
        last = self.last()
        if not self.on or last is None or last.shipped != self.shipped.name:
            return self.shipped
        return self.find(last.embedder) or self.shipped

    def find(self, name: str) -> TokenVectorEmbedder | None:
        """The shipped model or an adapted one by its name."""
        if name == self.shipped.name:
            return self.shipped
        try:
            return self._load(name)
        except EmbedderUnavailableError:
            return None

    def due(self, papers: int) -> bool:
        """Whether a library of so many papers should be judged now."""
        last = self.last()
        if last is not None and self.find(last.embedder) is None:
            last = None
        return decide_due(papers, last, self.shipped.name)

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Be the one that judges, over all processes; raises JudgingError at once if not."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(self._folder / "judging.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise JudgingError(self._folder) from None
        try:
            yield
        finally:
            lock.release()

    def keep(self, verdict: Verdict, papers: int, in_use: str | None) -> Adaptation:
        """Store a verdict on a library of so many papers and its model; inside ``judging``.

        Models are removed but for the new one, the last one and the one ``in_use``, whose
        vectors are searched until all papers are embedded again.
        """
        last, model = self.last(), verdict.model
        stays = {in_use, last.embedder if last else None}
        if model is not None:
            stands = self.find(model.name) is not None  # else it is missing or damaged
            stays = stays | {model.name} if stands else stays - {model.name}
        self._remove_models(stays)
        if model is not None and not stands:
            unfinished = self._folder / _UNFINISHED
            model.save(unfinished)
            os.replace(unfinished, self._folder / model.name)
        kept = Adaptation(
            date=dt.datetime.now(dt.UTC),
            papers=papers,
            helps=model is not None,
            shipped_log_rank=verdict.shipped,
            adapted_log_rank=verdict.adapted,
            shipped=self.shipped.name,
            embedder=(model or self.shipped).name,
        )
        content = {"format": _FORMAT, **asdict(kept), "date": kept.date.isoformat()}
        write_atomically(self._folder / "verdict.json", json.dumps(content, indent=2).encode())
        return kept

    def _remove_models(self, but: Collection[str | None]) -> None:
        for path in self._folder.iterdir():
            if path.is_dir() and path.name not in but:
                shutil.rmtree(path, ignore_errors=True)

    def _load_model(self, name: str) -> TokenVectorEmbedder:
        try:
            return TokenVectorEmbedder.load(self._folder / name)
        except EmbedderUnavailableError as error:
            if (self._folder / name).is_dir():
                log.warning("%s", error)
            raise


def _read(path: Path) -> Adaptation | None:
    """The verdict in a file; None for one of another format or damaged."""
    try:
        content = json.loads(path.read_bytes())
        if content.pop("format") != _FORMAT:
            return None
        return Adaptation(**{**content, "date": dt.datetime.fromisoformat(content["date"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: cannot be read (%s); the library will be judged again", path, error)
        return None
