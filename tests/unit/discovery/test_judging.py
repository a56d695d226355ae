"""Judging stories over a real index."""

import datetime as dt
import json
from pathlib import Path

import pytest

from broadsheet.domain.access import OWNER
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.periods import Period
from broadsheet.home import Home
from broadsheet.jobs.leases import Lease
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

TIDES = "We measure ocean tides with satellites and predict coastal floods from them."
DAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(2)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory):
    """Earlier papers on tides; of two days ago one more on tides, one on something new, one twice."""
    folder = tmp_path_factory.mktemp("judging")
    chess = "We prove that a chess position with many knights can be decided in polynomial space. "
    chess += "The proof reduces it to games on graphs and gives bounds for boards of any width."
    rows = [
        *((f"2301.{n:05d}", f"Ocean tides {n}", TIDES, "2023-01-02") for n in range(1, 6)),
        ("2601.00001", "Ocean tides again", TIDES, DAY.isoformat()),
        ("2601.00002", "Chess is decidable", chess, DAY.isoformat()),
        ("2601.00003", "Chess is decidable, extended", chess, DAY.isoformat()),
    ]
    file = folder / "papers.jsonl"
    file.write_text(
        "".join(
            json.dumps({"id": f"arxiv:{id_}", "title": title, "abstract": text, "date": date,
                        "authors": [f"Author {id_}"], "categories": ["cs.CC"]}) + "\n"
            for id_, title, text, date in rows
        )
    )  # fmt: skip
    with open_services(Home(Path(folder, "home")).create()) as opened:
        opened.library.import_paths(OWNER, [str(file)])
        opened.admin.index_pending(OWNER)
        yield opened


def test_a_paper_far_from_every_earlier_one_is_novel(services: LocalServices) -> None:
    issue = services.daily.issue(IssueRequest(Period("day", DAY)))
    reasons = {
        story.paper.title: [reason.name for reason in story.reasons] for story in issue.front
    }
    assert "novelty" in reasons["Chess is decidable"]
    assert "novelty" not in reasons["Ocean tides again"]


def test_near_duplicates_of_a_day_are_folded(services: LocalServices) -> None:
    issue = services.daily.issue(IssueRequest(Period("day", DAY)))
    (chess,) = (story for story in issue.front if story.paper.title.startswith("Chess"))
    assert [other.title for other in chess.alike] == ["Chess is decidable, extended"]
    assert issue.total == 3


def test_an_edition_prints_what_matches_every_part_of_its_query(services: LocalServices) -> None:
    from broadsheet.domain.daily import Edition

    def titles(**fields: object) -> list[str]:
        edition = Edition("mine", "Mine", **fields)  # type: ignore[arg-type]
        issue = services.daily.preview(edition, Period("year", DAY.replace(month=1, day=1)))
        return sorted(story.paper.title for story in issue.front)

    assert titles(query="chess -extended") == ["Chess is decidable"]
    assert titles(query="tides satellites") == ["Ocean tides again"]
    assert titles(query="tides chess") == []
    assert titles(authors=("Author 2601.00001",)) == ["Ocean tides again"]
    assert titles(categories=("math",)) == []


def test_the_latest_issues_are_prepared_after_a_change_and_not_again(
    services: LocalServices,
) -> None:
    job = services.daily.job()
    now = dt.datetime.now(dt.UTC)
    assert job.due(now)
    result = job.run(Lease("front pages"))
    assert result is not None
    assert result.words == "2 issues are ready"
    assert not job.due(now)
