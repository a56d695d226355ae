"""What all citation formats need to know of a paper."""

import re
from collections.abc import Sequence
from typing import Literal

from broadsheet.domain.paper import Paper
from broadsheet.text.identifiers import identifier_url
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import family_and_given
from broadsheet.text.titles import fold, normalise_title
from broadsheet.text.wordlists import words

Kind = Literal["article", "inproceedings", "preprint"]

_PREPRINT_VENUE = re.compile(r"\s*(?:arxiv|corr|biorxiv|medrxiv|preprint)\b", re.IGNORECASE)
_MEETING = re.compile(
    r"\b(?:proceedings|proc\.|conference|workshop|symposium|meeting|findings|congress)|"
    r"^[A-Z][A-Za-z*+/-]{1,12}(?: [A-Z][A-Za-z]+)?,? (?:19|20)\d\d$",
    re.IGNORECASE,
)
_JOURNAL = re.compile(
    r"\b(?:journal|transactions|trans\.|letters|lett\.|review|rev\.|magazine|annals|TMLR|JMLR|TACL|PNAS)",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:team|group|collaboration|consortium|inc|lab|labs|project)\b", re.I
)
_SMALL_WORDS = words(
    "a an the on of in at by for from to with and or is are as via be do does can how what why "
    "towards toward using into"
)


def one_line(text: str) -> str:
    """Readable text on one line."""
    return " ".join(to_text(text).split())


def kind_of(paper: Paper) -> Kind:
    """Journal article, paper at a meeting, or neither yet."""
    venue = one_line(paper.venue)
    if not venue or _PREPRINT_VENUE.match(venue):
        return "preprint"
    return "inproceedings" if _MEETING.search(venue) and not _JOURNAL.search(venue) else "article"


def is_organisation(name: str) -> bool:
    """Whether a printed author is a body, not a person."""
    return bool(_ORGANISATION.search(name))


def identifier(paper: Paper, scheme: str) -> str:
    """The paper's first identifier in ``scheme``, "" if it has none."""
    return next((each.value for each in paper.identifiers if each.scheme == scheme), "")


def address(paper: Paper) -> str:
    """The page that describes the paper, "" where none is known."""
    urls = (identifier_url(name) for name in paper.identifiers)
    return paper.url or next((url for url in urls if url), "")


def cite_key(paper: Paper) -> str:
    """Family name, year, first telling word of the title: ``vaswani2017attention``."""
    words = normalise_title(paper.title).split()
    telling = [word for word in words if word not in _SMALL_WORDS] or words
    family = family_and_given(paper.authors[0].name)[0] if paper.authors else ""
    parts = (
        re.sub(r"[^a-z0-9]", "", fold(family)) or "anonymous",
        str(paper.published.year) if paper.published else "",
        re.sub(r"[^a-z0-9]", "", telling[0]) if telling else "",
    )
    return "".join(parts)


def cite_keys(papers: Sequence[Paper]) -> list[str]:
    """A key for each paper, no two alike: the second of a kind gets a "b"."""
    used: dict[str, int] = {}
    used_keys: set[str] = set()
    keys: list[str] = []
    for paper in papers:
        stem = key = cite_key(paper)
        while key in used_keys:
            used[stem] = used.get(stem, 1) + 1
            number = used[stem]
            key = stem + (chr(ord("a") + number - 1) if number <= 26 else f"-{number}")
        used_keys.add(key)
        keys.append(key)
    return keys
