"""The page of an author: papers, years, co-authors, venues."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.domain.paper import Paper
from broadsheet.domain.query import Field
from broadsheet.domain.search import SelectionRequest
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.person_names import is_named
from broadsheet.web.links import author_path
from broadsheet.web.marks import marks_of
from broadsheet.web.paging import Paging, parse_page
from broadsheet.web.phrases import standfirst
from broadsheet.web.render import page, page_size_of, services_of

router = APIRouter(include_in_schema=False)

MOST_COUNTED = 1_000
"""The latest papers of an author, from which years, co-authors and venues are counted."""
_LONGEST_NAME = 200
_CO_AUTHORS = 16
_VENUES = 8
_BAR, _GAP, _HEIGHT = 8, 2, 40
"""Width of a year's bar, the gap beside it, and the height of the highest, in SVG units."""


@dataclass(frozen=True, slots=True)
class YearBar:
    """A year in the drawing of papers by year."""

    year: int
    papers: int
    x: int
    height: float


@dataclass(frozen=True, slots=True)
class AuthorProfile:
    """Facts about the papers of one name."""

    names: Sequence[tuple[str, int]]
    """The spellings in print, the most frequent first."""
    years: Sequence[YearBar]
    co_authors: Sequence[tuple[str, int]]
    venues: Sequence[tuple[str, int]]


@router.api_route("/authors/{name:path}", methods=["GET", "HEAD"])
def author_page(request: Request, name: str) -> Response:
    """The papers of an author, the latest first."""
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not any(character.isalpha() for character in name):
        raise HTTPException(404, "An author's page has a name: /authors/Ada%20Lovelace.")
    services, size = services_of(request), page_size_of(request)
    number = parse_page(request.query_params.get("page", ""))
    query = Field("author", name.replace('"', " "))
    # The numbers are those of the first page's papers and all others, so that they stay the same.
    answer = services.search.select(SelectionRequest(query, MOST_COUNTED, order="published"))
    if not answer.total:
        raise HTTPException(404, f"No paper in this library is by {name}.")
    paging = Paging(number, size, min(answer.total, MOST_COUNTED))
    if number > paging.pages:
        raise HTTPException(404, f"This author has no page {number}; the last is {paging.pages}.")
    papers = answer.papers[paging.offset : paging.last]
    profile = describe_author(name, answer.papers)
    shown = profile.names[0][0] if profile.names else name
    return page(
        request,
        "author.html",
        name=name,
        shown=shown,
        total=answer.total,
        profile=profile,
        papers=[(paper, standfirst(paper.abstract)) for paper in papers],
        marks=marks_of(request, papers),
        paging=paging,
        page_path=lambda n: author_path(name) + (f"?page={n}" if n > 1 else ""),
        author_query=str(query),
        counted=len(answer.papers),
        chart=(_BAR + _GAP, _BAR, _HEIGHT),
    )


def describe_author(name: str, papers: Iterable[Paper]) -> AuthorProfile:
    """Count years, spellings, co-authors and venues of an author's papers."""
    names: Counter[str] = Counter()
    co_authors: Counter[str] = Counter()
    venues: Counter[str] = Counter()
    years: Counter[int] = Counter()
    for paper in papers:
        printed = [to_text(author.name) for author in paper.authors]
        own = next((each for each in printed if is_named(each, name)), None)
        if own is not None:
            names[own] += 1
        co_authors.update(each for each in dict.fromkeys(printed) if each and each != own)
        if paper.venue:
            venues[to_text(paper.venue)] += 1
        if paper.published:
            years[paper.published.year] += 1
    return AuthorProfile(
        # Of equally frequent spellings first the one that kept its accents.
        sorted(names.items(), key=lambda item: (-item[1], item[0].isascii(), item[0])),
        draw_years(years),
        co_authors.most_common(_CO_AUTHORS),
        venues.most_common(_VENUES),
    )


def draw_years(years: Counter[int]) -> Sequence[YearBar]:
    """Return a bar for each year from the first to the last, also for those without papers."""
    if not years:
        return ()
    most = max(years.values())
    return [
        YearBar(year, years[year], at * (_BAR + _GAP), _HEIGHT * years[year] / most)
        for at, year in enumerate(range(min(years), max(years) + 1))
    ]
