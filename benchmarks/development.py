"""Make collections to choose ranking settings on, from the measurement data.

``python -m benchmarks.development ../shared/data OUT`` writes BEIR-style folders (about
150 MB) that ``broadsheet evaluate`` and ``broadsheet tune`` read. None of them is reported:
what is reported is chosen on these and on odd topics.

reviews-claims     last sentence of an abstract → its record, without that sentence
reviews-titles     title → its record, without the title
reviews-capitals   the same titles IN CAPITALS
reviews-examples   title and abstract of an included record → the review's other included ones
reviews-headlines  the same by title alone
papers-sentences   last sentence of an abstract → its paper, without that sentence
papers-tldrs       one-sentence description → its paper
papers-keywords    keywords of a paper → papers that share two of them; the corpus has none

Single targets come from records that the shipped embedder was not trained on
(``training.records.is_held_out``), else its vectors would look better than they are.
"""

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from training.records import (
    Paper,
    is_held_out,
    iter_papers,
    iter_reviews,
    read_known_item_targets,
)

from broadsheet.text.sentences import split_sentences

MOST_QUERIES = 400
POOL = 40_000
"""Papers of the large corpus that serve as a haystack."""
FEWEST_SENTENCES = 4
_SHORTEST = 40
"""Characters of a sentence that says something."""
_SEED = 20_261_125
_SHARED_KEYWORDS = 2
_MOST_SHARING = 60
"""Papers that may carry a keyword for it to be asked for: "deep learning" is no topic."""
_EXAMPLES_A_REVIEW = 30


def write_collection(
    folder: Path,
    papers: Iterable[tuple[str, str, str]],
    queries: Mapping[str, str],
    relevant: Mapping[str, Iterable[str]],
) -> None:
    """Write (id, title, abstract) of each paper, the queries and what is relevant to each."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8", compresslevel=3) as corpus:
        for name, title, text in papers:
            corpus.write(json.dumps({"_id": name, "title": title, "text": text}) + "\n")
    with (folder / "queries.jsonl").open("w", encoding="utf-8") as asked:
        for name, text in queries.items():
            asked.write(json.dumps({"_id": name, "text": text}) + "\n")
    rows = [f"{query}\t{paper}\t1" for query in queries for paper in sorted(relevant[query])]
    header = "query-id\tcorpus-id\tscore"
    (folder / "qrels.tsv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    print(f"{folder.name}: {len(queries)} queries", flush=True)


def write_last_sentences(folder: Path, papers: Sequence[Paper]) -> None:
    """Claims: what a paper concludes has to find the paper without its conclusion."""
    cut: dict[str, str] = {}
    queries: dict[str, str] = {}
    for paper in papers:
        sentences = split_sentences(paper.abstract)
        if len(queries) >= MOST_QUERIES or not is_held_out(paper):
            continue
        if len(sentences) >= FEWEST_SENTENCES and len(sentences[-1]) >= _SHORTEST:
            queries[paper.id] = sentences[-1]
            cut[paper.id] = " ".join(sentences[:-1])
    documents = ((paper.id, paper.title, cut.get(paper.id, paper.abstract)) for paper in papers)
    write_collection(folder, documents, queries, {name: [name] for name in queries})


def write_titles(folder: Path, papers: Sequence[Paper], *, capitals: bool) -> None:
    queries = {paper.id: paper.title for paper in papers if is_held_out(paper)}
    queries = dict(list(queries.items())[:MOST_QUERIES])
    documents = (
        (paper.id, "" if paper.id in queries else paper.title, paper.abstract) for paper in papers
    )
    asked = {name: text.upper() if capitals else text for name, text in queries.items()}
    write_collection(folder, documents, asked, {name: [name] for name in queries})


def write_examples(folder: Path, data: Path, papers: Sequence[Paper], *, whole: bool) -> None:
    """Of each review half of the included records ask, and are taken out; the others answer."""
    by_id = {paper.id: paper for paper in papers}
    queries: dict[str, str] = {}
    relevant: dict[str, list[str]] = {}
    taken: set[str] = set()
    for path in sorted((data / "likes").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        included = [row["_id"] for row in rows if row["label_included"] and row["_id"] in by_id]
        random.Random(_SEED).shuffle(included)
        asking, answering = included[: len(included) // 2], included[len(included) // 2 :]
        taken |= set(asking)
        for name in asking[:_EXAMPLES_A_REVIEW]:
            paper = by_id[name]
            queries[name] = f"{paper.title} {paper.abstract}" if whole else paper.title
            relevant[name] = answering
    kept = ((paper.id, paper.title, paper.abstract) for paper in papers if paper.id not in taken)
    write_collection(folder, kept, queries, relevant)


def write_tldrs(folder: Path, papers: Sequence[Paper]) -> None:
    queries = {}
    for paper in papers:
        if is_held_out(paper) and paper.tldrs and len(queries) < MOST_QUERIES:
            queries[paper.id] = (split_sentences(paper.tldrs[-1]) or [paper.tldrs[-1]])[0]
    documents = ((paper.id, paper.title, paper.abstract) for paper in papers)
    write_collection(folder, documents, queries, {name: [name] for name in queries})


def write_keywords(folder: Path, papers: Sequence[Paper]) -> None:
    """A paper's keywords have to find others that share two of them; itself is taken out."""
    holders: dict[str, set[str]] = defaultdict(set)
    for paper in papers:
        for keyword in _keywords(paper):
            holders[keyword].add(paper.id)
    queries: dict[str, str] = {}
    relevant: dict[str, list[str]] = {}
    for paper in papers:
        if len(queries) >= MOST_QUERIES or not is_held_out(paper):
            continue
        shared: dict[str, int] = defaultdict(int)
        told = [word for word in _keywords(paper) if len(holders[word]) <= _MOST_SHARING]
        for keyword in told:
            for other in holders[keyword] - {paper.id}:
                shared[other] += 1
        found = [other for other, count in shared.items() if count >= _SHARED_KEYWORDS]
        if found:
            queries[paper.id] = ", ".join(told)
            relevant[paper.id] = found
    asking = set(queries)
    relevant = {
        name: [other for other in found if other not in asking or other == name]
        for name, found in relevant.items()
    }
    queries = {name: text for name, text in queries.items() if relevant[name]}
    kept = ((paper.id, paper.title, paper.abstract) for paper in papers if paper.id not in asking)
    write_collection(folder, kept, queries, relevant)


