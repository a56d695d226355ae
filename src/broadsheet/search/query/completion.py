"""What a reader may be about to type: words, names and titles, the most frequent first."""

import re
from collections.abc import Callable

from broadsheet.domain.ports import PaperReader
from broadsheet.domain.query import Field, FieldName
from broadsheet.domain.search import Completion, CompletionKind
from broadsheet.index.port import WordIndex
from broadsheet.text.titles import normalise_title

_SHORTEST_WORD, _SHORTEST_NAME, _SHORTEST_TITLE = 2, 3, 6
"""Letters that must be there before a word, a name or a title is completed: with fewer
there is too much to choose from."""
_LOOKED_AT = 4
"""Titles looked at for each that is wanted."""
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_NAMED = re.compile(r'(?:^|\s)(author|cat|venue):"?([^"]*)\Z')
_FIELDS: dict[CompletionKind, FieldName] = {"author": "author", "category": "cat", "venue": "venue"}
_KINDS: dict[str, CompletionKind] = {field: kind for kind, field in _FIELDS.items()}


class Completer:
    """Completes what is typed into the search box. Thread-safe."""

    def __init__(self, words: WordIndex, papers: PaperReader, clean: Callable[[str], str]) -> None:
        self._words = words
        self._papers = papers
        self._clean = clean

    def complete(self, text: str, limit: int) -> tuple[Completion, ...]:
        """At most ``limit``: words, then names, then titles, each the most frequent first.

        A name that begins with several words, all of them typed, is surer than any word
        that completes the last of them, and comes first. After ``author:``, ``cat:`` or ``venue:`` only names of that kind.
        """
        text = text.lstrip()
        named = _NAMED.search(text)
        if named:
            before = text[: named.start(1)]
            return self._names(named[2], limit, _KINDS[named[1]], before)
        titles = self._titles(text, limit // 4)
        names = self._names(text, limit // 4)
        words = self._completed(text, limit - len(titles) - len(names))
        several = len(text.split()) > 1
        return ((*names, *words) if several else (*words, *names))[: limit - len(titles)] + tuple(
            titles
        )

    def _completed(self, text: str, limit: int) -> list[Completion]:
        """The last word, completed."""
        last = _LAST_WORD.search(text)
        if last is None or len(last[0]) < _SHORTEST_WORD or limit <= 0:
            return []
        typed = last[0].lower()
        found = [
            (word, papers)
            for word, papers in self._words.spellings(typed, limit + 1)
            if word != typed
        ]
        texts = [(text[: last.start()] + word, papers) for word, papers in found[:limit]]
        return [Completion(whole, "word", papers, whole) for whole, papers in texts]

    def _names(
        self, typed: str, limit: int, kind: CompletionKind | None = None, before: str = ""
    ) -> tuple[Completion, ...]:
        if len(typed.strip()) < (1 if kind else _SHORTEST_NAME) or limit <= 0:
            return ()
        kinds = [kind] if kind else list(_FIELDS)
        found = [
            (papers, name, of)
            for of in kinds
            for name, papers in self._words.names(of, typed, limit)
        ]
        found.sort(key=lambda entry: (-entry[0], entry[1]))
        return tuple(
            Completion(name, of, papers, f"{before}{Field(_FIELDS[of], name)}")
            for papers, name, of in found[:limit]
        )

    def _titles(self, text: str, limit: int) -> list[Completion]:
        """Papers whose titles hold these words in this order, the last maybe cut off."""
        if len(text) < _SHORTEST_TITLE or '"' in text or ":" in text:
            return []
        papers = self._papers.get_many(self._words.titled(text, _LOOKED_AT * limit).tolist())
        typed = normalise_title(text)
        found = [
            Completion(self._clean(paper.title), "title", 1, str(Field("id", paper.id)))
            for paper in papers.values()
            if typed in normalise_title(paper.title)
        ]
        return found[:limit]
