"""Mistyped words of a query and what they were meant to be, judged by the library itself.

A word is probably mistyped if a word near it is far more frequent, whether or not papers hold the
typed one: papers have misprints too.

    odds = frequency of the other word × chance of the slip / frequency of the typed word

Frequencies  papers of the library, and as if from ``PRIOR_PAPERS`` more the place of the word in the
             shipped vocabulary, which is ordered by frequency (Zipf). From the papers with the
             typed word those are taken off that hold it as a misprint of the other one.
Context      phrases of either word with its neighbours in the query, counted in the library.
Guarded      short words, words of the vocabulary, and people's names may be meant as typed. They are
             replaced only if the library has the phrase with the other word and not with theirs,
             or if that makes the query a title.
Left alone   what is required (phrases, fields), excluded, or not all in letters; acronyms and
             other words with capitals inside; words of other languages; and the whole query
             if it is the beginning of a title as typed.

Evidence: docs/decisions/0051.
"""

import math
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broadsheet.domain.query import And, Field, Not, Or, Phrase, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.index.port import IndexSnapshot, Selection
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.slips import is_other_form, slip_cost
from broadsheet.search.query.spelled_words import SpellingDictionary
from broadsheet.text import words
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.languages import (
    TELLING,
    ends_as_foreign,
    find_language,
    has_foreign_ending,
)

MOST_WORDS = 4
"""Words corrected in one query: each costs some milliseconds in a large library."""
LONGEST_QUERY = 40
"""Words; a longer query is a text, which is clear enough with its misprints."""
LONGEST_WORD = 45
"""Letters; the neighbours of a longer word are not looked for: their number grows with its square."""
SHORTEST, SURE_LENGTH, TWO_SLIPS = 3, 4, 7
"""Letters of a word that is corrected at all, that is not guarded, that may have two slips."""
COMMON_RANK = 25_000
"""Place in the shipped vocabulary up to which it has true words; beyond come misprints."""
PRIOR_PAPERS = 10_000
_PAPERS_OF_FIRST = 17
"""Times ``PRIOR_PAPERS``: papers with a word, times its place in the vocabulary."""
UNKNOWN = 0.05
"""Papers that a word counts as if nobody has it."""
MISPRINTS = 0.01
"""Slips that stay in print, for each paper with the meant word."""
SURE, LIKELY, GUARDED_SURE, GUARDED_LIKELY = 2.3, 0.0, 6.0, 3.0
"""Logarithms of odds from which on a word is replaced, or the other one offered."""
_MOST_CONTEXT, _LEAST_CONTEXT = 4.0, -2.0
_MOST_STOP_WORDS = 1.5
"""Of the context, what phrases with stop words ("and solutions") add at most."""
_FEWEST_PHRASES = 3
_FEW = 2
"""Papers with a word, more than misprints explain, from which on it is guarded."""
_TITLE = 3
"""Words of a query from which on it may be a title."""
_RAREST = 10
_RARE, _RARE_KNOWN = 2_000, 500
"""A word in less than one of so many papers is looked at, if the vocabulary has it not, or has it."""
_CHOICES = 6
_FOREIGN = 0.3
"""Of the papers with a word, those with a name or a text in another language, for it to be so too."""
_LETTERS = re.compile(r"[^\W\d_]+")
_PLAIN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SHIFTED = re.compile(r"[A-Za-z][A-Z][a-z]{3,}")
_PUNCTUATION = ".,;:!?'`*_…‘’"


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the query and the probably meant one, in the letter case of the typed one."""

    typed: str
    better: str
    sure: bool
    """False: it is offered, and the query is searched as typed."""


@dataclass(frozen=True, slots=True)
class CorrectedQuery:
    """A query with its mistyped words replaced; ``corrections`` may be empty."""

    query: Query
    corrections: tuple[Correction, ...] = ()
    suggestion: str = ""
    """The query with words replaced that are only likely mistyped; "" if there are none."""


class Corrector:
    """Correct queries to one library. Thread-safe; remembers the words of titles for a snapshot."""

    def __init__(self) -> None:
        self._spellings = SpellingDictionary()

    def correct(
        self, query: Query, snapshot: IndexSnapshot, frequencies: Frequencies
    ) -> CorrectedQuery:
        """Return the query with probably mistyped words replaced."""
        run = _typed_words(query)
        if not run or len(run) > LONGEST_QUERY or max(map(len, run)) > LONGEST_WORD:
            return CorrectedQuery(query)
        reader = _Reader(snapshot, frequencies, self._spellings, run)
        doubtful = reader.find_doubtful()
        if not doubtful:
            return CorrectedQuery(query)
        if find_language(" ".join(run)):
            return CorrectedQuery(query)
        found = reader.judge(doubtful)
        corrections = tuple(_settle(found, run, snapshot))
        sure = {each.typed: each.better for each in corrections if each.sure}
        likely = {each.typed: each.better for each in corrections}
        offered = str(replace_words(query, likely)) if len(sure) < len(likely) else ""
        return CorrectedQuery(replace_words(query, sure), corrections, offered)

    def suggest(self, query: Query, snapshot: IndexSnapshot, frequencies: Frequencies) -> str:
        """Return the query with better spelled phrases, fields and operands; "" if none is better.

        These are searched as typed, so a better spelling is only ever offered.
        """

        def in_text(text: str) -> str:
            bare = SideBySide(tuple(map(Word, text.split())))
            found = self.correct(bare, snapshot, frequencies).corrections
            return _replace(text, {each.typed: each.better for each in found})

        def in_part(part: Query) -> Query:
            match part:
                case Word(text):
                    return Word(in_text(text))
                case Phrase(text):
                    return Phrase(in_text(text))
                case Field(("title" | "abs") as name, text):
                    return Field(name, in_text(text))
                case Not(child):
                    return Not(in_part(child))
                case SideBySide(children):
                    return SideBySide(tuple(map(in_part, children)))
                case And(children):
                    return And(tuple(map(in_part, children)))
                case Or(children):
                    return Or(tuple(map(in_part, children)))
                case _:
                    return part

        if isinstance(query, SideBySide):
            parts = [part if isinstance(part, Word) else in_part(part) for part in query.children]
            better: Query = SideBySide(tuple(parts))
        else:
            better = query if isinstance(query, Word) else in_part(query)
        return "" if better == query else str(better)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One word that a typed one may have been meant to be."""

    typed: str
    better: str
    odds: float
    """Logarithm, without the context."""
    guarded: bool
    context: float = 0.0
    backed: bool = False
    """The library has the phrase with this word, and not with the typed one."""

    @property
    def total(self) -> float:
        return self.odds + self.context

    @property
    def sure(self) -> bool:
        if self.guarded:
            return self.backed and self.odds >= LIKELY and self.total >= GUARDED_SURE
        return self.total >= SURE

    @property
    def likely(self) -> bool:
        if self.guarded:
            return self.context > 0 and self.total >= GUARDED_LIKELY
        return self.total >= LIKELY


