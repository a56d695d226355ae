"""Exported titles in documents that pdfLaTeX and LuaLaTeX compile."""

import re
import shutil
import subprocess
from pathlib import Path

import bibtexparser
import pytest
from test_export import paper

from broadsheet.domain.paper import Author
from broadsheet.export.formats import EXPORT_FORMATS
from broadsheet.export.tex import escape
from broadsheet.text.latex.plain_text import to_text

TITLES = {
    r"The $\ell_p$ norm": r"The $\ell_p$ norm",
    "The ℓ_p norm": r"The $\ell$\_p norm",
    r"On $\Sigma$-types in $O(n)$": r"On {$\Sigma$}-types in {$O(n)$}",
    r"Up to $\eps$, over $\RR^d$": r"Up to $\epsilon$, over {$\mathbb{R}^d$}",
    r"A set $\{x : \|x\| \leq 1\}$": r"{A} set $\lbrace x : \|x\| \leq 1\rbrace$",
    r"An $\argmax_x f$ of $\bm{x}$": r"An $\operatorname{argmax}_x f$ of $\boldsymbol{x}$",
    "PM₂.₅ and β-VAE": r"{PM$_{2}$.$_{5}$} and $\beta$-{VAE}",
    "Maps ℝ³ → ∂̄": r"Maps {$\mathbb{R}$}³ → $\bar{\partial}$",
    "Nguyễn & Ạ, 50% of C#": r"Nguy{\~{\^{e}}}n \& {\d{A}}, 50\% of {C}\#",
    "Gaı̈ffas, Vı́t, Uluc̣": r"Gaïffas, Vít, Ulu\d{c}",
    "𝐀 bold ﬁrst？": "A bold ﬁrst?",
    "Types Σ and σ at $5": r"Types {$\Sigma$} and $\sigma$ at \$5",
    "left\u200eright": "leftright",
    r"Undefined $\mymacro{x}$": None,
    r"Two scripts $a_b_c$ and $\tilde\mathcal{O}(n)$": None,
    r"Unbalanced $\left( x$ and $x & y$": None,
    "{Braces} ~ ^ \\ $5 million": None,
}
"""Title → what BibTeX gets; None: it only has to compile."""


@pytest.mark.parametrize("title", [title for title, expected in TITLES.items() if expected])
def test_titles_are_written_for_tex(title: str) -> None:
    library = bibtexparser.parse_string(EXPORT_FORMATS["bibtex"].render([paper(title=title)]))
    assert library.entries[0]["title"] == TITLES[title]


@pytest.mark.parametrize("text", ["ℓ₁₀ of Nguyễn", "β-VAE", "A ≤ B", "x⁻¹", "Łódź", "ℝ³", "ạ"])
def test_escaped_text_is_read_back(text: str) -> None:
    assert to_text(escape(text)) == text


@pytest.mark.parametrize("program", ["pdflatex", "lualatex"])
def test_a_bibliography_compiles(program: str, tmp_path: Path) -> None:
    if shutil.which(program) is None or shutil.which("bibtex") is None:
        pytest.skip(f"{program} is not installed: apt-get install texlive-latex-base")
    papers = [paper(title=title, authors=(Author("Nguyễn Văn Ạ"),)) for title in TITLES]
    (tmp_path / "papers.bib").write_text(EXPORT_FORMATS["bibtex"].render(papers), "utf-8")
    (tmp_path / "list.tex").write_text(
        r"""\documentclass{article}
        \usepackage[T1]{fontenc}
        \usepackage{amsmath,amssymb}
        \begin{document}\nocite{*}\bibliographystyle{plain}\bibliography{papers}\end{document}
        """
    )
    commands = ([program, "-interaction=nonstopmode", "list"], ["bibtex", "list"])
    for command in (*commands, commands[0]):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    log = (tmp_path / "list.log").read_text("utf-8", "replace")
    assert re.findall(r"^! .*", log, re.MULTILINE) == []
    assert run.returncode == 0
    assert r"$\Sigma$" in (tmp_path / "list.bbl").read_text("utf-8")
