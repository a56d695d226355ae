"""Objects that are built at their first use."""

import threading
import time

import pytest

from broadsheet.deferred import deferred


class Library:
    papers = 3

    def __call__(self, number: int) -> int:
        return self.papers + number


def test_it_is_built_once_at_its_first_use_also_by_many_threads() -> None:
    built: list[Library] = []

    def build() -> Library:
        time.sleep(0.01)
        built.append(Library())
        return built[-1]

    library = deferred(build)
    assert built == []
    threads = [threading.Thread(target=lambda: library.papers) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (library.papers, library(2), len(built)) == (3, 5, 1)
    assert "papers" in dir(library)


def test_a_failure_is_raised_by_the_use_and_may_pass() -> None:
    failures = [ValueError("the disk is full")]

    def build() -> Library:
        if failures:
            raise failures.pop()
        return Library()

    library = deferred(build)
    with pytest.raises(ValueError, match="full"):
        _ = library.papers
    assert library.papers == 3
