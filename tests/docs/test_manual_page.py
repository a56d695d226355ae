"""The manual page is that of the present commands, and programs that show it find no fault."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from broadsheet.cli.main import main
from broadsheet.cli.manual import compose_manual

PAGE = Path(__file__).resolve().parents[2] / "man" / "broadsheet.1"


def test_the_page_is_up_to_date() -> None:
    same = PAGE.read_text(encoding="utf-8") == compose_manual(main)
    assert same, "the commands have changed; run: make man"


def test_groff_shows_every_command_without_a_warning() -> None:
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    command = ["groff", "-man", "-ww", "-Tascii", "-P-cbou", str(PAGE)]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    words = " ".join(shown.stdout.split())
    assert "broadsheet index rebuild [OPTIONS]" in words
    assert "-f, --format" in words
    assert not re.search(r"[^\x00-\x7f]|\\[a-z(]", words)


def test_mandoc_finds_no_error() -> None:
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    # Long lines are a matter of style, and the page has no date: its version says how old it is.
    command = ["mandoc", "-T", "lint", "-W", "error", str(PAGE)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")
