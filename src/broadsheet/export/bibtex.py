"""Papers as BibTeX and BibLaTeX.

Written here and not by bibtexparser: its writer escapes nothing unless it turns
every letter beyond ASCII into a macro, and LaTeX reads the usual ones as Unicode.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from broadsheet.domain.paper import Author, Paper
from broadsheet.export.citation import (
    CiteKeys,
    address,
    container,
    identifier,
    institution,
    is_whole,
    name_parts,
    one_line,
    type_of,
)
from broadsheet.export.tex import escape, formula_for_tex
from broadsheet.text.latex.tokens import math_spans, tokens_of

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Styles set titles in lower case: words with a capital inside keep theirs.
_CAPITALS = re.compile(r"[^\s{}\\-]*[^\W\d_][^\s{}\\-]*[A-Z][^\s{}\\-]*|\b[A-Z]\b(?!')")
_FORMULA = re.compile(r"(?<!\\)\$[^$]+\$")
_ENTRY_TYPES = {
    "article": "article", "paper": "inproceedings", "chapter": "incollection", "book": "book",
    "proceedings": "proceedings", "thesis": "phdthesis", "report": "techreport",
    "preprint": "misc", "web page": "online", "dataset": "dataset", "software": "software",
    "patent": "patent", "presentation": "misc",
}  # fmt: skip
_CONTAINERS = {"article": "journal", "paper": "booktitle", "chapter": "booktitle"}
_WITHOUT_ENTRY_TYPE = ("preprint", "presentation")
"""Types that BibTeX has no entry type for: ``@misc`` with the field ``type``."""
_USUAL_GENRES = ("PhD thesis", "Technical report", "Master's thesis")


def iter_bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one entry a paper, parted by empty lines; keys are unique within the answer."""
    return _iter_entries(papers, _bibtex_type, lambda paper: _bibtex(paper) | _content(paper))


def iter_citation(papers: Iterable[Paper]) -> Iterator[str]:
    """Like ``iter_bibtex``, but with the fields of a printed bibliography only: no keywords, no
    abstract.
    """
    return _iter_entries(papers, _bibtex_type, _bibtex)


