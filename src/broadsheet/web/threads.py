"""The threads in which requests are worked on."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

THREADS = 4
"""Requests that are worked on at once; others wait for a thread. More threads contend for one
interpreter: with 40, throughput falls under load."""

T = TypeVar("T")

_apart = CapacityLimiter(2)


async def run_apart(function: Callable[[], T]) -> T:
    """Run ``function`` in a thread that no other requests wait for: to see how the service is
    doing while it is overloaded."""
    return await run_sync(function, limiter=_apart)
