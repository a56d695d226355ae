"""Tell a WebSub hub that feeds have changed, so that their readers hear of it at once.

Source  https://www.w3.org/TR/websub/; the message to the hub is that of PubSubHubbub 0.4, 7,
        https://pubsubhubbub.github.io/PubSubHubbub/pubsubhubbub-core-0.4.html
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from broadsheet.domain.ports import ChangeFeed
from broadsheet.domain.services import DailyService
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Job, JobResult
from broadsheet.net.port import Client

PAUSE = dt.timedelta(minutes=5)
"""The hub is told this often at most; a large import changes papers all the time."""
_FORMATS = ("atom", "rss", "json")


class HubNotifier:
    """Tells the hub after each change of the library. Each start of a server counts as a change,
    since nothing is kept about what the hub knows; a hub compares what it fetches."""

    def __init__(
        self,
        changes: ChangeFeed,
        daily: DailyService,
        hub: str,
        public_url: str,
        open_client: Callable[[], AbstractContextManager[Client]],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """``hub`` and ``public_url`` are addresses; without ``hub`` nothing is done."""
        self._changes = changes
        self._daily = daily
        self._hub = hub
        self._root = public_url.rstrip("/")
        self._open_client = open_client
        self._clock = clock
        self._told: tuple[object, dt.datetime] | None = None
        """The state of the library that the hub was told of, and when (UTC)."""

    def job(self) -> Job:
        """Return the background job; see ``jobs.supervisor``."""
        return Job("websub", self._is_due, self._run, interval=15.0)

    def _state(self) -> object:
        return self._changes.last_change(), self._daily.today()

    def _is_due(self, now: dt.datetime) -> bool:
        if not self._hub:
            return False
        state, at = self._told or (None, now - PAUSE)
        return now - at >= PAUSE and state != self._state()

    def _run(self, lease: Lease) -> JobResult | None:
        state = self._state()
        feeds = self._feeds()
        with self._open_client() as client:
            for feed in feeds:
                if lease.stop.is_set():
                    return None
                client.post_form(self._hub, {"hub.mode": "publish", "hub.url": feed})
        self._told = state, self._clock()
        return JobResult(f"told {self._hub} of {len(feeds)} feeds")

    def _feeds(self) -> Sequence[str]:
        """The feeds of issues and trends in every format."""
        names = [f"{kind}.{{}}" for kind in ("day", "week", "month")]
        names += [f"trending/{window}.{{}}" for window in ("day", "week", "month")]
        names += [f"editions/{edition.name}.{{}}" for edition in self._daily.editions()]
        return [
            f"{self._root}/feeds/{name.format(ending)}" for name in names for ending in _FORMATS
        ]
