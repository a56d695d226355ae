"""Papers with every field set, and a browser over a library of them."""

import datetime as dt

from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Paper, Version
from broadsheet.web.app import create_app
from browsing import open_browser

DAY = dt.date(2026, 6, 2)


def make_paper(number: int = 1, **fields: object) -> Paper:
    """A paper of 2 June 2026 with every field set; ``fields`` replace some."""
    name = f"2606.{number:05d}"
    standard: dict[str, object] = {
        "id": f"arxiv:{name}",
        "key": number,
        "listed": PartialDate.from_date(DAY),
        "added_at": dt.datetime(2026, 6, 3, 7, 30, tzinfo=dt.UTC),
        "title": f"Diffusion models of river deltas, part {number}",
        "abstract": "We model river deltas. The deltas grow. Code is on a public server.",
        "authors": (Author("Ada Lovelace", "Analytical Engines"), Author("Émilie du Châtelet")),
        "identifiers": (Identifier("arxiv", name), Identifier("doi", f"10.1000/delta.{number}")),
        "published": PartialDate(2026, 6, 1),
        "updated": PartialDate(2026, 6, 2),
        "venue": "Proceedings of the Deltas",
        "url": f"https://arxiv.org/abs/{name}",
        "categories": ("physics.geo-ph", "cs.LG"),
        "keywords": ("river deltas", "diffusion"),
        "code_url": "https://github.com/example/deltas",
        "project_url": "https://example.org/deltas",
        "comment": "12 pages, 3 figures",
        "status": "Poster",
        "versions": (Version(1, PartialDate(2026, 6, 1)), Version(2, PartialDate(2026, 6, 2))),
        "signals": {"upvotes": 41, "gs_citation": 142},
        "extra": {"track": "main"},
        "sources": ("arxiv",),
    }
    return Paper(**(standard | fields))  # type: ignore[arg-type]


def make_client(*papers: Paper, former: dict[str, str] | None = None) -> TestClient:
    """A browser without redirects over a library of ``papers``."""
    app = create_app(FakeLibrary(papers, former).services)
    return open_browser(app, follow_redirects=False, raise_server_exceptions=False)
