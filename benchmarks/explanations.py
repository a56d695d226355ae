"""How long an explanation takes: ``python -m benchmarks.explanations HOME`` or with the rest."""

import sys
import time
from pathlib import Path

from benchmarks import corpus
from benchmarks.timing import measure_latency, one_core
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.wiring import open_services


def bench(home: Path, count: int) -> list[str]:
    """The first result of each query explained, search and all; whole abstracts too."""
    lines = [
        "## Explanations, one core",
        "",
        f"The first result of {count} queries of each kind, in processor time; the search that the "
        "explanation repeats is in it.",
        "",
        "| queries | median ms | p95 ms | worst ms |",
        "| --- | --- | --- | --- |",
    ]
    with open_services(Home(home)) as services, one_core():
        kinds = corpus.queries(count)
        papers = [services.search.search(SearchRequest(q, limit=1)).hits for q in kinds["sentence"]]
        kinds["abstract"] = [hits[0].paper.abstract[:1000] for hits in papers if hits]
        for kind, texts in kinds.items():
            requests = {text: SearchRequest(text, limit=1) for text in texts}
            first = {
                text: services.search.search(request).hits for text, request in requests.items()
            }
            names = {text: hits[0].paper.id for text, hits in first.items() if hits}
            found = measure_latency(
                lambda text, requests=requests, names=names: services.search.explain(
                    requests[text], names[text]
                ),
                list(names),
                time.process_time,
            )
            lines.append(f"| {kind} | {found.median:.1f} | {found.p95:.1f} | {found.worst:.1f} |")
    return [*lines, ""]


if __name__ == "__main__":
    print("\n".join(bench(Path(sys.argv[1]), 200)))
