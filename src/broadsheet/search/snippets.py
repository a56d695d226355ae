"""What to show of a paper: its title and best sentences, with the words marked."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from broadsheet.domain.search import Fragment
from broadsheet.search.analysis import Token
from broadsheet.search.plan import Tokens
from broadsheet.text.sentences import split_sentences

LONGEST = 320
"""Characters of a snippet, without the marks of omission."""
_MOST_SENTENCES = 60
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks the words of one query. ``weights`` says how telling each term is."""

    tokens: Tokens
    find: Callable[[str, Collection[str]], list[Token]]
    """The words of a text that are among some terms; much faster than all of them."""
    weights: Mapping[str, float]
    phrases: Sequence[tuple[str, ...]] = ()
    single: frozenset[str] = frozenset()
    """Terms to be marked wherever they stand, not only inside a phrase."""

    def fragments(self, text: str) -> tuple[Fragment, ...]:
        """All of ``text``, cut where marking begins and ends."""
        return _cut(text, self._spans(text))

    def snippet(self, abstract: str) -> tuple[Fragment, ...]:
        """One or two sentences that hold the most telling words, else the first."""
        sentences = split_sentences(abstract)[:_MOST_SENTENCES]
        if not sentences:
            return ()
        found = self._terms(sentences)
        chosen = [max(range(len(sentences)), key=lambda at: (self._weight(found[at]), -at))]
        missing = [terms - found[chosen[0]] for terms in found]
        second = max(range(len(sentences)), key=lambda at: (self._weight(missing[at]), -at))
        room = LONGEST - len(sentences[chosen[0]])
        if self._weight(missing[second]) > 0 and len(sentences[second]) < room:
            chosen.append(second)
        elif len(chosen) == 1 and chosen[0] + 1 < len(sentences):
            following = chosen[0] + 1
            if len(sentences[following]) < room:
                chosen.append(following)
        return self._joined([sentences[at] for at in sorted(chosen)], sorted(chosen))

    def _joined(self, sentences: list[str], places: list[int]) -> tuple[Fragment, ...]:
        apart = len(places) == 2 and places[1] != places[0] + 1
        shown = [self._shortened(sentence) for sentence in sentences]
        return self.fragments((" … " if apart else " ").join(shown))

    def _shortened(self, sentence: str) -> str:
        """A long sentence cut to the stretch around its first marked word."""
        if len(sentence) <= LONGEST:
            return sentence
        spans = self._spans(sentence)
        middle = spans[0][0] if spans else 0
        start = max(0, min(middle - LONGEST // 4, len(sentence) - LONGEST))
        end = start + LONGEST
        if start:
            start = sentence.find(" ", start) + 1 or start
        if end < len(sentence):
            last = sentence.rfind(" ", start, end)
            end = last if last > start else end
        before = "… " if start else ""
        after = " …" if end < len(sentence) else ""
        return f"{before}{sentence[start:end]}{after}"

    def _terms(self, sentences: list[str]) -> list[set[str]]:
        """Of each sentence, which of the weighted terms it holds."""
        terms: list[set[str]] = [set() for _ in sentences]
        starts: list[int] = []
        at = 0
        for sentence in sentences:
            starts.append(at)
            at += len(sentence) + 1
        for token in self.find(" ".join(sentences), self.weights):
            terms[bisect_right(starts, token.start) - 1].add(token.text)
        return terms

    def _weight(self, terms: set[str]) -> float:
        return sum(self.weights[term] for term in terms)

    def _spans(self, text: str) -> list[Span]:
        """Stretches to mark, in order; those with only signs between are one."""
        spans: list[Span] = []
        for token in self._marked(text):
            # Between words that touch there is no other word, hence only signs.
            if spans and not text[spans[-1][1] : token.start].strip("-–‐ "):
                spans[-1] = (spans[-1][0], token.end)
            else:
                spans.append((token.start, token.end))
        return spans

    def _marked(self, text: str) -> list[Token]:
        """The words of ``text`` to mark, in order."""
        if not self.phrases:
            return self.find(text, self.single) if self.single else []
        tokens = self.tokens(text)
        marked = {at for at, token in enumerate(tokens) if token.text in self.single}
        for phrase in self.phrases:
            for start in range(len(tokens) - len(phrase) + 1):
                places = range(start, start + len(phrase))
                if all(tokens[at].text == word for at, word in zip(places, phrase, strict=True)):
                    marked.update(places)
        return [tokens[at] for at in sorted(marked)]


def _cut(text: str, spans: list[Span]) -> tuple[Fragment, ...]:
    fragments: list[Fragment] = []
    at = 0
    for start, end in spans:
        if start > at:
            fragments.append(Fragment(text[at:start]))
        fragments.append(Fragment(text[start:end], matched=True))
        at = end
    if at < len(text):
        fragments.append(Fragment(text[at:]))
    return tuple(fragments)
