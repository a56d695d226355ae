"""Measure identity: duplicates that stay two papers, near-twins that become one.

Pairs are made from real titles, authors and abstracts (JSON lines of papers, plain or
zstd). Of each paper comes an original with a made place in print, and one partner: a
duplicate (the same work as another program or service would write it) or a near-twin
(another work that shares an identifier, or title and author). All are imported as BibTeX
and RIS into one library; keywords mark the pairs.

    python -m benchmarks.merging PAPERS.jsonl.zst [PAPERS…] [--pairs 20000]

The seed is fixed, and the rules were changed after looking at pairs of this seed, so a result of
none wrong means no known failure of these made kinds. Another ``--seed`` gives fresh pairs.
"""

import argparse
import io
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import import_inputs, parse_kept
from broadsheet.ingest.reading import Input, iter_inputs

SEED = 20261201
JOURNALS = ("Journal of Results", "Annals of Methods", "Letters in Practice", "Acta Mensurae")


@dataclass(frozen=True)
class Entry:
    """One account of a work, to be written as BibTeX or RIS."""

    title: str
    authors: tuple[str, ...]
    year: int
    venue: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    abstract: str = ""
    kind: str = "article"
    marks: tuple[str, ...] = field(default=())

    def bibtex(self, key: str) -> str:
        container = "booktitle" if self.kind == "incollection" else "journal"
        fields = {
            "title": _tex(self.title),
            "author": _tex(" and ".join(self.authors)),
            container: self.venue,
            "year": str(self.year),
            "volume": self.volume,
            "number": self.number,
            "pages": self.pages.replace("-", "--"),
            "doi": self.doi,
            "abstract": _tex(self.abstract),
            "keywords": ", ".join(self.marks),
        }
        lines = "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items() if text)
        return f"@{self.kind}{{{key},\n{lines}}}\n"

    def ris(self, key: str) -> str:
        first, _, last = self.pages.partition("-")
        pairs = [
            ("TY", "CHAP" if self.kind == "incollection" else "JOUR"),
            ("TI", self.title), *(("AU", name) for name in self.authors),
            ("T2", self.venue), ("PY", str(self.year)), ("VL", self.volume), ("IS", self.number),
            ("SP", first), ("EP", last), ("DO", self.doi), ("AB", self.abstract), ("ID", key),
            *(("KW", mark) for mark in self.marks),
        ]  # fmt: skip
        return "".join(f"{tag}  - {text}\n" for tag, text in pairs if text) + "ER  - \n\n"


def _tex(text: str) -> str:
    bare = re.sub(r"\\[{}]", "", text)
    depths = list(accumulate((char == "{") - (char == "}") for char in bare)) or [0]
    balanced = depths[-1] == 0 and min(depths) >= 0
    return re.sub(r"(?<!\\)%", r"\%", text if balanced else re.sub(r"[{}]", "", text))


# Partners ------------------------------------------------------------------------------------


def _inverted(names: tuple[str, ...], initials: bool, dots: bool) -> tuple[str, ...]:
    inverted = []
    for name in names:
        *given, family = name.split()
        if initials and given:
            letters = [word[0].upper() for word in given if word[0].isalpha()]
            short = ". ".join(letters) + "." if dots else "".join(letters)
            inverted.append(f"{family}, {short}")
        else:
            inverted.append(f"{family}, {' '.join(given)}" if given else family)
    return tuple(inverted)


def _as_web_of_science(entry: Entry, rng: random.Random) -> Entry:
    """Another database: initials without dots, title in capitals, no DOI, no abstract."""
    authors = _inverted(entry.authors, initials=True, dots=False)
    words = [
        word if re.search(r"[\\$_^{]", word) else word.capitalize() for word in entry.title.split()
    ]
    title = entry.title if "$" in entry.title else " ".join(words)
    return replace(entry, title=title, authors=authors, doi="", abstract="")


def _as_publisher(entry: Entry, rng: random.Random) -> Entry:
    """The publisher's page: initials, DOI, other dashes, journal abbreviated, no pages yet."""
    authors = _inverted(entry.authors, initials=True, dots=True)
    venue = ". ".join(word[:4] for word in entry.venue.split()) + "."
    return replace(entry, authors=authors, venue=venue, pages="", title=entry.title + ".")


