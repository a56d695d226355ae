"""``make bench-quality``: quality of ranking on the measurement data, into QUALITY.md.

``python -m benchmarks.quality [SECTION…] [--homes FOLDER] [--development FOLDER]`` measures
the sections named, else all: collections, perturbed, known, pages, and with
``--development`` development and tuning. Indexes are
kept in FOLDER/NAME and used again; the whole corpus takes about 10 minutes to index and
3 GB, with the copy to which the saved pages are added twice that. The embedder is the one
set by BROADSHEET_EMBEDDER; another than the shipped one has sections of its own.
"""

import argparse
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.corpus import CORPUS, SHARED
from benchmarks.results import write_sections
from broadsheet.config import load_settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.ingest import RawRecord
from broadsheet.domain.search import Mode, SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.evaluate import judged_names
from broadsheet.evaluation.measure import measure_queries
from broadsheet.evaluation.perturb import PERTURBATIONS
from broadsheet.evaluation.robustness import measure_robustness
from broadsheet.evaluation.significance import PairedDifference, compare
from broadsheet.home import Home
from broadsheet.ingest.reading import iter_inputs
from broadsheet.search.rank.weights import SHIPPED, Weights
from broadsheet.services.local import LocalServices
from broadsheet.text.titles import normalise_title
from broadsheet.wiring import indexed_collection, open_services

BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))
QUALITY = Path(__file__).with_name("QUALITY.md")
COLLECTIONS = {"cranfield": "Cranfield", "cisi": "CISI", "npl_vaswani": "NPL"}
KNOWN = {
    "knownitem_openreview_tldr": "OpenReview TL;DR → paper",
    "knownitem_potw": "description of the week → paper",
}
PAGES = {
    "000": "perturbation-based",
    "001": "smooth perturbation",
    "002": "instance-agnostic perturbation",
    "003": "surrogate",
    "004": "Jensen-Shannon divergence",
}
"""Saved page → its most likely query."""
ONE_LOOK = replace(SHIPPED, feedback=0.0, closeness=0.0)
PAGE_TOP = 20

Scores = Mapping[str, float]
"""Query → measure."""

TOP = """# Quality of ranking

Written by `make bench-quality`, with the shipped embedder unless a heading names another, and one
setting everywhere. A difference is a mean over topics with its 95 % interval, of a paired bootstrap,
and the p-value of a paired randomisation test.

**What was chosen on what.** The weights of `search/rank/weights.py` were chosen on the topics at odd places
of Cranfield, CISI and NPL, on every second query of the known items and on the development collections;
the analysis of words and the fusion's first weight on odd topics too, with the others in sight. So
figures over all topics hold some choice, and those over topics at even places are the ones to go by:
there, the gain over words is beyond noise on Cranfield and the known items and none on CISI and NPL, and
the second look gains little. The embedder was trained without any target of the known items and any
paper of Cranfield, CISI and NPL; its own choices are in its
[model card](../src/broadsheet/embed/static/models/static-1/README.md). The saved pages chose nothing."""


@dataclass(frozen=True)
class Measured:
    """One collection's figures, topic by topic."""

    name: str
    words: Scores
    hybrid: Scores
    one_look: Scores
    """Hybrid without feedback and closeness."""

    def of(self, queries: Sequence[str]) -> "Measured":
        kept = set(queries)
        sides = (self.words, self.hybrid, self.one_look)
        return Measured(
            self.name, *({q: s for q, s in side.items() if q in kept} for side in sides)
        )

    def row(self, label: str) -> str:
        gain, look = compare(self.words, self.hybrid), compare(self.one_look, self.hybrid)
        return (
            f"| {label}, {len(self.words)} | {mean(self.words)} | {mean(self.hybrid)} "
            f"| {told(gain)} | {told(look)} |"
        )


HEADER = [
    "| topics | words | hybrid | hybrid − words | second look on − off |",
    "| --- | --- | --- | --- | --- |",
]


def mean(scores: Scores) -> str:
    return f"{sum(scores.values()) / len(scores):.4f}"


def told(difference: PairedDifference) -> str:
    return (
        f"{difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f}), "
        f"p = {difference.p_value:.2g}"
    )


