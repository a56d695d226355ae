"""People in a query: words side by side that are the full name of an author in the library.

What is tried    the whole query, in any case; a capitalised run of words ("residual learning
                 Kaiming He"); and a run in small letters whose words are names more often than
                 not. Family names alone are left to the words: they are rare and rank as such.
Evidence         ``NamedPerson.share``: of the papers that are by the person or have the words side
                 by side in title or abstract, those by the person. "song han" is next to nobody's
                 words but a name; "gray scott" is a model, and the name of two authors turned round.
Effect           Ranking by meaning leaves the name out, and the person's papers get more of the
                 score the greater the share (``rank.named_authors``). If the whole query is the
                 name, and more likely it than words, the person's papers come first. Nothing is
                 required, and every person is offered (``SearchAnswer.people``). Evidence:
                 docs/decisions/0019.
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from broadsheet.domain.query import And, Field, Not, Or, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.domain.search import NamedPerson
from broadsheet.index.port import CompletionRequest, IndexSnapshot, Selection
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.plan import QueryPlan
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.person_names import (
    IDEOGRAPHS,
    PARTICLES,
    SUFFIXES,
    WHOLE,
    is_named,
    name_readings,
)

MOST_WORDS = 12
"""A longer query is a text."""
_LONGEST = 5
"""Words of the longest name."""
_MOST_RUNS = 12
"""Runs looked up in one query."""
_SOMETIMES = 0.1
"""Least share of the papers with a word in small letters that have it in a name: every word of a
run must reach this, and one of them ``_SURE``."""
_SURE = 0.5
LEADS = 0.5
"""Share from which on a query that is a name is read as such."""
OFFERED = 0.02
"""Share below which words are no name for anybody: "x ray", "e coli"."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words side by side in a query."""

    words: tuple[str, ...]
    start: int
    is_whole: bool

    @property
    def text(self) -> str:
        return " ".join(self.words).strip(string.punctuation.replace(".", ""))


def read_names(
    query: Query, plan: QueryPlan, snapshot: IndexSnapshot, frequencies: Frequencies
) -> QueryPlan:
    """Return the plan with the people that the query names."""
    runs = _possible_runs(query, frequencies)
    if not runs:
        return plan
    spelled = find_spellings([run.text for run in runs], snapshot)
    runs = [run for run in runs if spelled[run.text]]
    shares = _weigh(runs, spelled, snapshot)
    people: list[NamedPerson] = []
    taken: set[int] = set()
    for run in sorted(runs, key=lambda run: (-len(run.words), run.start)):
        places = set(range(run.start, run.start + len(run.words)))
        person = shares.get(run.text)
        if person and not places & taken:
            taken |= places
            people.append(replace(person, leads=run.is_whole and person.share >= LEADS))
    if not people:
        return plan
    likely = [person.typed for person in people if person.share >= LEADS]
    return replace(plan, people=tuple(people), text=_without(plan.text, likely))


def find_spellings(names: Sequence[str], snapshot: IndexSnapshot) -> dict[str, dict[str, int]]:
    """Return for each name the authors in print who are called so, with their papers."""
    prefixes = {name: _prefixes(name) for name in names}
    requests = list(dict.fromkeys(prefix for each in prefixes.values() for prefix in each))
    answers = snapshot.complete([CompletionRequest("author", each, None) for each in requests])
    printed = dict(zip(requests, answers, strict=True))
    return {
        name: {
            author: papers
            for prefix in prefixes[name]
            for author, papers in printed[prefix]
            if is_named(author, name)
        }
        for name in names
    }


def name_of(typed: str, spellings: Mapping[str, int]) -> str:
    """Return the most frequent spelling, or the typed one if these may be several people."""
    by_frequency = sorted(spellings, key=lambda name: (-spellings[name], name))
    best = by_frequency[0] if by_frequency else typed
    if all(is_named(other, best) or is_named(best, other) for other in by_frequency):
        return best
    return typed if typed != typed.lower() else typed.title()


