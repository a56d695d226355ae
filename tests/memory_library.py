"""A library in memory, for tests of code that reads papers and their changes."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Change, Paper
from broadsheet.text.identifiers import parse_identifier

NOON = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)


def make_paper(
    key: int,
    title: str = "",
    abstract: str = "",
    *,
    date: str = "",
    authors: Sequence[str] = (),
    categories: Sequence[str] = (),
    sources: Sequence[str] = ("test",),
    venue: str = "",
    code_url: str = "",
    updated: str = "",
    comment: str = "",
    report_number: str = "",
    name: str = "",
) -> Paper:
    identifier = parse_identifier(name) if name else None
    return Paper(
        id=str(identifier) if identifier else f"local:{key}",
        key=key,
        listed=PartialDate(2024, 1, 1),
        added_at=NOON,
        title=title,
        abstract=abstract,
        authors=tuple(map(Author, authors)),
        identifiers=(identifier,) if identifier else (Identifier("local", str(key)),),
        published=PartialDate.parse(date),
        categories=tuple(categories),
        sources=tuple(sources),
        venue=venue,
        code_url=code_url,
        updated=PartialDate.parse(updated),
        comment=comment,
        extra={"report-no": report_number} if report_number else {},
    )


class MemoryLibrary:
    """PaperReader and ChangeFeed over a dictionary; each write is one change."""

    def __init__(self, papers: Iterable[Paper] = ()) -> None:
        self._papers: dict[int, Paper] = {}
        self._numbers: dict[int, int] = {}
        self._last = 0
        for paper in papers:
            self.write(paper)

    def write(self, paper: Paper) -> None:
        self._papers[paper.key] = paper
        self._change(paper.key)

    def remove(self, key: int) -> None:
        del self._papers[key]
        self._change(key)

    def _change(self, key: int) -> None:
        self._last += 1
        self._numbers.pop(key, None)
        self._numbers[key] = self._last

    def get(self, name: str) -> Paper:
        wanted_id = str(parse_identifier(name) or name)
        for paper in self._papers.values():
            if paper.id == wanted_id:
                return paper
        raise PaperNotFoundError(name)

    def get_many(self, keys: Sequence[int]) -> Mapping[int, Paper]:
        return {key: self._papers[key] for key in keys if key in self._papers}

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        later = [paper for paper in self._papers.values() if paper.key > after]
        return iter(sorted(later, key=lambda paper: paper.key))

    def count(self) -> int:
        return len(self._papers)

    def last_change(self) -> int:
        return self._last

    def changes_after(self, number: int, limit: int) -> Sequence[Change]:
        changes = [
            Change(at, key, key not in self._papers)
            for key, at in self._numbers.items()
            if at > number
        ]
        return changes[:limit]