def _as_preprint(entry: Entry, rng: random.Random) -> Entry:
    """The preprint a year or two before: another DOI, no volume, abstract a little different."""
    words = entry.abstract.split()
    kept = [word for word in words if rng.random() > 0.15]
    doi = f"10.21203/rs.3.rs-{rng.randrange(10**6, 10**7)}/v1"
    return replace(
        entry, venue="Research Square", volume="", number="", pages="", doi=doi,
        year=entry.year - rng.randrange(3), abstract=" ".join(kept),
    )  # fmt: skip


def _as_by_hand(entry: Entry, rng: random.Random) -> Entry:
    """Typed by hand: same DOI in other capitals, main title only, first author only."""
    title = re.split(r"[:.?!] ", entry.title)[0]
    authors = _inverted(entry.authors[:1], initials=False, dots=False)
    return replace(
        entry, title=title, authors=authors, doi=entry.doi.upper(), abstract="", number=""
    )


def _as_without_place(entry: Entry, rng: random.Random) -> Entry:
    """A feed or a reading list: title, authors and abstract only."""
    return replace(entry, venue="", volume="", number="", pages="", doi="")


def _next_column(entry: Entry, rng: random.Random) -> Entry:
    """The next instalment of a column: same title and author, other volume, pages, year."""
    year = entry.year + rng.randrange(1, 4)
    volume = str(int(entry.volume) + year - entry.year)
    return replace(entry, year=year, volume=volume, pages=_pages(rng), doi="", abstract="")


def _same_volume(entry: Entry, rng: random.Random) -> Entry:
    """Another issue of the same volume and year."""
    number = str(int(entry.number) + 1)
    return replace(entry, number=number, pages=_pages(rng), doi="", abstract="")


def _copied_doi(entry: Entry, rng: random.Random) -> Entry:
    """Another paper with this DOI by mistake."""
    other = rng.choice(_POOL)
    return replace(
        other, doi=entry.doi, volume=str(rng.randrange(1, 90)), number="2", pages=_pages(rng)
    )


def _copied_doi_bare(entry: Entry, rng: random.Random) -> Entry:
    """The same, with nothing but title, author and year."""
    other = rng.choice(_POOL)
    return Entry(other.title, other.authors, other.year, doi=entry.doi)


def _next_part(entry: Entry, rng: random.Random) -> Entry:
    """Part II with the DOI of part I."""
    return replace(entry, title=entry.title + ", Part II", pages=_pages(rng), abstract="")


def _other_chapter(entry: Entry, rng: random.Random) -> Entry:
    """Another chapter of the book whose DOI both carry."""
    other = rng.choice(_POOL)
    return replace(
        other, kind="incollection", venue=entry.venue, year=entry.year, doi=entry.doi,
        volume="", number="", pages=_pages(rng), abstract="",
    )  # fmt: skip


def _other_authors(entry: Entry, rng: random.Random) -> Entry:
    """Another paper of the same title."""
    return replace(rng.choice(_POOL), title=entry.title, doi="", pages=_pages(rng))


def _pages(rng: random.Random) -> str:
    first = rng.randrange(1, 2000)
    return f"{first}-{first + rng.randrange(2, 20)}"


_POOL: list[Entry] = []
Make = Callable[[Entry, random.Random], Entry]
DUPLICATES: tuple[Make, ...] = (
    _as_web_of_science, _as_publisher, _as_preprint, _as_by_hand, _as_without_place,
)  # fmt: skip
NEAR_TWINS: tuple[Make, ...] = (
    _next_column, _same_volume, _copied_doi, _copied_doi_bare, _next_part, _other_chapter,
    _other_authors,
)  # fmt: skip


def read_papers(paths: list[str], count: int, rng: random.Random) -> list[Entry]:
    """Entries with made places in print; those without author or with short titles are left out."""
    entries: list[Entry] = []
    titles: set[str] = set()
    for path in paths:
        wanted = count // len(paths)
        for opened in iter_inputs([path]):
            found = []
            for piece in opened.pieces():
                fields = json.loads(piece.raw)
                title, names = fields.get("title", ""), fields.get("authors") or []
                if len(title.split()) < 4 or not names or title.lower() in titles:
                    continue
                titles.add(title.lower())
                found.append((title, tuple(str(n) for n in names[:6]), fields.get("abstract", "")))
                if len(found) >= wanted * 4:
                    break
            for title, names, abstract in rng.sample(found, min(wanted, len(found))):
                entries.append(_with_place(title, names, abstract, rng))
    rng.shuffle(entries)
    return entries


