"""When to retry a request, and how long to wait for it."""

import datetime as dt
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


class StoppedError(Exception):
    """The run is to stop; raised by ``Clock.sleep``."""


@dataclass(frozen=True)
class Clock:
    """The time and the waits of a client; tests pass their own."""

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    """May raise StoppedError; called with 0 to check whether to go on."""
    draw: Callable[[], float] = random.random
    """Random number for jitter: 0 ≤ x < 1."""


def stoppable(stopping: threading.Event) -> Clock:
    """Return a clock whose sleep raises StoppedError once ``stopping`` is set."""

    def sleep(seconds: float) -> None:
        if stopping.wait(seconds):
            raise StoppedError

    return Clock(sleep=sleep)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Limits of one request with all its tries. Times in seconds, sizes in bytes."""

    tries: int = 5
    first_wait: float = 5.0
    """Wait before the second try; doubles with each further one."""
    longest_wait: float = 600.0
    """If a server asks for a longer wait, give up and leave it alone until then."""
    connect_timeout: float = 15.0
    read_timeout: float = 90.0
    """Between two packets. Servers prepare a large answer before they send the first."""
    answer_timeout: float = 300.0
    """From sending a request to the end of its answer."""
    total_timeout: float = 1800.0
    """From the first try to the start of the last."""
    body_bytes: int = 64 * 1024 * 1024
    """Largest answer, decompressed."""


def parse_retry_after(stated: str, now: dt.datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` header: a number, or the time until a date.

    None if it is neither. Source: RFC 9110, 10.2.3.
    """
    stated = stated.strip()
    if stated.isascii() and stated.isdigit():
        return float(stated[:9])
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())


def decide_wait(
    number: int, server_wait: float | None, policy: RetryPolicy, jitter: float
) -> float:
    """Return the seconds between try ``number`` (from 1) and the next; ``jitter`` is 0 … 1.

    That is the server's own wait plus up to a tenth; else between half and all of a wait that
    doubles with each try. The jitter keeps clients from coming back all at once.
    """
    if server_wait is not None:
        return server_wait * (1 + jitter / 10)
    wait = min(policy.first_wait * 2.0 ** (number - 1), policy.longest_wait)
    return wait * (0.5 + jitter / 2)
