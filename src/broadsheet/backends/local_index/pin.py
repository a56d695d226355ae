"""One commit for as long as a question takes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Pin(threading.local, Generic[T]):
    """What a thread has open, looked for once within ``held``, each time outside.

    A search asks both indexes some fifty times, and whether there is a newer commit costs
    two looks at files.
    """

    _depth = 0
    _opened: T | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._opened = None

    def get(self, latest: Callable[[], T | None]) -> T | None:
        """What is held, else the ``latest``."""
        if not self._depth:
            return latest()
        if self._opened is None:
            self._opened = latest()
        return self._opened
