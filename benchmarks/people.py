"""Queries that are names: are the first ten results that person's papers?

    python -m benchmarks.people HOME [--seed 2] [--json FILE]

Draws 1,000 names from the authors of a library, in proportion to their papers, and writes each as
people type it (``KINDS``). A result is right if one of its authors has the name: the same words,
the family name first or last, accents, hyphens and case aside; initials in the query stand for given
names, and a middle initial may be missing. This truth is read from the library here, without the
code under test.

*   *all right*: share of queries whose first ten results (fewer if the person has fewer papers) are
    all right;
*   *share right*: mean share of right results among these.

Two more sets show the price: names with two words of a title of theirs (the reciprocal rank of
that paper among the first ten), and phrases of two or three words from titles that are no name
(how often papers of a person are put first, or a person is offered).
"""

import argparse
import json
import random
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from broadsheet.domain.paper import Paper
from broadsheet.domain.search import SearchAnswer, SearchRequest
from broadsheet.domain.services import SearchService
from broadsheet.home import Home
from broadsheet.wiring import open_services

FIRST = 10
COMMON = 25
"""Papers whose text has a word, from which on the word is common."""
WITH_WORDS = 400
PHRASES = 500
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "de",
        "der",
        "den",
        "del",
        "della",
        "da",
        "di",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ten",
        "ter",
    ]
)
_BATCH = 2_000
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameQuery:
    kind: str
    text: str
    right: frozenset[int]
    """Keys of the papers by the person."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to type a name: how many are drawn, which names it is for, and how it is typed."""

    name: str
    queries: int
    suits: Callable[[str], bool]
    write: Callable[[str], str]


def plain(text: str) -> str:
    """Text without accents."""
    parts = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l"))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _without_digraphs(text: str) -> str:
    """Text in which "Schoelkopf" and "Scholkopf" are the same."""
    return re.sub("([aou])e", r"\1", text)


def words_of(name: str) -> Words:
    """Return the words of a name, in small letters without accents; hyphenated ones are one."""
    joined = re.sub(r"(?<=\w)[-‐–'’](?=\w)", "", _without_digraphs(plain(name).lower()))
    return tuple(re.findall(r"[^\W\d_]+", joined))


def with_initials(name: str) -> str:
    """ "Geoffrey E. Hinton" as "G. E. Hinton", particles left with the family name."""
    *given, family = name.split()
    while len(given) > 1 and given[-1].lower() in _PARTICLES:
        family = f"{given.pop()} {family}"
    initials = ("-".join(f"{part[0]}." for part in word.split("-") if part) for word in given)
    return " ".join([*initials, family])


def reversed_name(name: str) -> str:
    *given, family = name.split()
    while len(given) > 1 and given[-1].lower() in _PARTICLES:
        family = f"{given.pop()} {family}"
    return " ".join([family, *given])


def _has_particle(name: str) -> bool:
    return any(word.lower() in _PARTICLES for word in name.split()[1:-1])


KINDS = (
    Kind("full", 200, lambda name: True, lambda name: name),
    Kind("family name first", 150, lambda name: True, reversed_name),
    Kind("initials", 150, lambda name: len(name.split()[0]) > 2, with_initials),
    Kind("without accents", 100, lambda name: plain(name) != name, plain),
    Kind("lower case", 200, lambda name: True, str.lower),
    Kind("with particles", 100, _has_particle, lambda name: name),
)
COMMON_WORDS = Kind("made of common words", 100, lambda name: True, str.lower)


def iter_papers(home: Path) -> Iterator[Paper]:
    with open_services(Home(home)) as services:
        keys = sorted({key for key, _ in services.search.iter_identifiers()})
        for at in range(0, len(keys), _BATCH):
            yield from services.library.get_papers(keys[at : at + _BATCH])