def iter_biblatex(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield entries for the LaTeX package biblatex (manual, 2.1 and 2.2): whole dates, its names
    of fields, and types of entries for theses, data sets, software and web pages."""
    return _iter_entries(papers, _biblatex_type, lambda paper: _biblatex(paper) | _content(paper))


def _iter_entries(
    papers: Iterable[Paper],
    type_of_entry: Callable[[Paper], str],
    fields_of: Callable[[Paper], dict[str, str]],
) -> Iterator[str]:
    keys = CiteKeys()
    for number, paper in enumerate(papers):
        lines = [f"  {name} = {value}," for name, value in fields_of(paper).items()]
        head = f"@{type_of_entry(paper)}{{{keys.choose(paper)},"
        yield "\n".join(("\n" + head if number else head, *lines, "}", ""))


def _braced(fields: dict[str, str]) -> dict[str, str]:
    return {name: f"{{{value}}}" for name, value in fields.items() if value}


def _bibtex(paper: Paper) -> dict[str, str]:
    """Fields with their delimiters: months are macros, so that styles name them."""
    fields, published = _braced(_citation(paper)), paper.published
    if published and published.month:
        fields["month"] = _MONTHS[published.month - 1]
    if published and published.day:
        fields["day"] = f"{{{published.day}}}"
    return fields


_BIBLATEX_NAMES = {
    "journal": "journaltitle",
    "address": "location",
    "school": "institution",
    "archivePrefix": "eprinttype",
    "primaryClass": "eprintclass",
}


def _biblatex(paper: Paper) -> dict[str, str]:
    fields = _citation(paper)
    fields.pop("year")
    if fields.get("archivePrefix"):
        fields["archivePrefix"] = "arxiv"
    type_, genre = type_of(paper), paper.publication.genre
    if type_ in ("thesis", "report"):
        # The localisation keys of biblatex, which it prints in the document's language.
        keys = {"thesis": ("phdthesis", "mathesis"), "report": ("techreport", "techreport")}
        fields["type"] = (
            keys[type_][genre.lower().startswith("master")]
            if not genre or genre in _USUAL_GENRES
            else escape(one_line(genre))
        )
    renamed = {_BIBLATEX_NAMES.get(name, name): value for name, value in fields.items()}
    renamed["date"] = str(paper.published) if paper.published else ""
    return _braced(renamed)


_BIBLATEX_TYPES = {"thesis": "thesis", "report": "report"}


def _biblatex_type(paper: Paper) -> str:
    type_ = type_of(paper)
    return _BIBLATEX_TYPES.get(type_, _ENTRY_TYPES[type_])


def _citation(paper: Paper) -> dict[str, str]:
    type_, publication = type_of(paper), paper.publication
    fields = {
        "title": _with_formulas(paper.title, _with_capitals, keep_case=True),
        "author": _names(paper.authors),
        "editor": _names(publication.editors),
        _CONTAINERS.get(type_, "howpublished"): escape(container(paper)),
        "year": str(paper.published.year) if paper.published else "",
        "series": escape(one_line(publication.series)),
        "volume": escape(one_line(publication.volume)),
        "number": escape(one_line(publication.number)),
        "pages": escape(one_line(publication.pages)).replace("–", "--"),
        "edition": escape(one_line(publication.edition)),
        "publisher": escape(one_line(publication.publisher)),
        "address": escape(one_line(publication.place)),
        "isbn": escape(one_line(publication.isbn)),
        "issn": escape(one_line(publication.issn)),
        "eprint": identifier(paper, "arxiv"),
        "doi": _bare(identifier(paper, "doi")),
        "pmid": identifier(paper, "pmid"),
        "url": _bare(address(paper)),
    }
    if type_ == "thesis":
        fields["school"] = escape(institution(paper))
    elif type_ == "report" or publication.institution:
        fields["institution"] = escape(institution(paper))
    if publication.type in _WITHOUT_ENTRY_TYPE and not publication.genre:
        fields["type"] = publication.type
    elif publication.genre and publication.genre not in _USUAL_GENRES:
        fields["type"] = escape(one_line(publication.genre))
    if fields["eprint"]:
        fields["archivePrefix"] = "arXiv"
        if "/" not in fields["eprint"] and paper.categories:
            fields["primaryClass"] = escape(paper.categories[0])
    return fields


def _bare(text: str) -> str:
    """An address or DOI as styles expect it: without escapes, so without braces."""
    return re.sub(r"[\s{}\\]", "", text)


def _content(paper: Paper) -> dict[str, str]:
    return _braced(
        {
            "keywords": escape(", ".join(one_line(word) for word in paper.keywords)),
            "abstract": _with_formulas(paper.abstract, escape),
        }
    )


def _bibtex_type(paper: Paper) -> str:
    if type_of(paper) == "thesis" and paper.publication.genre.lower().startswith("master"):
        return "mastersthesis"
    return _ENTRY_TYPES[type_of(paper)]


def _with_formulas(text: str, write: Callable[[str], str], keep_case: bool = False) -> str:
    """``text`` as BibTeX: formulas stay LaTeX, all else is readable text that ``write`` escapes.

    ``keep_case`` protects capitals of formulas from styles that set titles in lower case: BibTeX
    would make ``\\sigma`` of ``\\Sigma``.
    """
    tokens = tokens_of(" ".join(text.split()))
    pieces: list[str] = []
    plain: list[str] = []
    spans = math_spans(tokens)
    index = 0
    while index < len(tokens):
        close = spans.get(index)
        formula = formula_for_tex(tokens[index + 1 : close]) if close is not None else None
        if close is not None and formula is not None:
            formula = _keep_case(formula) if keep_case else formula
            pieces += (_spaced(plain, write), formula)
            plain = []
            index = close + 1
        else:
            plain.append(tokens[index])
            index += 1
    return "".join((*pieces, _spaced(plain, write)))


def _spaced(plain: list[str], write: Callable[[str], str]) -> str:
    """Readable text, with the spaces that part it from the formulas around it."""
    source = "".join(plain)
    text = one_line(source)
    if not text:
        return " " if source else ""
    before, after = source[:1].isspace(), source[-1:].isspace()
    return f"{' ' * before}{write(text)}{' ' * after}"


def _with_capitals(title: str) -> str:
    """A title whose capitals styles keep."""
    pieces: list[str] = []
    last = 0
    for match in _CAPITALS.finditer(title):
        pieces += (_with_signs(title[last : match.start()]), f"{{{escape(match.group())}}}")
        last = match.end()
    return "".join((*pieces, _with_signs(title[last:])))


def _with_signs(text: str) -> str:
    """Text whose signs, which become formulas, keep their case."""
    return _FORMULA.sub(lambda match: _keep_case(match.group()), escape(text))


def _keep_case(formula: str) -> str:
    return f"{{{formula}}}" if any(map(str.isupper, formula)) else formula


def _names(authors: Sequence[Author]) -> str:
    return " and ".join(filter(None, (_name(author.name) for author in authors)))


def _name(name: str) -> str:
    family, given_name, suffix = (escape(part) for part in name_parts(name))
    if is_whole(name):
        return f"{{{family}}}" if " " in family else family
    return ", ".join(filter(None, (family, suffix, given_name)))
