"""Papers as BibTeX.

Written here and not by bibtexparser: its writer escapes nothing unless it turns
every letter beyond ASCII into a macro, and current BibTeX styles read Unicode.
"""

import re
from collections.abc import Callable, Sequence

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import (
    address,
    cite_keys,
    identifier,
    is_organisation,
    kind_of,
    one_line,
)
from broadsheet.text.names import family_and_given

_ESCAPES = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%#_$"},
        "{": r"\{",
        "}": r"\}",
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Styles set titles in lower case: words with a capital inside keep theirs.
_CAPITALS = re.compile(r"[^\s{}\\-]*[^\W\d_][^\s{}\\-]*[A-Z][^\s{}\\-]*|\b[A-Z]\b(?!')")
_ENTRY_TYPES = {"article": "article", "inproceedings": "inproceedings", "preprint": "misc"}
_VENUE_FIELDS = {"article": "journal", "inproceedings": "booktitle"}


def render_bibtex(papers: Sequence[Paper]) -> str:
    """One entry a paper, parted by empty lines; keys are unique within the answer."""
    return _render(papers, lambda paper: {**_citation(paper), **_content(paper)})


def render_citation(papers: Sequence[Paper]) -> str:
    """As ``render_bibtex``, but only what a bibliography prints: no keywords, no abstract."""
    return _render(papers, _citation)


def escape(text: str) -> str:
    """``text`` for a braced BibTeX field: TeX's special characters as macros, Unicode kept."""
    # A brace escaped by a backslash still counts for BibTeX; a macro does not.
    return (
        text.translate(_ESCAPES)
        .replace(r"\{", r"\textbraceleft{}")
        .replace(r"\}", r"\textbraceright{}")
    )


def _render(papers: Sequence[Paper], fields: Callable[[Paper], dict[str, str]]) -> str:
    return "\n".join(
        _entry(paper, key, fields(paper))
        for paper, key in zip(papers, cite_keys(papers), strict=True)
    )


def _citation(paper: Paper) -> dict[str, str]:
    fields = {
        "title": _title(paper),
        "author": " and ".join(_author(author.name) for author in paper.authors),
        _VENUE_FIELDS.get(kind_of(paper), "howpublished"): escape(one_line(paper.venue)),
        "year": str(paper.published.year) if paper.published else "",
        "eprint": identifier(paper, "arxiv"),
        "doi": identifier(paper, "doi"),
        "url": re.sub(r"[\s{}\\]", "", address(paper)),
    }
    if fields["eprint"]:
        fields["archivePrefix"] = "arXiv"
        if "/" not in fields["eprint"] and paper.categories:
            fields["primaryClass"] = escape(paper.categories[0])
    return fields


def _content(paper: Paper) -> dict[str, str]:
    return {
        "keywords": escape(", ".join(one_line(word) for word in paper.keywords)),
        "abstract": escape(one_line(paper.abstract)),
    }


def _entry(paper: Paper, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    if paper.published and paper.published.month:
        lines.append(f"  month = {_MONTHS[paper.published.month - 1]},")
    return "\n".join((f"@{_ENTRY_TYPES[kind_of(paper)]}{{{key},", *lines, "}", ""))


def _title(paper: Paper) -> str:
    title = one_line(paper.title)
    pieces: list[str] = []
    last = 0
    for match in _CAPITALS.finditer(title):
        pieces += (escape(title[last : match.start()]), f"{{{escape(match.group())}}}")
        last = match.end()
    return "".join((*pieces, escape(title[last:])))


def _author(name: str) -> str:
    name = one_line(name)
    if is_organisation(name):
        return f"{{{escape(name)}}}"
    family, given_name = family_and_given(name)
    if "," in family + given_name or re.search(r"\band\b", name):
        return f"{{{escape(name)}}}"
    return f"{escape(family)}, {escape(given_name)}" if given_name else escape(family)
