"""Answers that stay true while the vectors of one embedder take the place of another's."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from broadsheet.index.port import VectorIndex, WordIndex


class _Searching(Protocol):
    _words: WordIndex
    _vectors: VectorIndex


S = TypeVar("S", bound=_Searching)
P = ParamSpec("P")
R = TypeVar("R")


def steady(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Ask one commit of each index, and again where the embedder of the stored vectors changed
    meanwhile: the query was encoded for the old ones. That happens once in a re-embedding."""

    @functools.wraps(method)
    def asked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        before = self._vectors.embedder()
        while True:
            with self._words.held(), self._vectors.held():
                answer = method(self, *args, **kwargs)
            after = self._vectors.embedder()
            if after == before:
                return answer
            before = after

    return asked