class Authors:
    """Who wrote which papers of a library, by the words of printed names."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.printed: list[str] = []
        """Once for each paper; organisations and single words left out."""
        self._by_word: dict[str, dict[Words, set[int]]] = defaultdict(lambda: defaultdict(set))
        for paper in papers:
            names = [name for author in paper.authors for name in author.name.split(", ")]
            for name in names[:200]:
                words = words_of(name)
                if not 2 <= len(words) <= 5 or len(name.split()) < 2:
                    continue
                if len(words[0]) > 1 and len(words[-1]) > 1 and len(names) == len(paper.authors):
                    self.printed.append(name)
                for word in words:
                    self._by_word[word][words].add(paper.key)

    def papers_of(self, typed: str) -> frozenset[int]:
        """Keys of the papers of everybody who may be called ``typed``."""
        words = words_of(typed)
        longest = max(words, key=len)
        return frozenset(
            key
            for printed, keys in self._by_word[longest].items()
            if _may_be(printed, words)
            for key in keys
        )


def _may_be(printed: Words, typed: Words) -> bool:
    """Whether one of the two orders of the printed name is the typed one."""
    return any(_agree(order, typed) for order in (printed, (*printed[1:], printed[0])))


def _agree(printed: Words, typed: Words) -> bool:
    """Whether two names agree, given names first: the typed one may have initials."""
    if printed[-1] != typed[-1]:
        return False
    first, typed_first = printed[0], typed[0]
    if first != typed_first and (len(typed_first) > 1 or first[0] != typed_first):
        return False
    middle, typed_middle = printed[1:-1], typed[1:-1]
    if not middle or not typed_middle:
        return len(typed_first) == 1 or all(len(word) == 1 for word in (*middle, *typed_middle))
    return len(middle) == len(typed_middle) and all(
        one == other or (1 in (len(one), len(other)) and one[0] == other[0])
        for one, other in zip(middle, typed_middle, strict=True)
    )


def draw_names(papers: Sequence[Paper], draw: random.Random) -> list[NameQuery]:
    authors = Authors(papers)
    texts = Counter(
        word for paper in papers for word in set(words_of(f"{paper.title} {paper.abstract}"))
    )
    common = [
        name
        for name in authors.printed
        if all(len(word) > 2 and texts[word] >= COMMON for word in words_of(name))
    ]
    pools = [(kind, authors.printed) for kind in KINDS] + [(COMMON_WORDS, common)]
    queries: list[NameQuery] = []
    for kind, pool in pools:
        names = list(dict.fromkeys(draw.sample(pool, len(pool))))
        suitable = [name for name in names if kind.suits(name)][: kind.queries]
        for name in suitable:
            text = kind.write(name)
            # Only initials say less than the name itself.
            if right := authors.papers_of(text if kind.name == "initials" else name):
                queries.append(NameQuery(kind.name, text, right))
    return queries


def measure_names(
    search: SearchService, queries: Sequence[NameQuery]
) -> dict[str, tuple[int, float, float]]:
    """By kind: queries, share all right, mean share right."""
    rows: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for query in queries:
        expected = min(FIRST, len(query.right))
        hits = search.search(SearchRequest(query.text, limit=expected)).hits
        right = [any(paper.key in query.right for paper in (hit.paper, *hit.alike)) for hit in hits]
        repeated = sum(len(hit.alike) for hit in hits)  # shown with another, so fewer are left
        share = min(1.0, sum(right) / max(1, expected - repeated))
        rows[query.kind].append((share == 1.0, share))
        rows["all"].append((share == 1.0, share))
    return {
        kind: (len(row), mean(all_right for all_right, _ in row), mean(share for _, share in row))
        for kind, row in rows.items()
    }


def measure_with_words(
    search: SearchService, papers: Sequence[Paper], draw: random.Random
) -> tuple[int, float]:
    """The mean reciprocal rank of a paper for its author and two words of its title."""
    ranks: list[float] = []
    for paper in draw.sample(papers, len(papers)):
        words = [word for word in paper.title.split() if word.isalpha() and len(word) > 4]
        names = [author.name for author in paper.authors[:20] if len(words_of(author.name)) > 1]
        if len(words) < 4 or not names:
            continue
        name, topic = draw.choice(names), " ".join(draw.sample(words, 2))
        text = f"{name} {topic}" if draw.random() < 0.5 else f"{topic} {name}"
        if draw.random() < 0.5:
            text = text.lower()
        hits = search.search(SearchRequest(text, limit=FIRST)).hits
        keys = [hit.paper.key for hit in hits]
        ranks.append(1 / (keys.index(paper.key) + 1) if paper.key in keys else 0.0)
        if len(ranks) == WITH_WORDS:
            break
    return len(ranks), mean(ranks)


def draw_phrases(papers: Sequence[Paper], draw: random.Random) -> list[str]:
    """Two or three words side by side in a title, as typed there or in small letters."""
    phrases: list[str] = []
    for paper in draw.sample(papers, PHRASES):
        words = [word.strip(",.:;") for word in paper.title.split()]
        length = draw.choice([2, 3])
        if len(words) > length:
            at = draw.randrange(len(words) - length)
            phrase = " ".join(words[at : at + length])
            phrases.append(draw.choice([phrase, phrase.lower(), phrase.title()]))
    return phrases


def _offers(answer: SearchAnswer) -> tuple[bool, bool]:
    """Whether a person is offered, and whether the person's papers come first."""
    if hasattr(answer, "people"):
        return bool(answer.people), any(person.leads for person in answer.people)
    named = any("read as an author" in note for note in answer.notes)  # before people were offered
    return named, named


def measure_phrases(search: SearchService, phrases: Sequence[str]) -> Mapping[str, float]:
    answers = [(phrase, _offers(search.search(SearchRequest(phrase)))) for phrase in phrases]
    offered = [phrase for phrase, (offer, _) in answers if offer]
    print("offered for phrases of titles:", "; ".join(offered), file=sys.stderr)
    return {
        "phrases": len(answers),
        "person offered": mean(offer for _, (offer, _) in answers),
        "person first": mean(first for _, (_, first) in answers),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write each query with its answer there")
    options = parser.parse_args()
    papers = list(iter_papers(options.home))
    draw = random.Random(options.seed)
    queries = draw_names(papers, draw)
    with open_services(Home(options.home)) as services:
        print(f"{len(papers):,} papers, {len(queries):,} names, seed {options.seed}\n")
        print(
            "| names | queries | all of the first ten right | share right |\n| --- | --- | --- | --- |"
        )
        for kind, (n, all_right, share) in measure_names(services.search, queries).items():
            print(f"| {kind} | {n} | {all_right:.1%} | {share:.3f} |")
        n, rank = measure_with_words(services.search, papers, draw)
        print(f"\nname and two words of a title, {n}: MRR@10 {rank:.3f}")
        print(measure_phrases(services.search, draw_phrases(papers, draw)))
        if options.json:
            with options.json.open("w", encoding="utf-8") as file:
                for query in queries:
                    hits = services.search.search(SearchRequest(query.text, limit=FIRST)).hits
                    wrong = [hit.paper.id for hit in hits if hit.paper.key not in query.right]
                    row = {"kind": query.kind, "query": query.text, "right": len(query.right)}
                    file.write(json.dumps(row | {"wrong": wrong}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
