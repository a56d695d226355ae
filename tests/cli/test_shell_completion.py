"""Completion, asked of real shells with the script that the command prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH on which ``broadsheet`` is this checkout's command."""
    command = tmp_path / "bin" / "broadsheet"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m broadsheet "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


def script(shell: str) -> str:
    printed = CliRunner().invoke(main, ["completion", shell])
    assert printed.exit_code == 0
    return printed.stdout


def run_shell(shell: str, code: str, environment: dict[str, str]) -> list[str]:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([shell, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


LINES = [
    ("broadsheet back", ["backup"]),
    ("broadsheet index re", ["rebuild", "renew"]),
    ("broadsheet search --mo", ["--mode"]),
    ("broadsheet search --mode h", ["hybrid"]),
    ("broadsheet show --format bib", ["bibtex", "biblatex"]),
    ("broadsheet sync arx", ["arxiv"]),
    ("broadsheet import --format bibt", ["bibtex"]),
    ("broadsheet help index re", ["rebuild", "renew"]),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_bash_completes(line: str, expected: list[str], environment: dict[str, str]) -> None:
    words = line.split()
    code = (
        f"{script('bash')}\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_broadsheet_completion broadsheet; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = run_shell("bash", code, environment)
    assert set(expected) <= set(found)
    assert all(word.startswith(words[-1]) for word in found)


@pytest.mark.parametrize(("line", "expected"), LINES[::3])
def test_fish_completes(line: str, expected: list[str], environment: dict[str, str]) -> None:
    code = f"{script('fish')}\ncomplete --do-complete '{line}'"
    assert set(expected) <= set(run_shell("fish", code, environment))


def test_zsh_reads_the_script_and_gets_the_words(environment: dict[str, str]) -> None:
    check = f"compdef() {{ }}\n{script('zsh')}\nwhence -w _broadsheet_completion"
    assert run_shell("zsh", check, environment) == ["_broadsheet_completion:", "function"]
    asked = {"COMP_WORDS": "broadsheet index re", "COMP_CWORD": "2"}
    words = run_shell("zsh", "broadsheet", {**environment, **asked, "_BROADSHEET_COMPLETE": "zsh_complete"})  # fmt: skip
    assert {"rebuild", "renew"} <= set(words)


def test_names_of_files_are_completed_by_the_shell(environment: dict[str, str]) -> None:
    asked = {"COMP_WORDS": "broadsheet import pap", "COMP_CWORD": "2"}
    answer = run_shell("bash", "broadsheet", {**environment, **asked, "_BROADSHEET_COMPLETE": "bash_complete"})  # fmt: skip
    assert answer == ["file,pap"]
