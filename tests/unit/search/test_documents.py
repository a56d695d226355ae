"""What of a paper goes into the index, and what does not."""

import dataclasses
from typing import Any

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Version, Work
from broadsheet.ingest.merge import UNINDEXED, same_document
from broadsheet.search.documents import make_document
from memory_library import make_paper

OTHER: dict[str, Any] = {
    "title": "Another",
    "abstract": "Other words",
    "authors": (Author("Ada Roe"),),
    "identifiers": (Identifier("doi", "10.1/1"),),
    "published": PartialDate(2020, 1, 2),
    "updated": PartialDate(2021, 1, 2),
    "venue": "ICML",
    "url": "https://example.org/",
    "categories": ("cs.LG",),
    "keywords": ("frogs",),
    "code_url": "https://github.com/a/b",
    "project_url": "https://a.github.io/b",
    "comment": "9 pages",
    "status": "withdrawn",
    "versions": (Version(1),),
    "signals": {"upvotes": 3},
    "extra": {"a": 1},
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Work)])
def test_the_change_feed_names_every_paper_whose_document_changed(name: str) -> None:
    """``UNINDEXED`` are the fields that change no document; an index that grows by one of
    them would go stale without this."""
    paper = make_paper(1, "A title", "An abstract", name="arxiv:2401.00001")
    changed = dataclasses.replace(paper, **{name: OTHER[name]})
    same = make_document(paper, str) == make_document(changed, str)
    assert same == (name in UNINDEXED)
    assert same_document(paper, changed) == same