def _keywords(paper: Paper) -> list[str]:
    return list(dict.fromkeys(word.strip().lower() for word in paper.keywords if word.strip()))


def make_haystack(data: Path) -> list[Paper]:
    """Held-out papers among others, without the targets of reported queries."""
    targets, _ = read_known_item_targets(data)
    papers = [paper for paper in iter_papers(data) if paper.id not in targets]
    kept = [paper for paper in papers if is_held_out(paper)]
    others = [paper for paper in papers if not is_held_out(paper)]
    keyed = [paper for paper in others if paper.keywords]
    generator = random.Random(_SEED)
    chosen = generator.sample(keyed, min(len(keyed), POOL // 2))
    rest = generator.sample(others, POOL)
    unique = {paper.id: paper for paper in [*kept, *chosen, *rest]}
    return list(unique.values())[:POOL]


def make_collections(data: Path, out: Path) -> None:
    """Write every collection of the module's list to a folder of its own below ``out``."""
    reviews = list(iter_reviews(data))
    write_last_sentences(out / "reviews-claims", reviews)
    write_titles(out / "reviews-titles", reviews, capitals=False)
    write_titles(out / "reviews-capitals", reviews, capitals=True)
    write_examples(out / "reviews-examples", data, reviews, whole=True)
    write_examples(out / "reviews-headlines", data, reviews, whole=False)
    papers = make_haystack(data)
    write_last_sentences(out / "papers-sentences", papers)
    write_tldrs(out / "papers-tldrs", papers)
    write_keywords(out / "papers-keywords", papers)


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(description="Make development collections.")
    parser.add_argument("data", type=Path, help="folder of the measurement data")
    parser.add_argument("out", type=Path, help="folder to write to")
    args = parser.parse_args()
    make_collections(args.data, args.out)


if __name__ == "__main__":
    main()
