"""Exit statuses, help, short options and printing of the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import COMMANDS, main
from broadsheet.cli.read import wrap_fragments
from broadsheet.domain.search import Fragment

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""


def test_an_unknown_paper_is_status_1(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    assert broadsheet("show", "nope").status == 1
    assert broadsheet("similar", "nope").status == 1


def test_every_rejected_record_is_listed_and_only_rejections_are_status_2(
    broadsheet: Command, tmp_path: Path
) -> None:
    path = tmp_path / "papers.jsonl"
    good = json.dumps({"id": "2401.00001", "title": "A title", "authors": ["A B"]})
    bad = json.dumps({"id": "2401.00002", "abstract": "no title"})
    path.write_text("\n".join([good, *[bad] * 14]), encoding="utf-8")
    answer = broadsheet("import", str(path))
    assert (answer.status, "14 rejected" in answer.out) == (0, True)
    assert "All papers are searchable." in answer.err
    assert len(broadsheet("rejected", "list").out.splitlines()) == 14
    assert broadsheet("import", str(path)).status == 0  # a duplicate is no rejection
    assert len(broadsheet("rejected", "list").out.splitlines()) == 14
    assert broadsheet("import", "-f", "papers-jsonl", "-", stdin=bad.encode()).status == 2


def test_help_explains_commands(broadsheet: Command) -> None:
    everything = broadsheet("help")
    assert everything.status == 0
    assert all(name in everything.out for name in COMMANDS)
    rebuild = broadsheet("help", "index", "rebuild")
    assert "index rebuild [OPTIONS]" in rebuild.out
    unknown = broadsheet("help", "index", "nope")
    assert (unknown.status, "'index nope'" in unknown.err) == (2, True)


def test_help_lists_formats_and_sources(broadsheet: Command) -> None:
    assert "bibtex" in broadsheet("import", "--help").out
    assert "semantic-scholar" in broadsheet("sync", "-h").out


def test_without_a_command_it_says_what_to_do_next(broadsheet: Command, papers_file: Path) -> None:
    empty = broadsheet()
    assert (empty.status, "There is no library yet" in empty.out) == (0, True)
    broadsheet("import", str(papers_file))
    assert "broadsheet search QUERY" in broadsheet().out


def test_short_options(broadsheet: Command, papers_file: Path) -> None:
    broadsheet("import", str(papers_file))
    long = broadsheet("search", "--limit", "1", "--mode", "words", "--json", "surrogate")
    assert broadsheet("search", "-n", "1", "-m", "words", "-j", "surrogate").lines == long.lines


def test_no_color(tmp_path: Path, papers_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ["--home", str(tmp_path / "home")]
    CliRunner().invoke(main, [*home, "import", str(papers_file)])
    styled = CliRunner().invoke(main, [*home, "search", "surrogate"], color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(main, [*home, "search", "surrogate"], color=True)
    assert "\x1b[1m" in styled.stdout
    assert "\x1b" not in plain.stdout


def test_settings_are_refused_in_plain_words(broadsheet: Command, tmp_path: Path) -> None:
    settings = tmp_path / "home" / "broadsheet.toml"
    settings.parent.mkdir()
    settings.write_text('[mail]\nport = "many"\nnonsense = 1\n', encoding="utf-8")
    answer = broadsheet("search", "words")
    assert answer.status == 2
    assert "mail.port: must be a whole number" in answer.err
    assert "mail.nonsense: there is no such setting" in answer.err


def test_snippets_wrap_between_words() -> None:
    marked = [Fragment("deep networks for "), Fragment("protein", True), Fragment("s folding")]
    lines = ["".join(part.text for part in line) for line in wrap_fragments(marked, 14)]
    assert lines == ["deep networks", "for proteins", "folding"]
    assert wrap_fragments(marked, 14)[1][1] == Fragment("protein", True)
    assert len(wrap_fragments(marked, None)) == 1
