"""Papers as a table of comma-separated values (RFC 4180), for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import address, identifier, one_line
from broadsheet.export.record import compose_reading

COLUMNS = (
    "id", "title", "authors", "date", "venue", "categories", "keywords", "doi", "arxiv", "url",
    "code_url", "project_url", "votes", "citations", "stars", "status", "day", "sources",
    "abstract",
)  # fmt: skip
"""Lists within a cell are parted by semicolons."""


def iter_table(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield the header, then a row for each paper; readable text, one line a cell."""
    yield _row(COLUMNS)
    for paper in papers:
        values = compose_reading(paper) | {
            "arxiv": identifier(paper, "arxiv"),
            "url": address(paper),
        }
        yield _row(tuple(_cell(values.get(name, "")) for name in COLUMNS))


def _row(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _cell(value: object) -> str:
    """One line. A cell that a spreadsheet would run as a formula begins with an apostrophe
    (https://owasp.org/www-community/attacks/CSV_Injection)."""
    parts = value if isinstance(value, list) else [value]
    text = "; ".join(one_line(str(part)) for part in parts)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
