"""Titles with slips as queries for their papers, and right titles that should stay as they are.

``python -m benchmarks.typos make HOME FILE`` draws titles of the library at HOME and writes queries;
``python -m benchmarks.typos measure HOME FILE`` searches for them with the checkout that is imported, and
prints for each kind of query how often the paper comes first, MRR@10, and how many queries were corrected
(with ``PYTHONPATH`` another checkout's, the same queries measure that one).
"""

import argparse
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import corpus
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import LocalServices, open_services

TITLES = 1_000
SEED = 13
WIDE = corpus.SHARED / "corpus" / "papers-wide.jsonl.zst"
_WORD = re.compile(r"(?<![\w\\])[A-Za-z]{4,}(?!\w)")
_PLAIN = re.compile(r"[A-Za-z0-9 ,:?'()-]+")
FOREIGN = [
    "Verfahren zur Bestimmung der Netzwerkstruktur",
    " neuronale Netze",
    " Spracherkennung mit Modellen",
    "Bildverarbeitung",
    " Datenanalyse",
    " Algorithmus",
    " Statistik",
    " Klassifikation",
    " Optimierung",
    " Methode",
    "Netzwerk",
    " Graphen",
    " Analyse von Texten",
    " Systeme und Regelung",
    " Wahrscheinlichkeit",
    " Information",
    "maschinelles Lernen",
    " Erkennung",
    " Struktur",
    " Physik der Materie",
    " Theorie der Zahlen",
    " Logik",
    "apprentissage automatique",
    " réseaux de neurones",
    " méthodes statistiques",
    " analyse des données",
    "reconnaissance",
    " modèles probabilistes",
    " traitement du langage",
    " algorithmique",
    " théorie des jeux",
    "logique",
    " statistique",
    " optimisation convexe",
    " systèmes",
    " calcul",
    " mesures",
    " classification des textes",
    "aprendizaje automático",
    " redes neuronales",
    " métodos estadísticos",
    " análisis de datos",
    " algoritmo",
    "modelos",
    " estadística",
    " reconocimiento",
    " lenguaje natural",
    " sistemas",
    " grafos",
    " lógica",
    " redes",
    "apprendimento automatico",
    " reti neurali",
    " metodi statistici",
    " analisi dei dati",
    " algoritmo",
    " modelli",
    "aprendizado de máquina",
    " redes neurais",
    " modelos",
    " estatística",
    " linguagem natural",
    " algoritmos",
]


