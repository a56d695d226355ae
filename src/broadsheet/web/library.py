"""What the pages need of the engine; ``engine.Engine`` fits it, and so can a fake."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from broadsheet.domain.explanation import Explanation
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import DayCount
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.search import Completion, Hit, SearchAnswer, SearchRequest
from broadsheet.domain.status import Status
from broadsheet.domain.sync import SourceRun, SourceStatus


class Library(Protocol):
    """The use cases behind the pages.

    Called from several threads at once. Days are UTC. Every method may raise a
    BroadsheetError; its code decides the HTTP status.
    """

    def search(self, request: SearchRequest) -> SearchAnswer: ...

    def explain(self, request: SearchRequest, name: str) -> Explanation:
        """Why a paper stands where it does. Raises PaperNotFoundError."""
        ...

    def get_paper(self, name: str) -> Paper:
        """By id, identifier or former id. Raises PaperNotFoundError."""
        ...

    def get_provenance(self, name: str) -> Provenance:
        """Where a paper's fields come from. Raises PaperNotFoundError."""
        ...

    def similar(self, name: str, limit: int) -> tuple[Hit, ...]: ...

    def similar_to_text(self, text: str, limit: int) -> tuple[Hit, ...]:
        """Papers nearest to a text. Raises InvalidInputError for one without any word."""
        ...

    def explain_similar_to_text(self, text: str, name: str) -> Explanation:
        """Why a paper is near to a text. Raises PaperNotFoundError, and InvalidInputError for
        a text without any word."""
        ...

    def complete(self, text: str, limit: int) -> tuple[Completion, ...]:
        """What the start of a query may become, the likeliest first."""
        ...

    def latest_day(self) -> dt.date | None: ...

    def papers_of_day(self, day: dt.date, limit: int, offset: int = 0) -> Sequence[Paper]: ...

    def count_of_day(self, day: dt.date) -> int: ...

    def neighbouring_days(self, day: dt.date) -> tuple[DayCount | None, DayCount | None]: ...

    def status(self) -> Status: ...

    def source_statuses(self) -> Sequence[SourceStatus]:
        """How each source stands: those switched on first."""
        ...

    def source_runs(self, name: str, limit: int) -> Sequence[SourceRun]:
        """The latest runs of a source first."""
        ...

    def export(self, names: Sequence[str], format_name: str) -> str:
        """Formats: "cite", "bibtex", "ris", "csl-json", "markdown", "json"."""
        ...
