"""An answer made while the vectors changed is made again, and each from one commit."""

from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.search.steady import steady


class Index:
    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.now = False

    @contextmanager
    def held(self) -> Iterator[None]:
        self.now = True
        yield
        self.now = False

    def embedder(self) -> str:
        return self.names.pop(0)


class Searching:
    def __init__(self, names: list[str]) -> None:
        self._words, self._vectors = Index([]), Index(names)
        self.asked = 0

    @steady  # type: ignore[type-var]
    def search(self, text: str) -> int:
        assert self._words.now
        assert self._vectors.now
        self.asked += 1
        return self.asked


def test_an_answer_between_two_embedders_is_not_given() -> None:
    assert Searching(["old", "new", "new"]).search("birds") == 2


def test_one_embedder_is_asked_once() -> None:
    assert Searching(["old", "old"]).search("birds") == 1
