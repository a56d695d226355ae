"""Objects that are built when they are first used, so that a command imports only its needs."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


def deferred(build: Callable[[], T]) -> T:
    """A stand-in for the result of ``build``, which is called once, at the first use.

    Attributes, methods and calls are passed on; operators are not. Thread-safe. If ``build``
    raises, so does the use, and the next use builds again.
    """
    return cast(T, _Deferred(build))


class _Deferred:
    __slots__ = ("_build", "_built", "_lock")

    def __init__(self, build: Callable[[], object]) -> None:
        self._build = build
        self._built: Any = None
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

    def __dir__(self) -> list[str]:
        return dir(self._get())

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._get()(*arguments, **options)

    def _get(self) -> Any:
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = self._build()
        return self._built
