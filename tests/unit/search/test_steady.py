"""An answer made while the vectors changed is made again."""

from broadsheet.search.steady import steady


class Vectors:
    def __init__(self, names: list[str]) -> None:
        self.names = names

    def embedder(self) -> str:
        return self.names.pop(0)


class Searching:
    def __init__(self, names: list[str]) -> None:
        self._vectors = Vectors(names)
        self.asked = 0

    @steady  # type: ignore[type-var]
    def search(self, text: str) -> int:
        self.asked += 1
        return self.asked


def test_an_answer_between_two_embedders_is_not_given() -> None:
    assert Searching(["old", "new"]).search("birds") == 2


def test_one_embedder_is_asked_once() -> None:
    assert Searching(["old", "old"]).search("birds") == 1