def measure(services: LocalServices, collection: Collection, metric: str) -> Measured:
    """Every topic by words, by both, and by both without a second look."""
    names = judged_names(services.search.iter_identifiers(), collection)

    def scores(mode: Mode, weights: Weights) -> Scores:
        run = {}
        for query, text in collection.queries.items():
            ranked = services.search.prepare(SearchRequest(text, limit=10, mode=mode))(weights)
            run[query] = [(names.get(key, str(key)), score) for key, score in ranked]
        found = measure_queries(collection.qrels, run, metric)
        return {query: found.get(query, 0.0) for query in run}

    sides = (scores("words", SHIPPED), scores("hybrid", SHIPPED), scores("hybrid", ONE_LOOK))
    return Measured(collection.name, *sides)


def halves(collection: Collection) -> dict[str, list[str]]:
    queries = list(collection.queries)
    return {"odd places": queries[0::2], "even places": queries[1::2]}


@contextmanager
def opened(
    folder: Path, home: Path, corpus: Path | None = None
) -> Iterator[tuple[LocalServices, Collection]]:
    with indexed_collection(folder, corpus, home, lambda done, share: None) as pair:
        yield pair


def bench_collections(homes: Path) -> list[str]:
    lines = ["## Test collections", "", f"{dt.date.today()}, nDCG@10.", "", *HEADER]
    for name, label in COLLECTIONS.items():
        with opened(SHARED / "collections" / name, homes / name) as (services, collection):
            found = measure(services, collection, "nDCG@10")
        lines.append(found.row(label))
        lines += [
            found.of(part).row(f"{label}, {where}") for where, part in halves(collection).items()
        ]
    return lines


def bench_perturbed(homes: Path) -> list[str]:
    losses: dict[str, dict[str, str]] = {}
    for name, label in COLLECTIONS.items():
        with opened(SHARED / "collections" / name, homes / name) as (services, collection):
            found = measure_robustness(
                services.search, collection, "hybrid", lambda done, share: None
            )
        losses[label] = {
            loss.perturbation: f"{loss.share:.1%} ({loss.before:.4f} to {loss.after:.4f}, "
            f"{loss.changed} queries)"
            if loss.changed
            else "changes none"
            for loss in found.losses
        }
    return [
        "## Perturbed queries",
        "",
        f"{dt.date.today()}, hybrid: share of nDCG@10 lost over the queries that are changed; below 0 "
        "is a gain. One change a query.",
        "",
        f"| perturbation | {' | '.join(losses)} |",
        f"| --- {'| --- ' * len(losses)}|",
        *(
            f"| {kind} | {' | '.join(losses[label][kind] for label in losses)} |"
            for kind in PERTURBATIONS
        ),
    ]


def bench_known(homes: Path) -> list[str]:
    lines: list[str] = []
    for name, label in KNOWN.items():
        folder = SHARED / "collections" / name
        with opened(folder, homes / "corpus", CORPUS) as (services, collection):
            found = measure(services, collection, "RR@10")
            held = set(judged_names(services.search.iter_identifiers(), collection).values())
            papers = services.admin.status(OWNER).papers
        there = [q for q in collection.queries if held & relevant(collection, q)]
        if not lines:
            about = f"{dt.date.today()}, MRR@10 among {papers:,} papers."
            lines = ["## Known items in the whole corpus", "", about, "", *HEADER]
        lines.append(found.row(label))
        if len(there) < len(collection.queries):
            lines.append(found.of(there).row(f"{label}, target is in the corpus"))
        for where, part in halves(collection).items():
            lines.append(found.of([q for q in part if q in set(there)]).row(f"{label}, {where}"))
    return [*lines, "", "Halves are of the queries whose target is in the corpus."]


def relevant(collection: Collection, query: str) -> set[str]:
    return {name for name, grade in collection.qrels[query].items() if grade > 0}


