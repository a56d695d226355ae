"""Papers as JSON lines: the form that ``broadsheet import`` reads back (papers-jsonl)."""

import json
from collections.abc import Iterable, Iterator

from broadsheet.domain.paper import Paper
from broadsheet.export.record import compose_record


def iter_json_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one object a line, text unchanged, without unknown fields."""
    for paper in papers:
        yield json.dumps(compose_record(paper), ensure_ascii=False) + "\n"
