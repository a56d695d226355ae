"""One request at a time, so far apart, so many a day: over all processes of a home.

A file beside the library holds when the last request ended and how many were made
today; whoever holds its lock may ask. The system lets go of the lock when a process
dies, so nothing has to be cleaned up.
"""

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from broadsheet.domain.errors import SourceUnavailableError
from broadsheet.net.port import RequestLimits
from broadsheet.net.waiting import Clock

_LOOK_SECONDS = 0.1
"""How often a process that waits for another looks whether it is done."""


class Pace:
    """The turns of one source, shared with all sources of its ``RequestLimits.shared``.

    Not thread-safe; threads and processes with a Pace of their own wait for each other.
    """

    def __init__(
        self, folder: Path, source: str, limits: RequestLimits, clock: Clock, longest_wait: float
    ) -> None:
        """``folder`` is the same for all processes of a home; it is created if missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = limits.shared or source
        self._file = folder / f"{name}.pace.json"
        self._lock = FileLock(folder / f"{name}.pace.lock")
        self._source = source
        self._limits = limits
        self._clock = clock
        self._longest_wait = longest_wait

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for this process's turn to send a request to ``host``; others wait meanwhile.

        Raises SourceUnavailableError if the day's budget is used up, or if the host demanded a
        rest that is longer than a run should wait.
        """
        with self._locked():
            self._wait(host)
            self._write(self._counted())
            try:
                yield
            finally:
                self._write({**self._read(), "ended_at": self._clock.now().timestamp()})

    def rest(self, host: str, seconds: float) -> None:
        """Let nobody ask ``host`` for so long."""
        with self._locked():
            now = self._clock.now().timestamp()
            state = self._read()
            rests = {name: until for name, until in state["rests"].items() if until > now}
            self._write({**state, "rests": {**rests, host: now + seconds}})

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock. Waits in short sleeps of the clock, so that it can be stopped."""
        while True:
            try:
                self._lock.acquire(timeout=0)
                break
            except Timeout:
                self._clock.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            self._lock.release()

    def _wait(self, host: str) -> None:
        state = self._read()
        now = self._clock.now()
        if self._made_today(state, now) >= self._limits.daily_budget:
            tomorrow = dt.datetime.combine(now.date() + dt.timedelta(1), dt.time(), dt.UTC)
            raise SourceUnavailableError(
                f"today's budget of {self._limits.daily_budget:,} requests is used up; "
                "it begins anew at 00:00 UTC",
                tomorrow,
            )
        rest = state["rests"].get(host, 0.0) - now.timestamp()
        if rest > self._longest_wait:
            until = now + dt.timedelta(seconds=rest)
            raise SourceUnavailableError(
                f"{host} asked to be left alone until {until:%Y-%m-%d %H:%M} UTC", until
            )
        # A clock that was set back must not make us wait for longer than the spacing.
        spacing = min(
            state["ended_at"] + self._limits.spacing - now.timestamp(), self._limits.spacing
        )
        if max(rest, spacing) > 0:
            self._clock.sleep(max(rest, spacing))

    def _counted(self) -> dict[str, Any]:
        """The state with one more request today; written before it is made."""
        state, now = self._read(), self._clock.now()
        made = dict(state["made"]) if state["day"] == str(now.date()) else {}
        made[self._source] = made.get(self._source, 0) + 1
        return {**state, "day": str(now.date()), "made": made, "ended_at": now.timestamp()}

    def _made_today(self, state: dict[str, Any], now: dt.datetime) -> int:
        made: int = state["made"].get(self._source, 0) if state["day"] == str(now.date()) else 0
        return made

    def _read(self) -> dict[str, Any]:
        state: dict[str, Any] = {"ended_at": 0.0, "day": "", "made": {}, "rests": {}}
        try:
            return {**state, **json.loads(self._file.read_bytes())}
        except FileNotFoundError:
            return state
        except (ValueError, TypeError):
            # Cut off by a full disk: as if a request had just been made.
            return {**state, "ended_at": self._clock.now().timestamp()}

    def _write(self, state: dict[str, Any]) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(state), encoding="utf-8")
        os.replace(new, self._file)