@dataclass
class _Reader:
    """Judges the words of one query."""

    snapshot: IndexSnapshot
    frequencies: Frequencies
    spellings: SpellingDictionary
    run: Sequence[str]
    """The words of the query in their order, without punctuation."""
    _phrases: dict[str, int] = field(default_factory=dict)
    _foreign: dict[str, int] = field(default_factory=dict)
    """By word: the papers with it that are in another language."""

    def find_doubtful(self) -> list[str]:
        """Return the words, in lower case, that are rare enough to be looked at."""
        shouted = all(word.isupper() for word in self.run) and len(self.run) > 1
        doubtful: dict[str, None] = {}
        for word in self.run:
            lowered = word.lower()
            if not (shouted or word.islower() or word.istitle() or _shifted(word)):
                continue
            if not (word.isascii() and word.isalpha() and len(word) >= SHORTEST):
                continue
            if lowered in STOP_WORDS or has_foreign_ending(lowered):
                continue
            known = _rank(lowered) is not None
            rare = max(_RAREST, self.snapshot.papers // (_RARE_KNOWN if known else _RARE))
            if self.frequencies.of_word(lowered) > rare:
                continue
            if known and len(self.run) < 2:
                continue
            doubtful[lowered] = None
        in_table = [word for word in doubtful if _rank(word) is not None]
        phrases = {word: self._phrases_of(word, word, {}) for word in in_table}
        self._count([phrase for each in phrases.values() for phrase in each])
        usual = {word for word in in_table if any(self._count(phrases[word]))}
        return [word for word in doubtful if word not in usual][:MOST_WORDS]

    def judge(self, doubtful: Sequence[str]) -> list[_Choice]:
        """Return the best choice for each doubtful word that has one."""
        near = self._find_near(doubtful)
        self.frequencies.fetch_words(other for others in near.values() for other in others)
        choices = {word: self._choose(word, others) for word, others in near.items()}
        choices = {word: found for word, found in choices.items() if found}
        meant = {word: found[0].better for word, found in choices.items() if found[0].odds >= SURE}
        texts = {
            (word, other): self._phrases_of(word, other, meant)
            for word, found in choices.items()
            for other in (word, *(choice.better for choice in found))
        }
        self._count([phrase for each in texts.values() for phrase in each], choices)
        return [
            self._with_context(found, texts)
            for word, found in choices.items()
            if not self._is_foreign(word)
        ]

    def _find_near(self, typed: Sequence[str]) -> dict[str, list[str]]:
        """Return the words of titles that are a slip or two away, and no form of the same word."""
        fewest = 1 + min(9, self.snapshot.papers // 50_000)
        letters = dict.fromkeys(letter for word in typed for letter in word[:2])
        known = self.spellings.words(self.snapshot, letters, fewest)
        meant = {word.lower(): shifted.lower() for word in self.run if (shifted := _shifted(word))}
        near: dict[str, list[str]] = {}
        for word in typed:
            slips = 2 if len(word) >= TWO_SLIPS else 1
            others = {
                other
                for letter in dict.fromkeys(word[:2])
                for other, _ in known[letter].near(word, slips)
            }
            # Words of abstracts alone are tried for words that nobody has.
            unknown = len(word) > SURE_LENGTH and not self.frequencies.of_word(word)
            others.update(_iter_slips(word, len(word) if unknown else 1))
            near[word] = [meant[word]] if word in meant else _other_words(word, sorted(others))
        return near

    def _choose(self, word: str, others: Iterable[str]) -> list[_Choice]:
        """Return the likeliest words, the best first."""
        typed = self._frequency(word)
        guarded = self._is_guarded(word)
        choices: list[_Choice] = []
        for other in others:
            if not self.frequencies.of_word(other):
                continue
            frequency, cost = self._frequency(other), slip_cost(word, other)
            misprints = MISPRINTS * frequency * math.exp(-cost)
            meant_as_typed = max(0.0, typed - misprints)
            odds = math.log(frequency) - cost - math.log(meant_as_typed + UNKNOWN)
            if frequency > typed:
                doubt = guarded or meant_as_typed >= _FEW
                choices.append(_Choice(word, other, odds, doubt))
        choices.sort(key=lambda each: (-each.odds, each.better))
        return choices[:_CHOICES]

    def _with_context(
        self, choices: Sequence[_Choice], texts: Mapping[tuple[str, str], Sequence[str]]
    ) -> _Choice:
        """Return the choice that is best with the words around it.

        ``texts``: by typed word and choice, the phrases with the neighbours in the query.
        """
        word = choices[0].typed
        judged: list[_Choice] = []
        for choice in choices:
            context, most = 0.0, 0
            pairs = zip(texts[word, word], texts[word, choice.better], strict=True)
            for as_typed, as_meant in pairs:
                before, after = self._count([as_typed, as_meant])
                telling = not any(each in STOP_WORDS for each in as_meant.split())
                added = math.log((1 + after) / (1 + before)) if before or after else -1.0
                bound = _MOST_CONTEXT if telling else _MOST_STOP_WORDS
                context += max(-bound, min(bound, added)) if telling or added > 0 else 0.0
                most = max(most, after if telling and not before else 0)
            context = max(_LEAST_CONTEXT, min(_MOST_CONTEXT, context))
            judged.append(replace(choice, context=context, backed=most >= _FEWEST_PHRASES))
        return max(judged, key=lambda choice: choice.total)

    def _phrases_of(self, typed: str, other: str, meant: Mapping[str, str]) -> list[str]:
        """Return the phrases of ``other`` with the neighbours of ``typed`` in the query."""
        phrases: list[str] = []
        lowered = [word.lower() for word in self.run]
        for at, word in enumerate(lowered):
            if word != typed:
                continue
            if at:
                before = lowered[at - 1]
                phrases.append(f"{meant.get(before, before)} {other}")
            if at + 1 < len(lowered):
                after = lowered[at + 1]
                phrases.append(f"{other} {meant.get(after, after)}")
        return phrases

    def _count(self, phrases: Sequence[str], foreign: Iterable[str] = ()) -> list[int]:
        """Return how many papers have each phrase; remember it, and of ``foreign`` words too.

        "Shor algorithm" is also counted as "Shor's algorithm".
        """
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._phrases]
        wheres: list[Query] = [
            Or((Phrase(phrase), Phrase(phrase.replace(" ", "'s ", 1)))) for phrase in new
        ]
        held = [word for word in foreign if self.frequencies.of_word(word)]
        telling = Or(tuple(map(Word, sorted(TELLING))))
        wheres += [SideBySide((Word(word), telling)) for word in held]
        if wheres:
            counts = self.snapshot.count(list(map(Selection, wheres)))
            self._phrases |= zip(new, counts[: len(new)], strict=True)
            self._foreign |= zip(held, counts[len(new) :], strict=True)
        return [self._phrases[phrase] for phrase in phrases]

    def _frequency(self, word: str) -> float:
        rank = _rank(word)
        prior = _PAPERS_OF_FIRST * PRIOR_PAPERS / (rank + 1) if rank is not None else 0.0
        return self.frequencies.of_word(word) + prior

    def _is_guarded(self, word: str) -> bool:
        if len(word) < SURE_LENGTH or _rank(word) is not None or word in self._names():
            return True
        papers = self.frequencies.of_word(word)
        return papers > 0 and self.frequencies.author_share(word) >= _FOREIGN

    def _names(self) -> set[str]:
        """Return capitalised words within a query that is not all capitalised."""
        telling = [word for word in self.run if word.lower() not in STOP_WORDS]
        if not any(word.islower() for word in telling):
            return set()
        return {word.lower() for word in self.run[1:] if word.istitle()}

    def _is_foreign(self, word: str) -> bool:
        """Return whether the papers with a word are in another language."""
        foreign = self._foreign.get(word, 0)
        return foreign > 0 and foreign >= _FOREIGN * self.frequencies.of_word(word)


def replace_words(query: Query, better: Mapping[str, str]) -> Query:
    """Return the query with bare words replaced, by their spelling in lower case."""
    match query:
        case Word(text) if _PLAIN.fullmatch(text.strip(_PUNCTUATION)):
            return Word(_replace(text, better))
        case SideBySide(children):
            return SideBySide(tuple(replace_words(child, better) for child in children))
        case _:
            return query


def _settle(
    choices: Sequence[_Choice], run: Sequence[str], snapshot: IndexSnapshot
) -> Iterable[Correction]:
    """Decide which choices are sure: all if they make the query a title, none if it is one."""
    possible = {choice.typed: choice.better for choice in choices if choice.odds >= LIKELY}
    titled = False
    if possible and len(run) >= _TITLE:
        better = [possible.get(word.lower(), word) for word in run]
        as_typed, as_meant = snapshot.count(
            [Selection(Field("title", " ".join(text))) for text in (run, better)]
        )
        if as_typed and as_typed >= as_meant:
            return
        titled = as_meant > 0 and not as_typed
    for choice in choices:
        sure = choice.sure or (titled and choice.odds >= LIKELY)
        if sure or choice.likely:
            yield Correction(choice.typed, choice.better, sure)


def _shifted(word: str) -> str | None:
    """Return what was meant by a word mistyped with Shift held too long or too late.

    >>> _shifted("TThompson"), _shifted("rGaph"), _shifted("mRNA"), _shifted("PClean")
    ('Thompson', 'Graph', None, None)
    """
    if not _SHIFTED.fullmatch(word):
        return None
    if word[0].lower() == word[1].lower():
        return word[1:].capitalize()
    return (word[1] + word[0] + word[2:]).capitalize() if word[0].islower() else None


def _typed_words(query: Query) -> list[str]:
    """Return the bare words side by side of a query in their order, without punctuation."""
    parts = query.children if isinstance(query, SideBySide) else (query,)
    run: list[str] = []
    for part in parts:
        if isinstance(part, Word):
            bare = part.text.strip(_PUNCTUATION)
            run += bare.split("-") if _PLAIN.fullmatch(bare) else [bare]
    return run


def _replace(text: str, better: Mapping[str, str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        return _as_typed(match[0], better.get(match[0].lower(), match[0]))

    return _LETTERS.sub(replacement, text)


def _other_words(word: str, near: Iterable[str]) -> list[str]:
    """Return the words that are no form of the same word, nor its relative in another language."""
    terms = words.terms(word)
    return [
        other
        for other in near
        if other.isalpha()
        and other not in STOP_WORDS
        and words.terms(other) != terms
        and not is_other_form(word, other)
        and not ends_as_foreign(word, other)
    ]


def _iter_slips(word: str, places: int) -> Iterator[str]:
    """Yield the words of which ``word`` is one slip away, at its first ``places`` letters."""
    for at in range(min(places, len(word))):
        before, after = word[:at], word[at + 1 :]
        yield before + after
        if after:
            yield before + after[0] + word[at] + after[1:]
        for letter in string.ascii_lowercase:
            yield before + letter + after
            yield before + letter + word[at:]
    if places >= len(word):
        yield from (word + letter for letter in string.ascii_lowercase)


def _rank(word: str) -> int | None:
    """Return the place of a word in the shipped vocabulary, by frequency; None if it is rare."""
    rank = default_tokeniser().rank(word)
    return rank if rank is not None and rank < COMMON_RANK else None


def _as_typed(typed: str, better: str) -> str:
    """Return ``better`` in the letter case of ``typed``."""
    if typed == better:
        return typed
    if typed.isupper() and len(typed) > 1:
        return better.upper()
    return better.capitalize() if typed.istitle() or _SHIFTED.fullmatch(typed) else better
