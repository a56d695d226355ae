"""Running one source against a replica, through the client that readers use."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain.errors import BroadsheetError, RecordError
from broadsheet.domain.ingest import RawRecord
from broadsheet.domain.paper import Record
from broadsheet.domain.sync import Validators
from broadsheet.ingest.formats.registry import get_format
from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.client import PoliteClient
from broadsheet.net.pace import Pace
from broadsheet.net.transport import CheckedBackend, CheckedTransport
from broadsheet.net.waiting import RetryPolicy
from broadsheet.sources.source import Page, Source, SyncRequest
from network_client import FakeTime

NOW = dt.datetime(2024, 3, 4, 12, tzinfo=dt.UTC)


@dataclass
class Fetched:
    """The pages of one run, and its error if it raised one."""

    pages: list[Page] = field(default_factory=list)
    error: BroadsheetError | None = None

    @property
    def cursor(self) -> Mapping[str, str]:
        return self.pages[-1].cursor

    @property
    def records(self) -> list[Record]:
        records = []
        for page in self.pages:
            for piece in page.records:
                if isinstance(piece, RawRecord):
                    try:
                        records.append(get_format(page.format).parse(piece.raw))
                    except RecordError:
                        continue
        return records

    @property
    def names(self) -> list[str]:
        return [record.identifiers[0].value for record in self.records]

    @property
    def rejected(self) -> list[str]:
        rejections = []
        for page in self.pages:
            for piece in page.records:
                if not isinstance(piece, RawRecord):
                    rejections.append(piece.reason)
                    continue
                try:
                    get_format(page.format).parse(piece.raw)
                except RecordError as error:
                    rejections.append(str(error))
        return rejections

    @property
    def notes(self) -> list[str]:
        return [page.note for page in self.pages if page.note]


Fetch = Callable[..., Fetched]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def fetch(tmp_path: Path, time: FakeTime) -> Fetch:
    """Runs a source to its end, or for ``most`` pages as if it were killed then."""
    stored: dict[str, Validators] = {}

    def run(
        source: Source,
        cursor: Mapping[str, str] | None = None,
        since: dt.date | None = None,
        now: dt.datetime = NOW,
        most: int | None = None,
        **options: Any,
    ) -> Fetched:
        time.at = now
        pace = Pace(tmp_path / "sources", source.name, source.policy, time.clock, 600)
        transport = CheckedTransport(CheckedBackend(PrivateHosts(["127.0.0.1"])))
        request = SyncRequest(
            options=source.Options(**options),
            cursor=cursor or {},
            since=since,
            now=now,
            identifiers=lambda scheme: iter(()),
        )
        fetched = Fetched()
        with PoliteClient(transport, pace, "", time.clock, RetryPolicy(), stored.get) as client:
            try:
                for page in islice(source.fetch_pages(client, request), most):
                    fetched.pages.append(page)
                    stored.update(client.take_validators())
            except BroadsheetError as error:
                fetched.error = error
        return fetched

    return run
