"""The five saved pages of the reference service, from file to ranking."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.domain.access import OWNER
from broadsheet.domain.ingest import ImportSummary, RawRecord
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.ingest.reading import iter_inputs
from broadsheet.services.local import LocalServices
from broadsheet.text.titles import normalise_title
from broadsheet.wiring import open_services

PAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "pages"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PAGES.exists(), reason="needs ../shared/data/pages"),
]


@pytest.fixture(scope="module")
def imported(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalServices, ImportSummary]]:
    with open_services(Home(tmp_path_factory.mktemp("pages") / "home").create()) as services:
        yield services, services.library.import_paths(OWNER, [str(PAGES)])


def counts(summary: ImportSummary) -> tuple[int, ...]:
    return summary.read, summary.new, summary.updated, summary.duplicates, summary.rejected


def first_titles(page: str, count: int) -> set[str]:
    """The titles at the top of a saved page, normalised."""
    titles = []
    for opened in iter_inputs([str(next(PAGES.glob(f"{page}_*.txt")))]):
        assert opened.format is not None
        for piece in opened.pieces():
            assert isinstance(piece, RawRecord)
            titles.append(normalise_title(opened.format.parse(piece.raw).title))
    return set(titles[:count])


def shared_with_page(services: LocalServices, query: str, page: str, limit: int) -> int:
    answer = services.search.search(SearchRequest(query, limit=limit))
    titles_found = {normalise_title(hit.paper.title) for hit in answer.hits}
    return len(titles_found & first_titles(page, 20))


def test_counts(imported: tuple[LocalServices, ImportSummary]) -> None:
    services, summary = imported
    assert counts(summary) == (600, 524, 0, 76, 0)
    assert counts(services.library.import_paths(OWNER, [str(PAGES)])) == (600, 0, 0, 600, 0)
    assert services.admin.status(OWNER).papers == services.admin.status(OWNER).indexed == 524


def test_a_divergence_is_found_by_its_name(imported: tuple[LocalServices, ImportSummary]) -> None:
    assert shared_with_page(imported[0], "Jensen-Shannon divergence", "004", 20) >= 13


def test_surrogates_are_found(imported: tuple[LocalServices, ImportSummary]) -> None:
    assert shared_with_page(imported[0], "surrogate", "003", 50) >= 15