def _with_place(title: str, names: tuple[str, ...], abstract: str, rng: random.Random) -> Entry:
    return Entry(
        title, names, rng.randrange(1990, 2025), rng.choice(JOURNALS), str(rng.randrange(1, 90)),
        str(rng.randrange(1, 12)), _pages(rng), f"10.5555/m.{rng.randrange(10**9)}", abstract,
    )  # fmt: skip


def measure(paths: list[str], pairs: int, seed: int = SEED) -> Iterator[str]:
    """Lines of a report: kind, pairs, wrong answers."""
    rng = random.Random(seed)
    entries = read_papers(paths, 2 * pairs, rng)
    _POOL.extend(entries[pairs:])
    makers = [*((make, True) for make in DUPLICATES), *((make, False) for make in NEAR_TWINS)]
    originals, partners, asked = [], [], {}
    for number, entry in enumerate(entries[:pairs]):
        make, same = makers[number % len(makers)]
        if make is _as_preprint and len(entry.abstract) < 300:
            continue
        if make is _other_chapter:
            entry = replace(entry, kind="incollection", volume="", number="")
        asked[number] = (make.__name__.strip("_"), same)
        originals.append(replace(entry, marks=(f"a{number}",)).bibtex(f"k{number}"))
        partner = replace(make(entry, rng), marks=(f"b{number}",))
        partners.append(partner.ris(f"p{number}") if number % 2 else partner.bibtex(f"p{number}"))
    wrong, seconds, records = _import(originals, partners, asked)
    total = Counter(kind for kind, _ in asked.values())
    for make, same in makers:
        kind = make.__name__.strip("_")
        said = "missed" if same else "merged wrongly"
        yield f"{'duplicate' if same else 'near-twin':10} {kind:18} {total[kind]:7,} pairs  {wrong[kind]:5,} {said}"
    for same, said in ((True, "duplicates missed"), (False, "near-twins merged wrongly")):
        kinds = [make.__name__.strip("_") for make, each in makers if each is same]
        bad, of = sum(wrong[kind] for kind in kinds), sum(total[kind] for kind in kinds)
        yield f"{said}: {bad:,} of {of:,} ({100 * bad / of:.3f} %)"
    yield f"import: {records:,} records in {seconds:.1f} s"


def _import(
    originals: list[str], partners: list[str], asked: dict[int, tuple[str, bool]]
) -> tuple[Counter[str], float, int]:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, kind in (("originals", originals), ("partners", partners)):
            for suffix, mark in (("bib", "@"), ("ris", "TY")):
                path = Path(folder) / f"{name}.{suffix}"
                path.write_text("".join(text for text in kind if text.startswith(mark)))
                paths.append(str(path))
        with SqlStore(Path(folder) / "library.sqlite", Decider(parse_kept)) as store:
            started = time.monotonic()
            summary = import_inputs(iter_inputs(paths), store)
            seconds = time.monotonic() - started
            owner: dict[str, int] = {}
            for paper in store.iter_papers():
                owner.update(dict.fromkeys(paper.keywords, paper.key))
    wrong: Counter[str] = Counter()
    for number, (kind, same) in asked.items():
        first, second = owner.get(f"a{number}"), owner.get(f"b{number}")
        lost = first is None or second is None  # the one replaced the other
        wrong[kind] += lost or (first == second) is not same
    return wrong, seconds, summary.read


def measure_recurring(works: int, title: str = "Correction", authors: bool = False) -> str:
    """Import many works of one title, as a journal's back file has them."""
    lines = [
        f"@article{{k{n}, title={{{title}}}, journal={{J}}, year={1900 + n % 120}, volume={{{n}}}"
        + (f", author={{Author{n % 500}, Ann}}" if authors else "") + "}\n"
        for n in range(works)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        content = "".join(lines).encode()
        with SqlStore(Path(folder) / "library.sqlite", Decider(parse_kept)) as store:
            started = time.monotonic()
            summary = import_inputs([Input("made", io.BytesIO(content), None, None)], store)
            seconds = time.monotonic() - started
    return f"{works:,} works titled {title!r}{' with authors' if authors else ''}: {summary.new:,} papers in {seconds:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("papers", nargs="*")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--works", type=int, default=20_000)
    options = parser.parse_args()
    if options.papers:
        for line in measure(options.papers, options.pairs, options.seed):
            print(line, flush=True)
    for title, authors in (
        ("Correction", False),
        ("Correction", True),
        ("The treasure chest of tools", True),
    ):
        print(measure_recurring(options.works, title, authors), flush=True)


if __name__ == "__main__":
    main()
