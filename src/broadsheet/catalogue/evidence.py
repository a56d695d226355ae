"""Evidence for and against two accounts being one work. Pure.

An identifier or a title that two records share speaks for one work; what the rest of them
says may speak against it. When in doubt two papers stay two: readers can live with a paper
listed twice, but a paper that vanished into another cannot be found.

For a shared title (``same_work``)
    the first author agrees, or most words of the abstract, or volume and first page.
Against it
    another volume, issue, first page or year: of a formal publication one such
    contradiction is enough, unless the abstracts are one text; a preprint may be some
    years older than its journal version. Abstracts without common words.
For a shared identifier (``names_two_works``)
    a title that agrees, the first author, the abstract.
Against it
    titles that share few words, or that number parts differently, with other authors or
    pages: chapters carry their book's DOI, and DOIs are copied into other entries.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Work
from broadsheet.text.titles import fold, names_match, normalise_title

OVERLAP = 0.6
"""Share of the shorter abstract's words that makes two abstracts one text."""
SAME_TEXT = 0.9
_OTHER_TEXT = 0.15
"""Share below which two abstracts tell of different things."""
_COMPARABLE_WORDS = 20
"""Abstracts with fewer different words are not compared."""
_SAME_TITLE = 0.5
"""Jaccard overlap of words by which two titles may be one."""
_OTHER_TITLE = 0.2
_YEARS_TO_PRINT = 5
"""A preprint appears at most this many years before its journal version."""

_GENERIC = frozenset(
    {
        "letter to the editor", "letters to the editor", "guest editors introduction",
        "table of contents", "message from the chairs", "introduction to the special issue",
        "note from the editor", "from the editor", "call for papers", "list of reviewers",
        "report of the board", "in this issue", "from the president", "book reviews and notices",
        "message from the program chairs", "message from the general chair",
        "notes and comments", "list of contributors", "notes on contributors",
        "correction to", "author index", "subject index", "front matter", "back matter",
    }
)  # fmt: skip
"""Titles of more than ``_GENERIC_WORDS`` words that still name no work."""
_GENERIC_WORDS = 2
"""A title of no more words than this ("Editorial", "Book review") says too little by itself."""

_WORD = re.compile(r"[^\W_]{4,}")
_NUMERAL = re.compile(r"\d+|(?:x{0,3})(?:ix|iv|v?i{1,3}|v|x)", re.IGNORECASE)
_PART_WORDS = frozenset(
    ("part", "parts", "paper", "vol", "volume", "no", "number", "chapter", "section", "and", "the")
)
_FIRST_PAGE = re.compile(r"\s*([A-Za-z]{0,3})0*(\d+)")
_DIGITS = re.compile(r"\d+")
_SURE = frozenset(("arxiv", "acl", "openreview", "pmid", "pmcid", "dblp"))
"""Schemes in which a catalogue itself gives the names: copied by mistake far less often."""


def is_generic(normalised: str) -> bool:
    """Whether a normalised title says too little to name a work."""
    return normalised in _GENERIC or normalised.count(" ") < _GENERIC_WORDS


def location(work: Work) -> str:
    """Where a work stands in print: year, volume, issue and first page; "" if unknown."""
    publication = work.publication
    page = _first_page(publication.pages)
    if not (publication.volume or page):
        return ""
    year = str(work.published.year) if work.published else ""
    return "|".join((year, _digits(publication.volume), _digits(publication.number), page))


def same_work(a: Work, b: Work, normalised: str) -> bool:
    """Whether two accounts of equal normalised title are one work."""
    author, overlap = _same_first_author(a, b), abstract_overlap(a, b)
    if overlap is not None and overlap < _OTHER_TEXT:
        return False
    against = _contradictions(a, b)
    if len(against) > 1:
        return author is True and overlap is not None and overlap >= SAME_TEXT
    if against and not (overlap is not None and overlap >= OVERLAP):
        return False
    if author is not False and _same_place(a, b):
        return True
    if is_generic(normalised):
        enough = SAME_TEXT if author is not True else OVERLAP
        return overlap is not None and overlap >= enough
    return author is True or (overlap is not None and overlap >= OVERLAP)


def names_two_works(a: Work, b: Work, shared: Identifier) -> bool:
    """Whether two accounts that share an identifier tell of two works all the same."""
    if not a.title or not b.title or (a.title == b.title and a.authors == b.authors):
        return False
    overlap = abstract_overlap(a, b)
    if overlap is not None and overlap >= OVERLAP:
        return False
    author, against = _share_author(a, b), _contradictions(a, b)
    words, numbered = _compare_titles(a.title, b.title)
    if shared.scheme in _SURE:
        return author is False and words < _OTHER_TITLE
    if words >= _SAME_TITLE:
        if numbered:
            return True
        return "volume" in against and (len(against) > 1 or author is False)
    if author is True:
        return words < _OTHER_TITLE and bool(against)
    if author is None:
        return bool(against) or _are_whole_and_part(a, b)
    return True


