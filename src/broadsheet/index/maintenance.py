"""Adapting the shipped embedder to the library, and making the index anew: when, from which
papers, in the background."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from subprocess import Popen

from broadsheet.domain.errors import BroadsheetError, InvalidInputError
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.status import Adaptation
from broadsheet.embed.static.adaptation import FEWEST_TO_JUDGE, iter_spread, judge
from broadsheet.embed.static.adapted_models import AdaptedModels
from broadsheet.index.indexer import Renewal
from broadsheet.text.latex.plain_text import to_text

LOOK_SECONDS = 30.0
"""How often a server asks whether the library has grown enough."""
FIRST_LOOK_SECONDS = 2.0
_AGAIN_SECONDS = 3600.0
_AT_REST = 1.01
"""A library that grew by more since the last look is being filled: it is judged afterwards."""

log = logging.getLogger(__name__)


class Adapter:
    """Adapts one library's embedder. Thread-safe; close it to stop the background."""

    def __init__(
        self,
        papers: PaperReader,
        models: AdaptedModels | None,
        in_use: Callable[[], str | None],
        renewal_due: Callable[[], Renewal],
        child: Callable[[], AbstractContextManager[Popen[bytes]]],
        clean: Callable[[str], str] = to_text,
    ) -> None:
        """``models`` is None where another embedder is set than the shipped one. ``in_use``
        names the embedder of the stored vectors, ``renewal_due`` says what of the index is to
        be made anew. ``child`` does what is due in a process of its own, which keeps pages fast and
        ends with the block at the latest."""
        self._papers = papers
        self._models = models
        self._in_use = in_use
        self._renewal_due = renewal_due
        self._child = child
        self._clean = clean
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def last(self) -> Adaptation | None:
        """The last verdict; None before the first, or where nothing adapts."""
        return self._models.last() if self._models and self._models.on else None

    def judge(self, force: bool = False) -> Adaptation | None:
        """Adapt if that is due, or anyway with ``force``, and store what was found.

        None where it is not due, or where the papers are too few. Search goes on with the
        stored vectors until the papers are embedded again. Raises InvalidInputError where
        nothing adapts, JudgingError where another process is at it.
        """
        models = self._adapting()
        with models.judging():
            total = self._papers.count()
            if not (models.due(total) or (force and total >= FEWEST_TO_JUDGE)):
                return None
            texts = ((paper.title, paper.abstract) for paper in self._papers.iter_papers())
            papers = [
                (self._clean(title), self._clean(text)) for title, text in iter_spread(texts, total)
            ]
            return models.keep(judge(models.shipped, papers), total, self._in_use())

    def due(self, papers: int) -> bool:
        """Whether a library of so many papers should be judged now."""
        return self._models is not None and self._models.on and self._models.due(papers)

    def start(self) -> None:
        """Adapt, and make the index anew, in the background when it is due, until closed."""
        self._thread = threading.Thread(target=self._follow, name="adapter", daemon=True)
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether it makes the index anew by itself."""
        return self._thread is not None

    def close(self) -> None:
        """Stop; the process in the background is ended, and what it has not stored is lost."""
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _adapting(self) -> AdaptedModels:
        if self._models is None:
            raise InvalidInputError(
                "only the shipped embedder adapts to the library; set embedder = 'static'"
            )
        if not self._models.on:
            raise InvalidInputError(
                "the setting `embedder_adapts` is off; set embedder_adapts = true"
            )
        return self._models

    def _follow(self) -> None:
        seen = 0
        wait = FIRST_LOOK_SECONDS
        while not self._closing.wait(wait):
            wait = LOOK_SECONDS
            try:
                papers = self._papers.count()
                renewal = self._renewal_due()
                due = self.due(papers) or renewal == "words"
                at_rest = papers <= _AT_REST * (seen or papers)
                seen = papers
                if renewal == "all" or (due and at_rest):
                    wait = self._renew()
            except (BroadsheetError, OSError) as error:
                log.warning("making the index anew failed, trying again in an hour: %s", error)
                wait = _AGAIN_SECONDS

    def _renew(self) -> float:
        """Do what is due; returns the seconds until the next look."""
        if not self._run_child():
            log.warning("making the index anew failed; trying again in an hour")
            return _AGAIN_SECONDS
        # What is due at once again may never come to rest.
        return _AGAIN_SECONDS if self._renewal_due() else LOOK_SECONDS

    def _run_child(self) -> bool:
        """Whether it ended well, or was ended by closing."""
        with self._child() as child:
            while child.poll() is None:
                if self._closing.wait(0.2):
                    return True
            return child.returncode == 0
