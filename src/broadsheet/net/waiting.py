"""When to ask again."""

import datetime as dt
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


class StoppedError(Exception):
    """Whoever runs this wants it to end; raised by a ``Clock`` in place of sleeping on."""


@dataclass(frozen=True)
class Clock:
    """Time as the client sees it; tests bring their own."""

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    """May raise StoppedError; called with 0 to ask whether to go on."""
    draw: Callable[[], float] = random.random
    """For jitter: 0 ≤ x < 1."""


def stoppable(stopping: threading.Event) -> Clock:
    """A clock whose sleep ends with StoppedError once ``stopping`` is set."""

    def sleep(seconds: float) -> None:
        if stopping.wait(seconds):
            raise StoppedError

    return Clock(sleep=sleep)


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of one request. Times in seconds, sizes in bytes."""

    tries: int = 5
    first_wait: float = 5.0
    """Doubles with each further try."""
    longest_wait: float = 600.0
    """A server that asks for more is left alone until then; the run ends."""
    connecting: float = 15.0
    silence: float = 90.0
    """Between two packets. Large answers are made while one waits for the first."""
    in_all: float = 1800.0
    """From the first try to the beginning of the last."""
    whole: float = 300.0
    """From the question to the end of the answer."""
    body: int = 64 * 1024 * 1024
    """Of an answer, unpacked."""


def parse_retry_after(stated: str, now: dt.datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3): a number, or until a date."""
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


def decide_wait(number: int, asked: float | None, patience: Patience, drawn: float) -> float:
    """Seconds before the try after try ``number`` (from 1); ``drawn`` is 0 … 1.

    What the server asked for and up to a tenth more; else a wait that doubles, of
    which between half and all is taken. So many clients do not come back at once.
    """
    if asked is not None:
        return asked * (1 + drawn / 10)
    wait = min(patience.first_wait * 2.0 ** (number - 1), patience.longest_wait)
    return wait * (0.5 + drawn / 2)
