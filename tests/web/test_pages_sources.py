"""The page under settings that says how sources do."""

import datetime as dt
import re

from fake_library import FakeLibrary

from broadsheet.domain.ingest import ImportSummary
from broadsheet.domain.sync import Outcome, SourceRun, SourceStatus
from broadsheet.web.app import create_app
from browsing import open_browser

NIGHT = dt.datetime(2026, 6, 2, 0, 15, tzinfo=dt.UTC)


def run(outcome: Outcome, message: str = "", failures: int = 0, new: int = 0) -> SourceRun:
    counts = ImportSummary(new + 2, new, 0, 2, 0)
    return SourceRun(1, "arxiv", NIGHT, NIGHT, outcome, counts, message, failures)


def text_of(*sources: SourceStatus, runs: list[SourceRun] | None = None, path: str = "") -> str:
    library = FakeLibrary([])
    library.sources = list(sources)
    library.past_runs = {"arxiv": runs or []}
    answer = open_browser(create_app(library.services)).get(path or "/settings/sources")
    assert answer.status_code == 200
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def arxiv(last: SourceRun | None, on: bool = True, name: str = "arxiv") -> SourceStatus:
    next_at = NIGHT + dt.timedelta(hours=22) if on else None
    return SourceStatus(name, "arXiv", on, "every day", last, next_at)


def test_a_source_says_what_it_brought_and_when_it_runs_next():
    text = text_of(arxiv(run("done", new=1812)))
    assert "arXiv Up to date" in text
    assert "Last run Tue 2 June 2026, 00:15 Brought 1,812 new, 2 known" in text
    assert "Next run Tue 2 June 2026, 22:15 Runs every day" in text


def test_what_went_wrong_is_said_in_plain_words_with_what_to_do():
    text = text_of(arxiv(run("refused", "a.example has nothing there (404); it moved", 3)))
    assert "arXiv Needs you a.example has nothing there (404); it moved. Last run" in text
    assert "Failures 3 in a row" in text
    again = text_of(arxiv(run("unavailable", "today's budget is used up")))
    assert "Will try again Today&#39;s budget is used up." in again


def test_earlier_runs_can_be_looked_up():
    runs = [run("done"), run("unavailable", "it is too busy"), run("done", new=7)]
    text = text_of(arxiv(runs[0]), runs=runs)
    assert "Earlier runs of arXiv Tue 2 June 2026, 00:15 : 2 known. It is too busy." in text
    assert "7 new, 2 known" in text


def test_without_sources_the_page_says_how_to_switch_one_on():
    text = text_of(arxiv(None, on=False))
    assert "No source is switched on" in text
    assert "arXiv arxiv Switch on" in text
    assert "Choose your fields" in text


def test_messages_are_text_and_nothing_else():
    text = text_of(arxiv(run("refused", "the server says <script>alert(1)</script>")))
    assert "&lt;script&gt;" in text


def test_status_sums_sources_up():
    sources = [arxiv(run("done")), arxiv(run("refused"), name="b"), arxiv(None, False, "c")]
    assert "Sources 1 up to date, 1 needs you; more" in text_of(*sources, path="/status")
    assert "Sources none switched on; more" in text_of(path="/status")