def bench_pages(homes: Path) -> list[str]:
    pages, whole = homes / "pages", homes / "corpus-and-pages"
    with open_services(Home(pages).create()) as services:
        services.library.import_paths(OWNER, [str(SHARED / "pages")])
        alone = {page: shared_with_page(services, page) for page in PAGES}
    if not whole.exists():
        with opened(SHARED / "collections" / "knownitem_potw", homes / "corpus", CORPUS):
            pass
        shutil.copytree(homes / "corpus", whole)
    with open_services(Home(whole)) as services:
        services.library.import_paths(OWNER, [str(SHARED / "pages")])
        services.admin.index_pending(OWNER)
        papers = services.admin.status(OWNER).papers
        among = {page: shared_with_page(services, page) for page in PAGES}
    return [
        "## Saved pages of the reference service",
        "",
        f"{dt.date.today()}, hybrid: how many of a page's first {PAGE_TOP} papers are among our first "
        f"20 and first 50, in the library of the five pages and among {papers:,} papers.",
        "",
        "| page | likely query | five pages: first 20 | first 50 | whole corpus: first 20 | first 50 |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {page} | {query} | {' | '.join(map(str, (*alone[page], *among[page])))} |"
            for page, query in PAGES.items()
        ),
    ]


def shared_with_page(services: LocalServices, page: str) -> tuple[int, int]:
    """How many of the page's first are among our first 20 and 50."""
    hits = services.search.search(SearchRequest(PAGES[page], limit=50)).hits
    ours = [normalise_title(hit.paper.title) for hit in hits]
    theirs = first_titles(page)
    return len(theirs & set(ours[:20])), len(theirs & set(ours))


def first_titles(page: str) -> set[str]:
    titles: list[str] = []
    for source in iter_inputs([str(next((SHARED / "pages").glob(f"{page}_*.txt")))]):
        if source.format is None:
            raise SystemExit(f"page {page} is in no known format")
        pieces = (piece for piece in source.pieces() if isinstance(piece, RawRecord))
        titles += [normalise_title(source.format.parse(piece.raw).title) for piece in pieces]
    return set(titles[:PAGE_TOP])


def bench_development(homes: Path, development: Path | None) -> list[str]:
    if development is None:
        return []
    lines = [
        "## Development collections",
        "",
        f"{dt.date.today()}, nDCG@10. Weights were chosen on these: no evidence, but a yardstick for changes. "
        "`python -m benchmarks.development` makes them.",
        "",
        *HEADER,
    ]
    for folder in sorted(path for path in development.iterdir() if path.is_dir()):
        with opened(folder, homes / folder.name) as (services, collection):
            lines.append(measure(services, collection, "nDCG@10").row(folder.name))
    return lines


def bench_tuning(homes: Path, development: Path | None) -> list[str]:
    """What ``broadsheet tune`` says of the present weights."""
    if development is None:
        return []
    folders = sorted(str(path) for path in development.iterdir() if path.is_dir())
    with tempfile.TemporaryDirectory() as temporary:
        command = [BROADSHEET, "--home", temporary, "tune", *folders, "--index", str(homes)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [
        "## Weights searched anew",
        "",
        f"{dt.date.today()}, `broadsheet tune` on the development collections:",
        "",
        "```toml",
        *told.splitlines(),
        "```",
    ]


def with_embedder(lines: Sequence[str]) -> list[str]:
    """Sections of another embedder than the shipped one say so in their headings."""
    with tempfile.TemporaryDirectory() as temporary:
        kind, _, place = load_settings(Home(Path(temporary))).embedder.partition(":")
    if kind == "static":
        return list(lines)
    name = place.rstrip("/").rpartition("/")[2] or kind
    return [f"{line}, {name}" if line.startswith("## ") else line for line in lines]


def main() -> None:
    """Read the arguments, measure and write."""
    parser = argparse.ArgumentParser(description="Measure quality of ranking.")
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--homes", type=Path, help="folder to keep indexes in")
    parser.add_argument("--development", type=Path, help="folder of development collections")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-quality-") as temporary:
        homes: Path = args.homes or Path(temporary)
        benches: dict[str, Callable[[], list[str]]] = {
            "collections": lambda: bench_collections(homes),
            "perturbed": lambda: bench_perturbed(homes),
            "known": lambda: bench_known(homes),
            "pages": lambda: bench_pages(homes),
            "development": lambda: bench_development(homes, args.development),
            "tuning": lambda: bench_tuning(homes, args.development),
        }
        unknown = set(args.sections) - set(benches)
        if unknown:
            parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(benches)}")
        for name in args.sections or benches:
            lines = with_embedder(benches[name]())
            if not lines:
                print(f"{name}: needs --development FOLDER", flush=True)
                continue
            write_sections([TOP, "", *lines], QUALITY)
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
