"""A small arXiv of invented papers, which the replicas of arXiv's services serve."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

NAMES = ("Ada Quill", "Bo Lindqvist", "Chidi Okafor", "Dai Nguyen", "Eva Schröder-Ruiz")
SUBJECTS = (
    ("cs.LG", "stat.ML"), ("cs.CL",), ("hep-th", "math-ph"), ("astro-ph.GA",), ("math.AG", "math.NT"),
)  # fmt: skip


@dataclass(frozen=True)
class Submission:
    """One paper as arXiv has it. Times are UTC."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    versions: tuple[dt.datetime, ...]
    """When each was submitted."""
    datestamp: dt.date
    """Of the last change to its metadata."""
    comments: str = ""
    journal_ref: str = ""
    doi: str = ""
    deleted: bool = False
    damage: bytes = b""
    """Sent in place of the record in OAI-PMH answers."""

    @property
    def version(self) -> int:
        return len(self.versions)

    @property
    def sets(self) -> list[str]:
        return sorted({set_name(category) for category in self.categories})


def set_name(category: str) -> str:
    archive, _, subject = category.partition(".")
    group = "physics" if archive in PHYSICS_ARCHIVES else archive
    return f"{group}:{archive}:{subject or archive}"


PHYSICS_ARCHIVES = ("astro-ph", "hep-th", "hep-ph", "math-ph", "cond-mat", "quant-ph", "physics")


@dataclass
class Archive:
    """All papers by identifier. A change of a paper moves its datestamp to ``today``."""

    papers: dict[str, Submission] = field(default_factory=dict)
    today: dt.date = dt.date(2024, 5, 1)

    @classmethod
    def of(cls, count: int, first: dt.date = dt.date(2024, 3, 1), a_day: int = 10) -> "Archive":
        """``count`` papers, ``a_day`` submitted each day from ``first`` on."""
        made = cls(today=first + dt.timedelta(days=count // a_day))
        for number in range(count):
            made.put(invented(number, first + dt.timedelta(days=number // a_day)))
        return made

    def put(self, paper: Submission) -> Submission:
        self.papers[paper.id] = paper
        return paper

    def revise(self, id_: str, title: str = "", abstract: str = "") -> Submission:
        """A new version, submitted today at noon."""
        submission = self.papers[id_]
        noon = dt.datetime.combine(self.today, dt.time(12), dt.UTC)
        return self.put(
            replace(
                submission,
                title=title or submission.title,
                abstract=abstract or submission.abstract,
                versions=(*submission.versions, noon),
                datestamp=self.today,
            )
        )

    def amend(self, id_: str, **fields: Any) -> Submission:
        """Change metadata without a new version."""
        return self.put(replace(self.papers[id_], datestamp=self.today, **fields))

    def delete(self, id_: str) -> Submission:
        return self.put(replace(self.papers[id_], deleted=True, datestamp=self.today))

    def by_datestamp(self) -> list[Submission]:
        return sorted(self.papers.values(), key=lambda paper: (paper.datestamp, paper.id))

    def alive(self) -> Iterator[Submission]:
        return (paper for paper in self.papers.values() if not paper.deleted)


def invented(number: int, day: dt.date, categories: Iterable[str] = ()) -> Submission:
    """A paper that is the same at every call."""
    second = number % (24 * 3600)
    submitted = dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(seconds=second)
    first = NAMES[number % len(NAMES)]
    return Submission(
        id=f"{day:%y%m}.{number % 100_000:05d}",
        title=f"On the stability of layered structure {number} under $\\ell_{{{number % 9}}}$ noise",
        abstract=f"  We study structure {number} & find that a < b whenever noise is small.\n"
        "The proof is short.\n",
        authors=(first, NAMES[(number + 2) % len(NAMES)]),
        categories=tuple(categories) or SUBJECTS[number % len(SUBJECTS)],
        versions=(submitted,),
        datestamp=day,
        comments=f"{10 + number % 30} pages",
        doi=f"10.5555/invented.{number}" if number % 7 == 0 else "",
    )
