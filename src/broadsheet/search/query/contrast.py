"""Contrast in plain words: "without X", "not X", and "papers like ID but X".

The exclusion is only offered, as a query with -X: many titles say "without" of what they are
about. A likeness is read as ``like:ID`` if the library has the paper.
"""

from collections.abc import Callable, Sequence

from broadsheet.domain.query import Like, Not, Phrase, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.search.query.plan import PROSE
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.identifiers import parse_identifier

_LEFT_OUT = frozenset(["without", "not", "excluding", "except"])
_JOINING = frozenset(["but", "and", "although", "though", "for", "with", "using", "any", "only"])
"""Words around the contrast that mean nothing once it is read."""
_LONGEST_RUN = 3
_ALIKE = frozenset(["like", "to", "resembling"])
_BEFORE_ALIKE = frozenset(
    ["papers", "paper", "articles", "article", "work", "works", "more", "similar", "something"]
)
_PUNCTUATION = ".,;:!?"


def exclusion(query: Query) -> str:
    """Return the query with the words after "without" or "not" left out (-X); "" if it has none.

    >>> from broadsheet.search.query.parse import parse
    >>> exclusion(parse("training without weight decay").query)
    'training -"weight decay"'
    """
    parts = _parts(query)
    if sum(isinstance(part, Word) for part in parts) >= PROSE:
        return ""
    for at, part in enumerate(parts):
        if not (isinstance(part, Word) and part.text.lower() in _LEFT_OUT):
            continue
        before, rest = list(parts[:at]), list(parts[at + 1 :])
        while rest and _is_word(rest[0], _JOINING):
            rest.pop(0)
        run = _run(rest)
        if not run:
            continue
        while before and _is_word(before[-1], _JOINING):
            before.pop()
        text = " ".join(run)
        excluded = Not(Word(text) if len(run) == 1 else Phrase(text))
        after = rest[len(run) :]
        whole = (*before, *after, excluded)
        return str(SideBySide(whole) if len(whole) > 1 else excluded)
    return ""


def read_likeness(query: Query, is_known: Callable[[str], bool]) -> Query:
    """Return the query with "like ID" read as ``like:ID``, if ``is_known`` says there is the paper.

    >>> from broadsheet.search.query.parse import parse
    >>> str(read_likeness(parse("papers like 1703.06870 but medical").query, lambda name: True))
    'like:arxiv:1703.06870 medical'
    """
    parts = _parts(query)
    for at in range(1, len(parts)):
        part = parts[at]
        if not (isinstance(part, Word) and _is_word(parts[at - 1], _ALIKE)):
            continue
        identifier = parse_identifier(part.text.strip(_PUNCTUATION))
        if identifier is None or not is_known(str(identifier)):
            continue
        before, after = list(parts[: at - 1]), list(parts[at + 1 :])
        while before and _is_word(before[-1], _BEFORE_ALIKE):
            before.pop()
        while after and _is_word(after[0], _JOINING):
            after.pop(0)
        like = Like(str(identifier))
        return SideBySide((*before, like, *after)) if before or after else like
    return query


def _parts(query: Query) -> Sequence[Query]:
    return query.children if isinstance(query, SideBySide) else (query,)


def _is_word(part: Query, words: frozenset[str]) -> bool:
    return isinstance(part, Word) and part.text.lower().strip(_PUNCTUATION) in words


def _run(parts: Sequence[Query]) -> list[str]:
    """Return the words that belong together at the beginning of ``parts``."""
    run: list[str] = []
    for part in parts[:_LONGEST_RUN]:
        if not isinstance(part, Word):
            break
        word = part.text.strip(_PUNCTUATION)
        if word.lower() in STOP_WORDS or not word.replace("-", "").isalnum():
            break
        run.append(word)
        if word != part.text:
            break
    return run if len(run) < _LONGEST_RUN or len(parts) == len(run) else run[:2]
