"""The fields of a paper that all citation formats need."""

import re

from broadsheet.domain.paper import Paper
from broadsheet.text.identifiers import identifier_url
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import family_and_given, is_organisation, split_suffix
from broadsheet.text.titles import fold, normalise_title
from broadsheet.text.wordlists import words

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
_SMALL_WORDS = words(
    "a an the on of in at by for from to with and or is are as via be do does can how what why "
    "towards toward using into"
)


def one_line(text: str) -> str:
    """Readable text on one line."""
    return " ".join(to_text(text).split())


def type_of(paper: Paper) -> str:
    """One of ``domain.paper.TYPES``: as its sources say, else guessed from the venue."""
    if paper.publication.type:
        return paper.publication.type
    venue = one_line(paper.venue)
    if not venue or _PREPRINT_VENUE.match(venue):
        return "preprint"
    return "paper" if _MEETING.search(venue) and not _JOURNAL.search(venue) else "article"


def stands_alone(type_: str) -> bool:
    """Whether a work of this type is a volume of its own, not a part of one."""
    return type_ in ("book", "proceedings", "thesis", "report")


def institution(paper: Paper) -> str:
    """Where a thesis was defended or that issued a report."""
    return one_line(paper.publication.institution or paper.venue)


def container(paper: Paper) -> str:
    """The journal, book or proceedings; empty for a work that stands alone.

    The venue shown of a book is its series or publisher, which have fields of their own.
    """
    publication, venue = paper.publication, one_line(paper.venue)
    others = (publication.series, publication.publisher, publication.institution)
    if stands_alone(type_of(paper)) and venue in map(one_line, others):
        return ""
    return "" if type_of(paper) in ("thesis", "report") else venue


def name_parts(name: str) -> tuple[str, str, str]:
    """Family name, given names, suffix ("Jr."); of an organisation the whole name first."""
    name = one_line(name)
    if is_organisation(name) or "," in name or re.search(r"\band\b|&", name):
        return name, "", ""
    family, given_name = family_and_given(name)
    given_name, suffix = split_suffix(given_name)
    return family, given_name, suffix


def is_whole(name: str) -> bool:
    """Whether a name must not be parted: an organisation's, or one with commas."""
    return not name_parts(name)[1]


def identifier(paper: Paper, scheme: str) -> str:
    """The paper's first identifier in ``scheme``, "" if it has none."""
    return next((each.value for each in paper.identifiers if each.scheme == scheme), "")


def address(paper: Paper) -> str:
    """Return the address of the page that describes the paper, or ""."""
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


class CiteKeys:
    """Chooses a key for each paper of one file, no two alike: the second of a kind gets a "b"."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._used_keys: set[str] = set()

    def choose(self, paper: Paper) -> str:
        """Return the key of the next paper."""
        stem = key = cite_key(paper)
        while key in self._used_keys:
            self._used[stem] = number = self._used.get(stem, 1) + 1
            key = stem + (chr(ord("a") + number - 1) if number <= 26 else f"-{number}")
        self._used_keys.add(key)
        return key
