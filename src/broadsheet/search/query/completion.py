"""Complete the text that a reader types: words, names and titles, the most frequent first."""

import re
from collections.abc import Sequence
from typing import Literal

from broadsheet.domain.ports import PaperReader
from broadsheet.domain.query import Field, FieldName
from broadsheet.domain.search import Completion
from broadsheet.index.port import CompletionRequest, IndexSnapshot, IndexStore
from broadsheet.text import words
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.titles import normalise_title

_SHORTEST_WORD, _SHORTEST_NAME, _SHORTEST_TITLE = 2, 3, 6
"""Letters that must be there before a word, a name or a title is completed: with fewer
there is too much to choose from."""
_FORMS = 4
"""Forms of a word ("diffusive", "diffusion", "diffusions") read for each that is offered: one a stem."""
_CHECKED = 4
"""Titles checked for each result."""
_WORDS_OF_BEGINNING = 3
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_NAMED = re.compile(r'(?:^|\s)(author|cat|venue):"?([^"]*)\Z')
NameKind = Literal["author", "category", "venue"]
_FIELDS: dict[NameKind, FieldName] = {"author": "author", "category": "cat", "venue": "venue"}
_KINDS: dict[str, NameKind] = {field: kind for kind, field in _FIELDS.items()}


class Completer:
    """Complete the text in the search box. Thread-safe."""

    def __init__(self, index: IndexStore, papers: PaperReader) -> None:
        self._index = index
        self._papers = papers

    def complete(self, text: str, limit: int) -> tuple[Completion, ...]:
        """Return at most ``limit``: words, then names, then titles, the most frequent first.

        Titles that begin with the words typed so far, three at least, come before all others.
        Names come first if several words were typed: a name that begins with all of them is
        surer than a word that completes the last. After ``author:``, ``cat:`` or ``venue:``
        only names of that kind.
        """
        snapshot = self._index.snapshot()
        text = text.lstrip()
        field = _NAMED.search(text)
        if field:
            before = text[: field.start(1)]
            kind = _KINDS[field[1]]
            return _complete_names(snapshot, field[2], limit, [kind], 1, before)
        titles = self._titles(snapshot, text, limit // 4)
        names = _complete_names(snapshot, text, limit // 4, list(_FIELDS), _SHORTEST_NAME)
        last_words = _complete_word(snapshot, text, limit - len(titles) - len(names))
        several = len(text.split()) > 1
        first = (*names, *last_words) if several else (*last_words, *names)
        begun = [title for title in titles if _begins(title.text, text)]
        others = [title for title in titles if title not in begun]
        return (*begun, *first[: limit - len(titles)], *others)

    def _titles(self, snapshot: IndexSnapshot, text: str, limit: int) -> list[Completion]:
        """Return papers whose titles have these words in this order, the last maybe cut off."""
        if len(text) < _SHORTEST_TITLE or '"' in text or ":" in text:
            return []
        keys = snapshot.find_titles(text, _CHECKED * limit)
        typed = normalise_title(text)
        completions = [
            Completion(to_text(paper.title), "title", 1, str(Field("id", paper.id)))
            for paper in self._papers.get_many(keys.tolist()).values()
            if typed in normalise_title(paper.title)
        ]
        return completions[:limit]


def _begins(title: str, typed: str) -> bool:
    normalised = normalise_title(typed)
    return len(normalised.split()) >= _WORDS_OF_BEGINNING and normalise_title(title).startswith(
        normalised
    )


def _complete_word(snapshot: IndexSnapshot, text: str, limit: int) -> list[Completion]:
    """Complete the last word."""
    last = _LAST_WORD.search(text)
    if last is None or len(last[0]) < _SHORTEST_WORD or limit <= 0:
        return []
    typed = last[0].lower()
    (answer,) = snapshot.complete([CompletionRequest("word", typed, _FORMS * limit + 1)])
    usual: dict[str, tuple[str, int]] = {}
    for word, papers in answer:
        if word != typed:
            usual.setdefault(" ".join(words.terms(word)), (word, papers))
    longer = list(usual.values())[:limit]
    texts = [(text[: last.start()] + word, papers) for word, papers in longer]
    return [Completion(whole, "word", papers, whole) for whole, papers in texts]


def _complete_names(
    snapshot: IndexSnapshot,
    typed: str,
    limit: int,
    kinds: Sequence[NameKind],
    shortest: int,
    before: str = "",
) -> tuple[Completion, ...]:
    """Complete names of some kinds; ``before`` is the text before the field name."""
    if len(typed.strip()) < shortest or limit <= 0:
        return ()
    answers = snapshot.complete([CompletionRequest(kind, typed, limit) for kind in kinds])
    names = [
        (papers, name, kind)
        for kind, counted in zip(kinds, answers, strict=True)
        for name, papers in counted
    ]
    names.sort(key=lambda entry: (-entry[0], entry[1]))
    return tuple(
        Completion(name, kind, papers, f"{before}{Field(_FIELDS[kind], name)}")
        for papers, name, kind in names[:limit]
    )
