"""The parts of a paper that are indexed, and those that are not."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from broadsheet.catalogue.merge import UNFOLLOWED, same_for_followers
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Publication, Version, Work
from broadsheet.index.documents import READING, ReadableText, make_document
from broadsheet.text.latex.plain_text import to_text
from broadsheet.wiring import starter_library
from memory_library import make_paper

TEXTS = Path(__file__).parents[1] / "text"
READINGS = {1: "7be554ed2121bbd6", 2: "e779180e03c8eef0"}
"""By ``READING``: the documents of the fragments and of the starter library."""
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
    "publication": Publication(type="article", volume="7"),
    "signals": {"upvotes": 3},
    "extra": {"a": 1},
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Work)])
def test_the_change_feed_names_every_paper_whose_document_changed(name: str) -> None:
    """An index that held one of the ``UNFOLLOWED`` fields would go stale."""
    paper = make_paper(1, "A title", "An abstract", name="arxiv:2401.00001")
    changed = dataclasses.replace(paper, **{name: OTHER[name]})
    assert same_for_followers(paper, changed) == (name in UNFOLLOWED)
    if name in UNFOLLOWED:
        assert make_document(paper) == make_document(changed)


def test_a_new_report_number_changes_the_document() -> None:
    paper = make_paper(1, "A title", "An abstract", name="arxiv:hep-th/9901001")
    changed = dataclasses.replace(paper, extra={"report-no": "CERN-TH/99-1"})
    assert make_document(changed).report == "CERN-TH/99-1"
    assert not same_for_followers(paper, changed)


def test_text_that_is_read_otherwise_than_before_has_another_number() -> None:
    prose = (TEXTS / "prose_fragments.txt").read_text(encoding="utf-8").splitlines()
    fragments = (TEXTS / "latex_fragments.tsv").read_text(encoding="utf-8").splitlines()
    texts = [ReadableText.of(to_text(line.split("\t")[0]), "") for line in fragments]
    texts.append(ReadableText.of("", to_text(" ".join(prose))))
    with starter_library() as path:
        for line in path.read_text(encoding="utf-8").splitlines():
            paper = json.loads(line)
            texts.append(ReadableText.of(to_text(paper["title"]), to_text(paper["abstract"])))
    digest = hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
    assert READINGS[READING] == digest, "raise search.documents.READING, and add its digest here"
