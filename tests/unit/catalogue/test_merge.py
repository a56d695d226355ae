"""Records of one paper become the paper that readers see, field by field."""

import itertools
from typing import Any

import pytest

from broadsheet.catalogue.merge import SOURCES, merge_records, merge_sources, same_view, source_rank
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Record, Version, Work


def record(source: str, **fields: Any) -> Record:
    fields.setdefault("key", "k")
    fields.setdefault("title", "A title")
    return Record(source=source, **fields)


def merged(*records: Record) -> Work:
    """Merged in every order, which must not matter."""
    views = [merge_records(order) for order in itertools.permutations(records)]
    assert all(same_view(view, views[0]) for view in views)
    return views[0]


@pytest.mark.parametrize("name", ["title", "venue", "url", "comment", "code_url", "project_url"])
def test_the_most_trusted_source_that_knows_wins(name):
    view = merged(
        record("hf-papers", **{name: "of the page"}),
        record("arxiv", **{name: "of arXiv"} if name == "title" else {}),
        record("openreview", **{name: "of the review"}),
    )
    assert getattr(view, name) == ("of arXiv" if name == "title" else "of the review")


def test_sources_that_are_not_named_come_before_files_of_a_reader():
    assert source_rank("openreview") < source_rank("some-catalogue") < source_rank("bibtex")
    assert source_rank("starter") == max(map(source_rank, SOURCES))


def test_a_truncated_abstract_never_beats_a_whole_one():
    view = merged(
        record("arxiv", abstract="Cut o", abstract_truncated=True),
        record("starter", abstract="Cut off nowhere."),
    )
    assert view.abstract == "Cut off nowhere."
    assert merged(record("arxiv", abstract="Cut o", abstract_truncated=True)).abstract == "Cut o"


def test_of_equal_sources_the_longest_list_of_authors_wins():
    one, two = (Author("A. Roe"),), (Author("A. Roe"), Author("B. Ko", "Univ. of X"))
    view = merged(
        record("bibtex", key="a", authors=one),
        record("bibtex", key="b", authors=two),
        record("hf-papers", authors=(*two, Author("C. Li"))),
    )
    assert view.authors == two


def test_a_first_author_alone_gives_way_to_the_list_that_begins_with_them():
    all_three = (Author("A. Roe"), Author("B. Ko"), Author("C. Li"))
    only_first = record("papers-jsonl", authors=(Author("a. roe"),))
    assert merged(only_first, record("hf-papers", authors=all_three)).authors == all_three
    assert merged(only_first, record("hf-papers", authors=all_three[1:])).authors == (
        Author("a. roe"),
    )


def test_exact_dates_beat_vague_ones():
    view = merged(
        record("arxiv", published=PartialDate(2024)),
        record("bibtex", published=PartialDate(2024, 5, 6)),
        record("acl", published=PartialDate(2024, 5)),
    )
    assert view.published == PartialDate(2024, 5, 6)


def test_the_latest_update_counts():
    dates = [PartialDate(2024, 5, 6), PartialDate(2024, 7), None]
    assert merged(
        *(record("x", key=str(n), updated=d) for n, d in enumerate(dates))
    ).updated == PartialDate(2024, 7)


def test_lists_are_united_the_most_trusted_first():
    view = merged(
        record("bibtex", categories=("cs.CL", "cs.AI"), keywords=("NLP", "parsing")),
        record("arxiv", categories=("cs.LG", "cs.CL"), keywords=("nlp",)),
    )
    assert view.categories == ("cs.LG", "cs.CL", "cs.AI")
    assert view.keywords == ("nlp", "parsing")


def test_identifiers_are_united_in_order_of_preference():
    doi, arxiv, other = (
        Identifier("doi", "10.1/1"),
        Identifier("arxiv", "2401.00001"),
        Identifier("pl", "1"),
    )
    assert merged(record("a", identifiers=(other, doi)), record("b", identifiers=(arxiv, doi))
                  ).identifiers == (arxiv, doi, other)  # fmt: skip
    assert merged(record("a", identifiers=(doi, arxiv))).identifiers == (arxiv, doi)


def test_versions_of_all_records_are_one_history():
    day = PartialDate(2024, 1, 2)
    view = merged(
        record("arxiv", versions=(Version(1), Version(3, day))),
        record("acl", versions=(Version(1, day), Version(2, day))),
    )
    assert view.versions == (Version(1, day), Version(2, day), Version(3, day))


def test_signals_and_extra_are_united_by_name():
    view = merged(
        record("arxiv", signals={"upvotes": 1}, extra={"a": 1}),
        record("bibtex", signals={"upvotes": 2, "stars": 3}, extra={"b": [2]}),
    )
    assert view.signals == {"upvotes": 1, "stars": 3}
    assert view.extra == {"a": 1, "b": [2]}


def test_links_in_the_text_stand_in_where_no_source_gives_them():
    text = "Code is at https://github.com/roe/frogs.git. Project page: https://roe.github.io/frogs"
    from_text = merged(record("arxiv", abstract=text))
    assert from_text.code_url == "https://github.com/roe/frogs"
    assert from_text.project_url == "https://roe.github.io/frogs"
    from_source = merged(
        record("arxiv", abstract=text), record("x", code_url="https://gitlab.com/r/f")
    )
    assert from_source.code_url == "https://gitlab.com/r/f"
    assert merged(record("arxiv", comment=text)).code_url == "https://github.com/roe/frogs"


def test_a_notice_wins_until_its_source_says_something_later():
    paper = record("arxiv", status="Poster", updated=PartialDate(2024, 1, 2))
    notice = record("arxiv", key="n", title="", status="deleted", updated=PartialDate(2024, 2, 3))
    assert merged(paper, notice).status == "removed"
    assert merged(paper, notice).title == "A title"
    back = record("arxiv", status="Poster", updated=PartialDate(2024, 3, 4))
    assert merged(back, notice).status == "Poster"
    elsewhere = record("acl", status="Oral", updated=PartialDate(2024, 3, 4))
    assert merged(elsewhere, notice).status == "removed"


def test_sources_are_named_once_the_most_trusted_first():
    assert merge_sources(["starter", "bibtex", "arxiv", "bibtex"]) == ("arxiv", "bibtex", "starter")