def _prefixes(name: str) -> list[str]:
    """Return how completions of an author of this name begin.

    These have a name as printed and with its last word first, so that one of the orders of the
    name begins like one of them, up to the first letter of the second word.
    """
    readings = [reading.removeprefix(WHOLE).split() for reading in name_readings(name)]
    return list(
        dict.fromkeys(
            f"{words[0]} {words[1][0]}" if len(words) > 1 else words[0][0]
            for words in readings
            if len(words[0]) > 1
        )
    )


def _possible_runs(query: Query, frequencies: Frequencies) -> list[_Run]:
    """Return the runs of words that may be a name; the longest first."""
    parts = query.children if isinstance(query, SideBySide) else (query,)
    if len(parts) > MOST_WORDS:
        return []
    typed = [part.text if isinstance(part, Word) else "" for part in parts]
    bare = [word for word in typed if word]
    runs: list[_Run] = []
    for start in range(len(typed)):
        for end in range(min(start + _LONGEST, len(typed)), start, -1):
            words = tuple(typed[start:end])
            run = _Run(words, start, is_whole=list(words) == bare)
            if all(words) and _is_possible(run, frequencies):
                runs.append(run)
    runs.sort(key=lambda run: -len(run.words))
    return runs[:_MOST_RUNS]


def _is_possible(run: _Run, frequencies: Frequencies) -> bool:
    """Whether the words of a run look like a name, and are in the names of authors."""
    bare = [word.strip(string.punctuation) for word in run.words]
    full = [word for word in bare if len(word) > 1 and word.lower() not in SUFFIXES]
    if not full or not all(map(_may_be_name, run.words)):
        return False
    if len(run.words) == 1:
        return run.is_whole and IDEOGRAPHS.fullmatch(run.words[0]) is not None
    if not all(map(frequencies.in_names, full)):
        return False
    if run.is_whole:
        return True
    if any(word.lower() in STOP_WORDS for word in bare):
        return False
    if _is_capitalised(run.words):
        return True
    shares = [frequencies.author_share(word) for word in run.words]
    return min(shares) >= _SOMETIMES and max(shares) >= _SURE


def _is_capitalised(words: Sequence[str]) -> bool:
    return all(
        word[:1].isupper() or (0 < at < len(words) - 1 and word in PARTICLES)
        for at, word in enumerate(words)
    )


def _may_be_name(word: str) -> bool:
    bare = word.translate(str.maketrans("", "", "-.,'’"))
    return bool(bare) and bare.isalpha()


def _weigh(
    runs: Sequence[_Run], spelled: Mapping[str, Mapping[str, int]], snapshot: IndexSnapshot
) -> dict[str, NamedPerson]:
    """Return the person of each run, with the evidence for it; without runs that are words."""
    texts = list(dict.fromkeys(run.text for run in runs))
    names = {text: name_of(text, spelled[text]) for text in texts}
    selections: list[Selection] = []
    for text in texts:
        by_them = Field("author", names[text])
        in_text = Or((Field("title", text), Field("abs", text)))
        selections += [Selection(by_them), Selection(And((in_text, Not(by_them))))]
    counts = iter(snapshot.count(selections))
    people: dict[str, NamedPerson] = {}
    for text in texts:
        papers, others = next(counts), next(counts)
        share = papers / (papers + others) if papers else 0.0
        if share >= OFFERED:
            people[text] = NamedPerson(text, names[text], papers, share)
    return people


def _without(text: str, names: Sequence[str]) -> str:
    """Return a text without these names, if their words are next to each other."""
    left = text.split()
    bare = [word.strip(string.punctuation) for word in left]
    for name in names:
        words = [word.strip(string.punctuation) for word in name.split()]
        for at in _iter_places(bare, words):
            del left[at : at + len(words)], bare[at : at + len(words)]
    return " ".join(left)


def _iter_places(text: list[str], words: list[str]) -> Iterator[int]:
    """Yield where ``words`` begin in ``text``, which may be shortened there meanwhile."""
    at = 0
    while at < len(text):
        if text[at : at + len(words)] == words:
            yield at
        else:
            at += 1