_WHOLES = ("book", "proceedings")
_PARTS = ("chapter", "paper")


def _are_whole_and_part(a: Work, b: Work) -> bool:
    """Whether one is a volume and the other stands in such a volume."""
    types = a.publication.type, b.publication.type
    return any(each in _WHOLES for each in types) and any(each in _PARTS for each in types)


def abstract_overlap(a: Work, b: Work) -> float | None:
    """Share of the shorter's words that the longer has; None for too few words."""
    if not a.abstract or not b.abstract:
        return None
    left, right = abstract_words(a.abstract), abstract_words(b.abstract)
    fewer = min(len(left), len(right))
    return len(left & right) / fewer if fewer >= _COMPARABLE_WORDS else None


@lru_cache(maxsize=4096)
def abstract_words(abstract: str) -> frozenset[str]:
    """Words of four letters and more, folded."""
    return frozenset(_WORD.findall(fold(abstract)))


def _same_first_author(a: Work, b: Work) -> bool | None:
    """None if one has no authors."""
    if not a.authors or not b.authors:
        return None
    return names_match(a.authors[0].name, b.authors[0].name)


def _share_author(a: Work, b: Work) -> bool | None:
    """Whether the first author of one is among the first ten of the other."""
    if not a.authors or not b.authors:
        return None
    return any(names_match(a.authors[0].name, each.name) for each in b.authors[:10]) or any(
        names_match(b.authors[0].name, each.name) for each in a.authors[:10]
    )


def _compare_titles(a: str, b: str) -> tuple[float, bool]:
    """Overlap of words (1 if one title continues the other), and whether numbers differ."""
    left, right = normalise_title(a).split(), normalise_title(b).split()
    if not left or not right:
        return 0.0, False
    first, second = Counter(left), Counter(right)
    only_first, only_second = first - second, second - first
    numbered = (_has_numeral(only_first) and _has_numeral(only_second)) or _is_number_of_part(
        only_first + only_second
    )
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) >= 3 and longer[: len(shorter)] == shorter:
        return 1.0, numbered
    return len(first.keys() & second.keys()) / len(first.keys() | second.keys()), numbered


def _has_numeral(words: Iterable[str]) -> bool:
    return any(_NUMERAL.fullmatch(word) for word in words)


def _is_number_of_part(words: Collection[str]) -> bool:
    """Whether two titles differ in nothing but "Part II" or the like."""
    return _has_numeral(words) and all(
        word in _PART_WORDS or _NUMERAL.fullmatch(word) for word in words
    )


def _contradictions(a: Work, b: Work) -> set[str]:
    """What two accounts of a formal publication say differently of where it stands."""
    ours, theirs = a.publication, b.publication
    against = set()
    if _differ(_digits(ours.volume), _digits(theirs.volume)):
        against.add("volume")
    if _differ(_digits(ours.number), _digits(theirs.number)):
        against.add("number")
    if _differ(_first_page(ours.pages), _first_page(theirs.pages)):
        against.add("pages")
    if a.published and b.published:
        years = abs(a.published.year - b.published.year)
        formal = all(each.volume or each.pages for each in (ours, theirs))
        same_venue = bool(a.venue) and fold(a.venue) == fold(b.venue)
        if years > (0 if against else 1 if formal and same_venue else _YEARS_TO_PRINT):
            against.add("year")
    return against


def _same_place(a: Work, b: Work) -> bool:
    """Whether both stand in the same volume on the same page."""
    ours, theirs = a.publication, b.publication
    page = _first_page(ours.pages)
    volume = _digits(ours.volume)
    return bool(page and volume) and (page, volume) == (
        _first_page(theirs.pages), _digits(theirs.volume),
    )  # fmt: skip


def _differ(a: str, b: str) -> bool:
    return bool(a) and bool(b) and a != b


def _digits(text: str) -> str:
    """The number in "Vol. 12" or "12A"; "" if there is none."""
    match = _DIGITS.search(text)
    return match.group().lstrip("0") or "0" if match else ""


def _first_page(pages: str) -> str:
    """ "S12" of "S12–S19"; "" of an article's number, which says nothing against pages."""
    if "–" not in pages and not pages.isdecimal():
        return ""
    match = _FIRST_PAGE.match(pages)
    return match.group(1).lower() + match.group(2) if match else ""
