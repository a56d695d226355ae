"""The saved pages of the reference service, read as a person would."""

import re
from pathlib import Path

import pytest

from broadsheet.text.latex.plain_text import to_text

PAGES = Path(__file__).parents[3] / ".." / "shared" / "data" / "pages"

LEFT_OVER = re.compile(
    r"\\|\$|[^\W\d_]\{|\d\{|\}[^\W_]"
    r"|\d(?:times|sim)\b|\b(?:varepsilon|mathcal|mathbb|infty|leq|geq|cdot|textbf|boldsymbol)"
    r"|(?:left|right|[bB]igg?)[(\[|)\]]|[^\W\d]~|``|\b[A-Z]in R"
)
# Braces that are the authors' own: sets and a maximum over a set.
SET = re.compile(r"(?:max|min|\b|[( ])\{[^{}]*[,:][^{}]*\}|\{[^{}]+\}_\(")


@pytest.mark.shared
def test_no_page_shows_a_stray_brace_backslash_or_glued_macro() -> None:
    if not PAGES.is_dir():
        pytest.skip(f"the saved pages are not at {PAGES}")
    lines = {line for path in PAGES.glob("*.txt") for line in path.read_text("utf-8").splitlines()}
    assert len(lines) > 1000
    stray = [
        match.group()
        for line in sorted(lines)
        for match in re.finditer(
            rf".{{0,30}}(?:{LEFT_OVER.pattern}).{{0,30}}", SET.sub("", to_text(line))
        )
    ]
    assert stray == []
