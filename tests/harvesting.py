"""A harvest of arXiv's replica in a process of its own: python harvesting.py HOME ENDPOINT [SINCE].

With the client, the runner and the library that readers use; only the pause between
requests is left out.
"""

import dataclasses
import datetime as dt
import os
import sys
from pathlib import Path
from typing import Any

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.sync import SourceRun
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.net.waiting import Clock
from broadsheet.sources.arxiv_oai import ArxivOaiSource
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.opening import open_client
from broadsheet.sources.runner import OnPage, Syncer


def harvest(
    home: Path,
    endpoint: str,
    since: dt.date | None,
    on_page: OnPage = lambda records, share: None,
    **options: Any,
) -> SourceRun:
    """One run into the library in ``home``."""
    source = ArxivOaiSource()
    source.policy = dataclasses.replace(source.policy, spacing=0, daily_budget=1_000_000)
    parsed_options = source.Options(endpoint=endpoint, **options)
    configured = ConfiguredSource(source, parsed_options, True, source.policy.rhythm)

    def opened(configured: Any, find: Any, clock: Clock) -> Any:
        return open_client(home / "sources", "", ["127.0.0.1"], configured, find, clock)

    database = os.environ.get("BROADSHEET_DATABASE_URL") or home / "library.sqlite"
    with SqlStore(database, Decider(parse_kept)) as store:
        syncer = Syncer(store, store.sources, opened, lambda scheme: iter(()))
        return syncer.run(configured, since, on_page)


if __name__ == "__main__":
    place, address, *day = sys.argv[1:]
    Path(place).mkdir(parents=True, exist_ok=True)
    run = harvest(Path(place), address, dt.date.fromisoformat(day[0]) if day else None)
    print(run.outcome, run.message, run.counts)
