"""The title and the best sentences of a paper, with the words of a query marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from broadsheet.domain.search import Fragment
from broadsheet.index.documents import ReadableText
from broadsheet.text import words
from broadsheet.text.analysis import Token

LONGEST = 320
"""Characters of a snippet, without the marks of omission."""
_UNITS = 1 << 20
"""Of a weight of 1."""
Span = tuple[int, int]


class _Stretch(NamedTuple):
    """A piece of a text that begins ``at`` a place of it, with the places to mark inside."""

    text: str
    at: int
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks the words of one query. ``weights`` says how telling each term is."""

    weights: Mapping[str, float]
    phrases: Sequence[tuple[str, ...]] = ()
    single: frozenset[str] = frozenset()
    """Terms to mark everywhere, not only inside a phrase."""

    def shown(
        self, texts: Sequence[ReadableText]
    ) -> list[tuple[tuple[Fragment, ...], tuple[Fragment, ...]]]:
        """Return for each paper the title, cut into fragments, and one or two sentences that
        have the most telling words, else the first."""
        titles, abstracts = [text.title for text in texts], [text.abstract for text in texts]
        matches = words.find_terms([*titles, *abstracts], self.weights)
        # Whole numbers, so that sentences with the same words weigh the same in any order.
        worth = {term: round(weight * _UNITS) for term, weight in self.weights.items()}
        return [
            (self._title(text.title, in_title), self._snippet(text, in_abstract, worth))
            for text, in_title, in_abstract in zip(
                texts, matches[: len(texts)], matches[len(texts) :], strict=True
            )
        ]

    def fragments(self, texts: Sequence[str]) -> list[tuple[Fragment, ...]]:
        """Return each whole text, cut into marked and unmarked fragments."""
        matches = words.find_terms(texts, self.weights)
        return [self._title(text, tokens) for text, tokens in zip(texts, matches, strict=True)]

    def _title(self, text: str, tokens: list[Token]) -> tuple[Fragment, ...]:
        if self.phrases:
            return _cut(text, self._in_phrases(text))
        return _cut(text, self._spans(tokens))

    def _snippet(
        self, text: ReadableText, tokens: list[Token], worth: Mapping[str, int]
    ) -> tuple[Fragment, ...]:
        starts = text.starts
        if len(starts) == 1:
            return ()
        weights = _weigh(starts, tokens, worth)
        first = weights.index(max(weights))
        held = {token[0] for token in _between(tokens, starts, first)}
        missing = _weigh(starts, [token for token in tokens if token[0] not in held], worth)
        best = missing.index(max(missing))
        room = LONGEST - len(text.sentence(first))
        chosen = [first]
        for second in (best if missing[best] else first + 1, first + 1):
            if second < len(starts) - 1 and len(text.sentence(second)) < room:
                chosen = sorted((first, second))
                break
        shown = _joined(
            [
                _shortened(
                    _Stretch(
                        text.sentence(at),
                        starts[at],
                        self._spans(_between(tokens, starts, at)),
                    )
                )
                for at in chosen
            ],
            " … " if chosen[-1] > chosen[0] + 1 else " ",
        )
        spans = self._in_phrases(shown.text) if self.phrases else shown.spans
        return _cut(shown.text, spans)

    def _spans(self, tokens: Sequence[Token]) -> list[Span]:
        """Return the places of the words that are marked everywhere."""
        single = self.single
        return [(start, end) for term, start, end in tokens if term in single]

    def _in_phrases(self, text: str) -> list[Span]:
        """Return the places of the words to mark, in order, if some are marked only in a phrase."""
        tokens = words.tokens(text)
        marked = {at for at, token in enumerate(tokens) if token.text in self.single}
        for phrase in self.phrases:
            for start in range(len(tokens) - len(phrase) + 1):
                places = range(start, start + len(phrase))
                if all(tokens[at].text == word for at, word in zip(places, phrase, strict=True)):
                    marked.update(places)
        return [(tokens[at].start, tokens[at].end) for at in sorted(marked)]


def _weigh(starts: Sequence[int], tokens: Sequence[Token], worth: Mapping[str, int]) -> list[int]:
    """What the different terms weigh together in each of the sentences that begin at ``starts``,
    of which the last ends the text; ``tokens`` are those of the sentences joined by spaces."""
    weights = [0] * (len(starts) - 1)
    number, until = 0, starts[1]
    seen: set[str] = set()
    for term, start, _ in tokens:
        while start >= until:
            number += 1
            until = starts[number + 1]
            seen.clear()
        if term not in seen:
            seen.add(term)
            weights[number] += worth[term]
    return weights


def _between(tokens: Sequence[Token], starts: Sequence[int], number: int) -> list[Token]:
    """The words of one of these sentences."""
    first, end = starts[number], starts[number + 1]
    return [token for token in tokens if first <= token[1] < end]


def _shortened(sentence: _Stretch) -> _Stretch:
    """A long sentence cut to the part around its first marked word."""
    text = sentence.text
    if len(text) <= LONGEST:
        return sentence
    middle = sentence.spans[0][0] - sentence.at if sentence.spans else 0
    start = max(0, min(middle - LONGEST // 4, len(text) - LONGEST))
    end = start + LONGEST
    if start:
        start = text.find(" ", start) + 1 or start
    if end < len(text):
        last = text.rfind(" ", start, end)
        end = last if last > start else end
    before = "… " if start else ""
    after = " …" if end < len(text) else ""
    first, last = sentence.at + start, sentence.at + end
    inside = [span for span in sentence.spans if first <= span[0] and span[1] <= last]
    return _Stretch(f"{before}{text[start:end]}{after}", first - len(before), inside)


def _joined(stretches: list[_Stretch], between: str) -> _Stretch:
    """Join stretches; places are moved to the joined text."""
    texts: list[str] = []
    spans: list[Span] = []
    length = 0
    for stretch in stretches:
        by = length - stretch.at
        spans += [(start + by, end + by) for start, end in stretch.spans]
        texts.append(stretch.text)
        length += len(stretch.text) + len(between)
    return _Stretch(between.join(texts), 0, spans)


def _merged(text: str, spans: Sequence[Span]) -> list[Span]:
    """Parts to mark, in order; those with only signs between are one."""
    merged: list[Span] = []
    for start, end in spans:
        # Between words that touch there is no other word, hence only signs.
        if merged and not text[merged[-1][1] : start].strip("-–‐ "):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _cut(text: str, spans: Sequence[Span]) -> tuple[Fragment, ...]:
    """Cut ``text`` at the beginnings and ends of spans."""
    fragments: list[Fragment] = []
    at = 0
    for start, end in _merged(text, spans):
        if start > at:
            fragments.append(Fragment(text[at:start]))
        fragments.append(Fragment(text[start:end], True))
        at = end
    if at < len(text):
        fragments.append(Fragment(text[at:]))
    return tuple(fragments)
