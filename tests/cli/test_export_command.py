"""``broadsheet export``, read by the libraries that people use."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bibtexparser
import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc import formatter as formatters
from citeproc.source.json import CiteProcJSON

from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.wiring import open_services

Command = Callable[..., Any]

RICH = {
    "id": "arxiv:2405.00005",
    "title": "Regression in $\\ell_p$ norms & 50\\% of the cost",
    "abstract": "We bound $\\ell_p$ regression. It costs \\emph{half}.",
    "authors": ["Ada Lovelace", "Émilie du Châtelet"],
    "affiliations": ["Analytical Society", ""],
    "date": "2024-05-01",
    "updated": "2024-06-02",
    "venue": "Journal of Norms",
    "doi": "10.5555/norms.5",
    "identifiers": ["arxiv:2405.00005", "doi:10.5555/norms.5"],
    "categories": ["math.ST", "cs.LG"],
    "keywords": ["regression", "norms"],
    "code_url": "https://github.com/ada/norms",
    "comment": "12 pages, in German",
    "publication": {
        "type": "article",
        "volume": "7",
        "number": "2",
        "pages": "1–12",
        "publisher": "Society & Sons",
        "editors": ["Grace Hopper"],
    },
    "versions": [{"version": 1, "date": "2024-05-01"}, {"version": 2, "date": "2024-06-02"}],
    "signals": {"upvotes": 41, "s2_citation": 12, "hf_date": "2024-05-03"},
    "unknown field": {"of": ["its", "source"]},
}
NAMELESS = {"title": "A paper without identifier", "authors": ["Ann Lee"], "date": "2023-11"}


@pytest.fixture
def filled(broadsheet: Command, papers_file: Path) -> Command:
    with papers_file.open("a", encoding="utf-8") as file:
        for paper in (RICH, NAMELESS):
            file.write(json.dumps(paper) + "\n")
    broadsheet("import", str(papers_file))
    return broadsheet


def test_all_papers_come_back_without_loss(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    answer = filled("export", "--all", "--format", "jsonl", "--output", str(file))
    assert (answer.status, answer.out) == (0, "")
    assert "5 papers written" in answer.err
    first = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert {name: first[3][name] for name in RICH} == RICH
    again = tmp_path / "again.jsonl"
    for arguments in (["import", str(file)], ["export", "--all", "-f", "jsonl", "--output", str(again)]):  # fmt: skip
        assert main(["--home", str(tmp_path / "other"), *arguments], standalone_mode=False) in (0, None)  # fmt: skip
    assert again.read_text(encoding="utf-8") == file.read_text(encoding="utf-8")


def test_a_search_a_day_and_a_collection(filled: Command, tmp_path: Path) -> None:
    found = filled("export", "surrogate", "-m", "words", "-f", "jsonl").lines
    assert {each["id"] for each in found} == {"arxiv:2401.00001", "arxiv:2403.00003"}
    assert len(filled("export", "surrogate", "-f", "jsonl", "--limit", "1").lines) == 1
    newest = filled("export", "cat:cs", "-f", "jsonl", "--order", "date").lines
    assert [each["id"] for each in newest] == [
        "arxiv:2405.00005", "arxiv:2403.00003", "arxiv:2401.00001",
    ]  # fmt: skip
    of_day = filled("export", "--day", "2024-05-03", "-f", "jsonl").lines
    assert [each["id"] for each in of_day] == ["arxiv:2405.00005"]
    with open_services(Home(tmp_path / "home")) as services:
        collection = services.collections.create(OWNER, "To read")
        services.collections.add(OWNER, collection.id, "2402.00002")
        services.collections.add(OWNER, collection.id, "2401.00001")
    for name in (collection.id, "To read"):
        collected = filled("export", "--collection", name, "-f", "jsonl").lines
        assert [each["id"] for each in collected] == ["arxiv:2402.00002", "arxiv:2401.00001"]


def test_bibtexparser_and_rispy_read_equal_records(filled: Command) -> None:
    (entry,) = bibtexparser.parse_string(filled("export", "norms", "--limit", "1").out).entries
    assert entry.entry_type == "article"
    assert entry["title"] == r"Regression in $\ell_p$ norms \& 50\% of the cost"
    assert entry["author"] == "Lovelace, Ada and du Châtelet, Émilie"
    assert (entry["journal"], entry["volume"], entry["number"]) == ("Journal of Norms", "7", "2")
    assert (entry["year"], entry["doi"], entry["eprint"]) == ("2024", "10.5555/norms.5", "2405.00005")  # fmt: skip
    biblatex = filled("export", "norms", "--limit", "1", "-f", "biblatex").out
    (entry,) = bibtexparser.parse_string(biblatex).entries
    assert (entry["journaltitle"], entry["date"]) == ("Journal of Norms", "2024-05-01")
    assert (entry["eprinttype"], entry["eprintclass"]) == ("arxiv", "math.ST")
    (reference,) = rispy.loads(filled("export", "norms", "--limit", "1", "-f", "ris").out)
    assert reference["title"] == "Regression in ℓ_p norms & 50% of the cost"
    assert reference["authors"] == ["Lovelace, Ada", "du Châtelet, Émilie"]
    assert (reference["year"], reference["doi"]) == ("2024", "10.5555/norms.5")
    assert (reference["start_page"], reference["end_page"]) == ("1", "12")
    assert reference["keywords"] == ["regression", "norms"]


def test_citeproc_sets_a_bibliography(filled: Command) -> None:
    entries = json.loads(filled("export", "--all", "-f", "csl-json").out)
    source = CiteProcJSON(entries)
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatters.plain)
    for entry in entries:
        bibliography.register(Citation([CitationItem(entry["id"])]))
    lines = [str(line) for line in bibliography.bibliography()]
    (line,) = [line for line in lines if "ℓ_p" in line]
    assert line.startswith("Lovelace, A. and du Châtelet, É. (2024) “Regression in ℓ_p norms")
    assert "Journal of Norms" in line


def test_tables_and_wrong_requests(filled: Command, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(filled("export", "--all", "-f", "csv").out)))
    assert len(rows) == 5
    row = rows[3]
    assert (row["authors"], row["votes"], row["citations"]) == (
        "Ada Lovelace; Émilie du Châtelet", "41", "12",
    )  # fmt: skip
    assert row["title"] == "Regression in ℓ_p norms & 50% of the cost"
    assert filled("export", "zzzzqqqq author:nobody").status == 1
    assert "bibtex, biblatex" in filled("export", "--all", "-f", "word").err
    assert filled("export").status == 2
    assert filled("export", "norms", "--all").status == 2
    assert "not a date" in filled("export", "--day", "yesterday").err
    assert filled("export", "--all", "--output", str(tmp_path / "none" / "x.bib")).status == 2


def test_a_cell_is_never_run_as_a_formula(broadsheet: Command, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps({"title": '=HYPERLINK("https://e.example")'}) + "\n")
    broadsheet("import", str(file))
    (row,) = csv.DictReader(io.StringIO(broadsheet("export", "--all", "-f", "csv").out))
    assert row["title"].startswith("'=")