def transpose(word: str, source: random.Random) -> str:
    places = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    at = source.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def leave_out(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[:at] + word[at + 1 :]


def double(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[: at + 1] + word[at] + word[at + 1 :]


def hit_beside(word: str, source: random.Random) -> str:
    from broadsheet.text.keyboard import NEIGHBOURS

    at = source.randrange(len(word))
    return word[:at] + source.choice(NEIGHBOURS[word[at].lower()]) + word[at + 1 :]


SLIPS: dict[str, Callable[[str, random.Random], str]] = {
    "transposition": transpose,
    "omission": leave_out,
    "doubling": double,
    "neighbouring key": hit_beside,
}


def slip(title: str, kind: str, source: random.Random) -> str:
    """Return the title with one slip in one of its words of four letters or more."""
    word = source.choice(list(_WORD.finditer(title)))
    while (changed := SLIPS[kind](word[0], source)) == word[0]:
        pass
    return title[: word.start()] + changed + title[word.end() :]


def iter_plain(path: Path, every: int, offset: int) -> Iterator[dict[str, Any]]:
    """Papers with a title in plain letters of 4 to 14 words, every so many lines."""
    for number, line in enumerate(corpus.iter_lines(path)):
        if number % every == offset:
            paper = json.loads(line)
            title = " ".join(paper["title"].split())
            plain = _PLAIN.fullmatch(title) is not None and not title.isupper()
            if plain and 4 <= len(title.split()) <= 14 and len(_WORD.findall(title)) >= 2:
                yield {"id": paper["id"], "title": title}


def make(services: LocalServices, target: Path) -> None:
    source = random.Random(SEED)
    held: list[dict[str, Any]] = []
    absent: list[dict[str, Any]] = []
    known = {str(name) for _, name in services.search.iter_identifiers()}
    for paper in iter_plain(corpus.CORPUS, 1, 0):
        (held if paper["id"] in known else absent).append(paper)
    held = source.sample(held, TITLES)
    queries: list[dict[str, str]] = []
    kinds = list(SLIPS)
    for at, paper in enumerate(held):
        title, target_id = paper["title"], paper["id"]
        kind = kinds[at % len(kinds)]
        once = slip(title, kind, source)
        queries += [
            {"kind": "no slip", "text": title, "id": target_id},
            {"kind": f"one slip: {kind}", "text": once, "id": target_id},
            {
                "kind": "two slips",
                "text": slip(once, source.choice(kinds), source),
                "id": target_id,
            },
        ]
    clean = {
        "right title of another paper": [p["title"] for p in source.sample(absent, TITLES)],
        "right title of another field": [
            p["title"] for p in source.sample(list(iter_plain(WIDE, 20, 3)), TITLES)
        ],
        "in another language": [text.strip() for text in FOREIGN],
    }
    words = [title.split() for kind in list(clean)[:2] for title in clean[kind]]
    clean["one or two right words"] = [
        " ".join(title[at : at + source.randint(1, 2)])
        for title in words
        for at in [source.randrange(len(title))]
    ]
    queries += [
        {"kind": kind, "text": text, "id": ""} for kind, texts in clean.items() for text in texts
    ]
    target.write_text("".join(json.dumps(query) + "\n" for query in queries), encoding="utf-8")


def measure(services: LocalServices, queries: Path, shown: Path | None) -> None:
    rows: dict[str, list[tuple[float, bool, bool, float]]] = defaultdict(list)
    log = shown.open("w", encoding="utf-8") if shown else None
    for line in queries.read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        began = time.perf_counter()
        answer = services.search.search(SearchRequest(query["text"], limit=10))
        took = time.perf_counter() - began
        names = [
            {hit.paper.id, *map(str, hit.paper.identifiers)}
            | {name for other in hit.alike for name in (other.id, *map(str, other.identifiers))}
            for hit in answer.hits
        ]
        rank = next((at for at, ids in enumerate(names, 1) if query["id"] in ids), 0)
        corrected = getattr(answer, "corrected", "") or any("ranked by" in n for n in answer.notes)
        row = (1 / rank if rank else 0.0, bool(corrected), bool(answer.suggestion), took)
        for kind in {query["kind"], query["kind"].partition(":")[0]}:
            rows[kind].append(row)
        if log:
            print(
                query["kind"], query["text"], corrected, answer.suggestion, rank, sep="\t", file=log
            )
    print("| queries | number | first | MRR@10 | corrected | offered | median ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind, found in rows.items():
        n = len(found)
        first = sum(row[0] == 1 for row in found) / n
        mrr = sum(row[0] for row in found) / n
        corrected, offered = sum(row[1] for row in found), sum(row[2] for row in found)
        middle = sorted(row[3] for row in found)[n // 2] * 1000
        known = (
            f"{first:.3f} | {mrr:.3f}"
            if "right" not in kind and "language" not in kind
            else "– | –"
        )
        print(f"| {kind} | {n} | {known} | {corrected} | {offered} | {middle:.0f} |")


def main() -> None:
    """Read the arguments, make or measure."""
    parser = argparse.ArgumentParser(description="Measure search with mistyped titles.")
    parser.add_argument("action", choices=("make", "measure"))
    parser.add_argument("home", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--show", type=Path, help="write each query with its outcome here")
    args = parser.parse_args()
    with open_services(Home(args.home)) as services:
        if args.action == "make":
            make(services, args.queries)
        else:
            measure(services, args.queries, args.show)


if __name__ == "__main__":
    main()
