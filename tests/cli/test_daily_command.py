"""``broadsheet daily`` and ``broadsheet trending``."""

import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def library(broadsheet: Command, tmp_path: Path) -> Command:
    """Three papers of one day in two fields, one of the day before, one of the month."""
    papers = [
        ("2401.00001", "Sparse surrogates", "2024-01-02", ["cs.CV"], 40),
        ("2401.00002", "Counting birds", "2024-01-02", ["cs.CL"], 3),
        ("2401.00003", "Tides of thought", "2024-01-02", ["cs.CL"], 3),
        ("2401.00004", "Of the day before", "2024-01-01", ["cs.CL"], 0),
        ("2401.00005", "Of some day", "2024-01", ["cs.CL"], 0),
    ]
    file = tmp_path / "papers.jsonl"
    file.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"arxiv:{name}",
                    "title": title,
                    "abstract": f"We show that {title.lower()} can be learned. {name} says how.",
                    "authors": ["Ada Lovelace"],
                    "date": date,
                    "categories": categories,
                    "upvotes": votes,
                }
            )
            + "\n"
            for name, title, date, categories, votes in papers
        )
    )
    assert broadsheet("import", str(file)).status == 0
    return broadsheet


def test_the_latest_day_is_printed_with_its_reasons(library: Command) -> None:
    answer = library("daily")
    assert answer.status == 0
    assert "Front page, 2024-01-02: 3 papers" in answer.out
    assert "  1. Sparse surrogates" in answer.out
    assert "40 votes where 15 is usual for this issue" in answer.out


def test_each_story_is_a_line_for_programs(library: Command) -> None:
    lines = library("daily", "2024-01-02", "--json").lines
    assert next(line["id"] for line in lines) == "arxiv:2401.00001"
    assert lines[0]["field"] == "Vision"
    assert lines[0]["standfirst"].startswith("We show that sparse surrogates")
    assert lines[0]["why"][0]["name"] == "votes"
    assert {line["field"] for line in library("daily", "--field", "Language", "--json").lines} == {
        "Language"
    }


@pytest.mark.parametrize(
    ("date", "papers"), [("2024-01-01", 1), ("2024-W01", 4), ("2024-01", 5), ("2024", 5)]
)
def test_days_weeks_months_and_years_are_printed(library: Command, date: str, papers: int) -> None:
    assert len(library("daily", date, "--json").lines) == papers


def test_a_day_without_papers_ends_with_status_1_and_says_so(library: Command) -> None:
    answer = library("daily", "2023-12-24")
    assert answer.status == 1
    assert "2023-12-24: 0 papers" in answer.out


@pytest.mark.parametrize("date", ["yesterday", "2024-13", "2024-02-30"])
def test_what_is_no_date_is_refused_with_what_is_legal(library: Command, date: str) -> None:
    answer = library("daily", date)
    assert answer.status == 2
    assert "a week (2026-W23)" in answer.err


def test_an_unknown_edition_names_the_others(library: Command) -> None:
    answer = library("daily", "--edition", "sports")
    assert answer.status == 2
    assert "front, featured" in answer.err


def test_trends_say_why(library: Command) -> None:
    answer = library("trending", "--since", "week")
    assert answer.status == 0
    assert answer.out.splitlines()[0].strip() == "1. Sparse surrogates"
    assert "40 votes where" in answer.out
    (first, *_) = library("trending", "--json").lines
    assert (first["id"], first["until"]) == ("arxiv:2401.00001", "2024-01-02")


def test_without_signals_there_are_no_trends(broadsheet: Command) -> None:
    answer = broadsheet("trending")
    assert answer.status == 1
    assert "No votes, stars or citations were reported" in answer.err


@pytest.mark.skipif(
    importlib.util.find_spec("weasyprint") is None and shutil.which("chromium") is None,
    reason="neither WeasyPrint nor Chromium is installed",
)
def test_an_issue_is_written_as_pdf(library: Command, tmp_path: Path) -> None:
    path = tmp_path / "issue.pdf"
    for sheet, width, height in (("A4", 595, 842), ("letter", 612, 792)):
        answer = library("daily", "2024-01", "--pdf", str(path), "--sheet", sheet)
        assert answer.status == 0, answer.err
        content = path.read_bytes()
        assert content.startswith(b"%PDF-")
        box = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", content)
        assert box is not None
        assert [round(float(each)) for each in box.groups()] == [width, height]
    refused = library("daily", "--pdf", str(tmp_path / "nowhere" / "issue.pdf"))
    assert refused.status == 2
    assert "its folder does not exist" in refused.err
