"""Changes with their times, as harvesters read them, on every database."""

import datetime as dt

import pytest
from arriving import LONG_ABSTRACT, OTHER_ABSTRACT, arrival

from broadsheet.backends.sql.store import SqlStore
from broadsheet.domain.harvest import HarvestedPaper, HarvestRequest
from broadsheet.services.harvest import LocalHarvestService

EVERYTHING = HarvestRequest(form="test")


@pytest.fixture
def service(store: SqlStore) -> LocalHarvestService:
    return LocalHarvestService(store, store.harvest, lambda: b"secret")


def _add(store: SqlStore, number: int, *categories: str, name: str = "") -> None:
    store.store(
        [
            arrival(
                source="arxiv",
                title=f"Title number {number} of its own",
                identifiers=[name or f"arxiv:2401.{number:05d}"],
                categories=list(categories),
            )
        ]
    )


def _harvest(
    service: LocalHarvestService, request: HarvestRequest = EVERYTHING, size: int = 2
) -> list[HarvestedPaper]:
    page = service.begin(request, size)
    papers = list(page.papers)
    while page.token:
        page = service.resume(page.token, size)
        assert page.request == request
        assert page.position == len(papers)
        papers += page.papers
    return papers


def _ids(papers: list[HarvestedPaper]) -> list[str]:
    return [each.id for each in papers]


def test_a_harvest_has_every_paper_once(store: SqlStore, service: LocalHarvestService) -> None:
    for number in range(1, 6):
        _add(store, number)
    assert _ids(_harvest(service)) == [f"arxiv:2401.0000{number}" for number in range(1, 6)]
    assert service.begin(EVERYTHING, 2).total == 5
    assert _harvest(service, size=5) == _harvest(service, size=1)


def test_a_paper_that_changes_meanwhile_moves_to_the_end(
    store: SqlStore, service: LocalHarvestService
) -> None:
    for number in range(1, 5):
        _add(store, number)
    page = service.begin(EVERYTHING, 2)
    _add(store, 1, "cs.LG")
    _add(store, 3, "cs.LG")
    rest = service.resume(page.token, 10).papers
    assert _ids(list(rest)) == ["arxiv:2401.00004", "arxiv:2401.00001", "arxiv:2401.00003"]
    assert rest[1].paper is not None
    assert rest[1].paper.categories == ("cs.LG",)


def test_categories_and_schemes_choose_papers(
    store: SqlStore, service: LocalHarvestService
) -> None:
    _add(store, 1, "cs.LG", "stat.ML")
    _add(store, 2, "cs.LO")
    _add(store, 3, "hep-th")
    _add(store, 4, name="doi:10.1000/four")

    def chosen(**choice: object) -> list[str]:
        return _ids(_harvest(service, HarvestRequest(**choice)))

    assert chosen(categories=("cs",)) == ["arxiv:2401.00001", "arxiv:2401.00002"]
    assert chosen(categories=("stat.ML", "hep-th")) == ["arxiv:2401.00001", "arxiv:2401.00003"]
    assert chosen(categories=("cs.L",)) == []
    assert chosen(scheme="doi") == ["doi:10.1000/four"]
    assert len(chosen(scheme="arxiv")) == 3


def test_times_choose_papers(store: SqlStore, service: LocalHarvestService) -> None:
    _add(store, 1)
    (first,) = _harvest(service)
    second = dt.timedelta(seconds=1)
    assert abs(first.at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert service.begins_at() == first.at
    for since, until, papers in (
        (first.at, None, 1),
        (first.at + second, None, 0),
        (None, first.at, 1),
        (None, first.at - second, 0),
    ):
        assert len(_harvest(service, HarvestRequest(since, until))) == papers


def test_a_paper_that_was_merged_leaves_a_notice(
    store: SqlStore, service: LocalHarvestService
) -> None:
    for name, abstract in (("arxiv:2401.00001", LONG_ABSTRACT), ("doi:10.1000/x", OTHER_ABSTRACT)):
        store.store(
            [
                arrival(
                    source="bibtex",
                    title=f"On {name}",
                    abstract=abstract,
                    identifiers=[name],
                )
            ]
        )
    store.store(
        [
            arrival(
                source="openalex",
                title="On both",
                identifiers=["arxiv:2401.00001", "doi:10.1000/x"],
            )
        ]
    )
    papers = _harvest(service)
    gone = [each.id for each in papers if each.paper is None]
    kept = [each.id for each in papers if each.paper is not None]
    assert len(gone) == len(kept) == 1
    assert service.find(gone[0]).paper is None
    paper = service.find(kept[0]).paper
    assert paper is not None
    assert paper.id == kept[0]
    assert gone[0] in _ids(_harvest(service, HarvestRequest(categories=("cs",))))


def test_a_refreshed_signal_is_no_change_and_a_new_status_is(
    store: SqlStore, service: LocalHarvestService
) -> None:
    _add(store, 1)
    _add(store, 2)
    fields = {
        "source": "arxiv",
        "identifiers": ["arxiv:2401.00001"],
        "title": "Title number 1 of its own",
    }
    store.store([arrival(**fields, signals={"upvotes": 7})])
    assert _ids(_harvest(service))[-1] == "arxiv:2401.00002"
    store.store([arrival(**fields, status="withdrawn")])
    assert _ids(_harvest(service))[-1] == "arxiv:2401.00001"
