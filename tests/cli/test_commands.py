"""The command line as people and programs meet it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bibtexparser
import pytest

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""

HEAVY = ("numpy", "httpx", "fastapi", "starlette", "sqlalchemy", "tantivy", "pydantic", "rich")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from broadsheet.cli.main import main; main(['--help'], standalone_mode=False);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "search" in done.stdout


def test_import_counts_and_importing_again_changes_nothing(
    broadsheet: Command, papers_file: Path
) -> None:
    first = broadsheet("import", str(papers_file), "--json").lines[0]
    assert {name: first[name] for name in ("read", "new", "duplicates", "rejected")} == {
        "read": 3,
        "new": 3,
        "duplicates": 0,
        "rejected": 0,
    }
    again = broadsheet("import", str(papers_file), "--json").lines[0]
    assert (again["new"], again["updated"], again["duplicates"]) == (0, 0, 3)


def test_import_reads_standard_input(broadsheet: Command, papers_file: Path) -> None:
    answer = broadsheet("import", "-", "--json", stdin=papers_file.read_bytes())
    assert answer.lines[0]["new"] == 3


def test_a_missing_file_is_one_line_and_status_2(broadsheet: Command) -> None:
    answer = broadsheet("import", "nowhere.jsonl")
    assert answer.status == 2
    assert answer.err == "broadsheet: nowhere.jsonl: no such file or folder\n"


def test_an_unknown_format_lists_the_formats(broadsheet: Command, papers_file: Path) -> None:
    answer = broadsheet("import", "--format", "word", str(papers_file))
    assert answer.status == 2
    assert "papers-jsonl" in answer.err
    assert "bibtex" in answer.err


def test_search_gives_json_lines(broadsheet: Command, papers_file: Path) -> None:
    source = json.loads(papers_file.read_text().splitlines()[0])
    broadsheet("import", str(papers_file))
    answer = broadsheet("search", "surrogate", "simulators", "--json", "--limit", "2")
    assert answer.status == 0
    first = answer.lines[0]
    assert first["score"] > 0
    assert {name: first[name] for name in source} == source
    assert first["identifiers"] == ["arxiv:2401.00001"]
    assert (first["day"], first["sources"]) == ("2024-01-01", ["papers-jsonl"])
    assert [line["rank"] for line in answer.lines] == [1, 2]


def test_search_modes_and_filters(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    words = broadsheet("search", "surrogate", "--mode", "words", "--json").lines
    assert {line["id"] for line in words} == {"arxiv:2401.00001", "arxiv:2403.00003"}
    filtered = broadsheet("search", "surrogate cat:cs.NE", "--json").lines
    assert [line["id"] for line in filtered] == ["arxiv:2403.00003"]


def test_search_orders(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    newest = broadsheet("search", "surrogate", "--order", "date", "--json").lines
    assert [line["id"] for line in newest] == ["arxiv:2403.00003", "arxiv:2401.00001"]
    refused = broadsheet("search", "surrogate", "--order", "newest")
    assert refused.status == 2
    assert "relevance" in refused.err


def test_nothing_found_is_status_1(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    answer = broadsheet("search", "surrogate author:nobody")
    assert answer.status == 1
    assert "author:nobody" in answer.err


def test_searching_an_empty_library_is_no_error(broadsheet: Command) -> None:
    assert broadsheet("search", "anything").status == 1


def test_similar_papers_and_texts(broadsheet: Command, papers_file: Path, tmp_path: Path) -> None:
    broadsheet("import", str(papers_file))
    near = broadsheet("similar", "2401.00001", "--json").lines
    assert near[0]["id"] == "arxiv:2403.00003"
    text = tmp_path / "text.txt"
    text.write_text("recordings of bird songs in the forest")
    first = broadsheet("similar", "--text", str(text), "--json", "--explain").lines[0]
    assert first["id"] == "arxiv:2402.00002"
    assert {"bird", "songs"} <= {word["text"] for word in first["why"]["words"]}
    explained = broadsheet("similar", "2401.00001", "--limit", "1", "--explain")
    assert "why: by words 1 of" in explained.out
    assert broadsheet("similar").status == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"PK\x03\x04\x00\x00binary", "not plain text"),
        (b"%PDF-1.7 text of a kind", "pdftotext"),
        (bytes(range(128, 256)) * 4, "not plain text"),
        (b"-- ?? !!", "holds no word"),
        (b"word " * 200_001, "more than 1 MB"),
    ],
)
def test_what_is_no_text_is_refused(
    broadsheet: Command, papers_file: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    broadsheet("import", str(papers_file))
    text = tmp_path / "text"
    text.write_bytes(content)
    answer = broadsheet("similar", "--text", str(text))
    assert answer.status == 2
    assert message in answer.err
    assert len(answer.err.splitlines()) == 1


def test_text_from_standard_input_and_missing_files(
    broadsheet: Command, papers_file: Path, tmp_path: Path
) -> None:
    broadsheet("import", str(papers_file))
    near = broadsheet("similar", "--text", "-", "--json", stdin=b"bird songs in a f\xf6rest")
    assert near.lines[0]["id"] == "arxiv:2402.00002"
    assert "No such file" in broadsheet("similar", "--text", str(tmp_path / "none")).err


def test_search_says_why(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    first = broadsheet("search", "surrogate simulators", "--explain", "--json").lines[0]
    why = first["why"]
    assert [word["text"] for word in why["words"]] == ["surrogate", "simulators"]
    assert sum(abs(word["share"]) for word in why["words"]) == pytest.approx(1, abs=0.001)
    assert "title" in why["words"][0]["places"]
    assert why["sentences"][0]["place"] == "title"
    assert why["by_words"]["rank"] == 1
    people = broadsheet("search", "surrogate simulators", "--explain", "--limit", "1").out
    assert "surrogate (in title" in people
    assert "newest first" in broadsheet("search", "cat:cs", "--explain").out
    assert "why: named by its identifier; " in broadsheet("search", "2402.00002", "--explain").out
    assert first["why"]["boosts"] == []
    birds = broadsheet("search", "counting birds by their songs", "--explain", "--json").lines[0]
    assert birds["id"] == "arxiv:2402.00002"
    (boost,) = birds["why"]["boosts"]
    assert (boost["name"], boost["added"] > 0) == ("title", True)
    first_result = broadsheet("search", "counting birds by their", "--explain", "--limit", "1").out
    assert "Its title begins with what you typed, which puts it ahead." in first_result


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", "Sparse surrogates"),
        ("markdown", "# Sparse surrogates"),
        ("ris", "TI  - Sparse surrogates"),
    ],
)
def test_show_in_every_text_form(
    broadsheet: Command, papers_file: Path, form: str, expected: str
) -> None:
    broadsheet("import", str(papers_file))
    assert expected in broadsheet("show", "arxiv:2401.00001v2", "--format", form).out


def test_show_in_forms_for_programs(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    entry = bibtexparser.parse_string(broadsheet("show", "2401.00001", "--format", "bibtex").out)
    assert entry.entries[0]["eprint"] == "2401.00001"
    csl = json.loads(broadsheet("show", "2401.00001", "--format", "csl-json").out)
    assert csl[0]["author"][0]["family"] == "Lovelace"
    paper = broadsheet("show", "2401.00001", "--json").lines[0]
    assert paper["authors"] == ["Ada Lovelace", "Grace Hopper"]


def test_what_json_shows_can_be_imported(
    broadsheet: Command, papers_file: Path, tmp_path: Path
) -> None:
    broadsheet("import", str(papers_file))
    output = broadsheet("show", "2401.00001", "--format", "jsonl").out
    again = broadsheet("import", "-", "--json", stdin=output.encode()).lines[0]
    assert (again["read"], again["new"], again["rejected"]) == (1, 0, 0)


def test_show_takes_many_ids(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    answer = broadsheet("show", "2403.00003", "arxiv:2401.00001", "--json")
    assert [line["id"] for line in answer.lines] == ["arxiv:2403.00003", "arxiv:2401.00001"]
    keys = [entry.key for entry in bibtexparser.parse_string(
        broadsheet("show", "2401.00001", "2402.00002", "-f", "biblatex").out).entries]  # fmt: skip
    assert keys == ["lovelace2024sparse", "carson2024counting"]
    partly = broadsheet("show", "2499.99999", "2401.00001", "--json")
    assert (partly.status, len(partly.lines)) == (1, 1)
    assert "2499.99999" in partly.err


def test_unknown_papers_and_forms(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    assert broadsheet("show", "2499.99999").status == 1
    wrong = broadsheet("show", "2401.00001", "--format", "word")
    assert wrong.status == 2
    assert "csl-json" in wrong.err


def test_rejected_records_are_listed_exported_retried_and_forgotten(
    broadsheet: Command, papers_file: Path, tmp_path: Path
) -> None:
    with papers_file.open("a", encoding="utf-8") as file:
        file.write('{"id": "arxiv:2404.00004", "title": \n')
        file.write('{"id": "arxiv:2405.00005", "abstract": "no title"}\n')
    summary = broadsheet("import", str(papers_file), "--json").lines[0]
    assert (summary["new"], summary["rejected"]) == (3, 2)
    listed = broadsheet("rejected", "list", "--json").lines
    assert [entry["position"] for entry in listed] == ["line 4", "line 5"]
    assert all(entry["reason"] and entry["origin"] == str(papers_file) for entry in listed)
    again = broadsheet("rejected", "retry", "--json").lines[0]
    assert (again["read"], again["rejected"]) == (2, 2)
    broadsheet("rejected", "export", str(tmp_path / "out"))
    assert len(list((tmp_path / "out").iterdir())) == 2
    for entry in listed:
        assert broadsheet("rejected", "forget", str(entry["number"])).status == 0
    assert broadsheet("rejected", "list").status == 1


def test_status_counts(broadsheet: Command, papers_file: Path) -> None:
    empty = broadsheet("status", "--json").lines[0]
    assert (empty["papers"], empty["indexed"], empty["last_change"]) == (0, 0, None)
    broadsheet("import", str(papers_file))
    status = broadsheet("status", "--json").lines[0]
    assert (status["papers"], status["indexed"], status["pending"]) == (3, 3, 0)
    assert set(status["bytes"]) == {"database", "words", "vectors"}
    assert status["embedder"].startswith("static")


def test_the_index_can_be_rebuilt(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    before = broadsheet("search", "surrogate", "--json").out
    assert broadsheet("index", "rebuild").status == 0
    assert broadsheet("search", "surrogate", "--json").out == before


def test_evaluate_a_collection(broadsheet: Command, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text(
        '{"_id": "1", "title": "Bird songs", "text": "Counting birds."}\n'
        '{"_id": "2", "title": "", "text": "Surrogate models of simulators."}\n'
    )
    (folder / "queries.jsonl").write_text('{"_id": "a", "text": "SURROGATES OF A SIMULATOR"}\n')
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\na\t2\t1\n")
    run_file = tmp_path / "run.txt"
    answer = broadsheet("evaluate", str(folder), "--json", "--run", str(run_file))
    assert answer.lines[0]["nDCG@10"] == 1.0
    assert answer.lines[0]["papers"] == 2
    assert run_file.read_text().startswith("a Q0 2 1 ")
    truth = broadsheet("evaluate", str(folder), "--json", "--explanations").lines[0]
    assert truth["explained"] == 1
    assert truth["words"]["without_top"] > truth["words"]["without_random"]
    assert "random one by" in broadsheet("evaluate", str(folder), "--explanations").out
    losses = broadsheet("evaluate", str(folder), "--json", "--perturb").lines[0]["losses"]
    assert {"typing error", "dropped word"} <= {loss["perturbation"] for loss in losses}


def test_settings_that_cannot_be_are_one_line(
    broadsheet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_EMBEDDER", "word2vec")
    answer = broadsheet("status")
    assert answer.status == 2
    assert "legal forms" in answer.err


def test_show_says_where_a_paper_comes_from(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    name = json.loads(papers_file.read_text().splitlines()[0])["id"]
    answer = broadsheet("show", name, "--provenance")
    assert answer.status == 0
    assert "title        papers-jsonl" in answer.out
    assert f"{papers_file}, line 1 (papers-jsonl)" in answer.out
    (values,) = [
        line for line in broadsheet("show", name, "--json", "--provenance").lines
        if "records" in line
    ]  # fmt: skip
    assert values["fields"]["title"] == ["papers-jsonl"]
    assert values["records"][0]["part"] == "speaks"
    assert values["records"][0]["kept_at"]
    refused = broadsheet("show", name, "--format", "bibtex", "--provenance")
    assert refused.status == 2


def test_records_are_read_again(broadsheet: Command, papers_file: Path) -> None:
    read = broadsheet("import", str(papers_file), "--json").lines[0]["read"]
    again = broadsheet("records", "reread", "--restart", "--json").lines[0]
    assert (again["read"], again["updated"], again["rejected"]) == (read, 0, 0)


def test_show_says_how_numbers_changed(broadsheet: Command, tmp_path: Path) -> None:
    counted = {"id": "arxiv:2401.00001", "title": "A cited paper", "signals": {"upvotes": 3}}
    path = tmp_path / "counted.jsonl"
    path.write_text(json.dumps(counted) + "\n")
    broadsheet("import", str(path))
    (values,) = [
        line
        for line in broadsheet("show", "2401.00001", "--json", "--signals").lines
        if "value" in line
    ]
    assert (values["source"], values["name"], values["value"]) == ("papers-jsonl", "upvotes", 3)
    assert " upvotes " in broadsheet("show", "2401.00001", "--signals").out


def test_backup_and_restore(broadsheet: Command, papers_file: Path, tmp_path: Path) -> None:
    broadsheet("import", str(papers_file))
    file = tmp_path / "papers.backup"
    saved = broadsheet("backup", str(file), "--json").lines[0]
    assert saved["bytes"] == file.stat().st_size
    refused = broadsheet("restore", str(file))
    assert refused.status == 2
    assert "is not empty" in refused.err
    (tmp_path / "home").rename(tmp_path / "lost")
    assert "the index is built at the next start" in broadsheet("restore", str(file)).out
    assert broadsheet("show", "arxiv:2401.00001").out.startswith("Sparse surrogates")


def test_a_backup_needs_a_library(broadsheet: Command, tmp_path: Path) -> None:
    answer = broadsheet("backup", str(tmp_path / "papers.backup"))
    assert answer.status == 2
    assert "there is no library here" in answer.err
