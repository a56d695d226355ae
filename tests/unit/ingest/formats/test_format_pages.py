from pathlib import Path

import pytest

from broadsheet.domain.identifiers import Identifier

PAGES = Path(__file__).parents[5] / "shared" / "data" / "pages"


def test_compact_layout(read, sample):
    records = read("result-page", sample("page-compact.txt"))
    assert records.titles == [
        "A First Title: With a Colon",
        "Light Schrödinger Bridge",
        "What Does a Question Ask?",
    ]
    assert records.records[2].abstract == r"It asks for sim85times more, in {\em every} case."
    assert records.positions == ["line 3", "line 5", "line 7"]
    assert records.rejected == [("line 11", "no abstract follows this line")]
    assert records.records[0].key == "a first title with a colon"


def test_spaced_layout(read, sample):
    records = read("result-page", sample("page-spaced.txt"))
    assert records.titles == ["A First Title", "A Second Title", "A Third Title"]
    assert records.records[1].abstract == (
        "This abstract was wrapped at a column by the editor in which somebody saved the page, "
        "as happens, so that it goes over several lines, of which the last one is short."
    )
    assert records.rejected == []


def test_stray_lines_shift_nothing(read):
    page = """Daily Papers
by AK and the research community
A Title without Abstract
A Title
An abstract of the title before it.
12
Submitted by
Another stray line
Second Title
Its abstract, which ends in a link: https://example.org/x
Third Title, cut off
"""
    records = read("result-page", page)
    assert records.titles == ["A Title", "Second Title"]
    assert [position for position, _ in records.rejected] == ["line 3", "line 8", "line 11"]


def test_an_overlong_title_costs_only_itself(read):
    page = f"Daily Papers\n{'x' * 10_000}\n{'An abstract. ' * 30}\nGood\nIts own abstract here.\n"
    records = read("result-page", page)
    assert records.titles == ["Good"]
    assert records.rejected[0] == ("line 2", "10,000 characters where a title is expected")


def test_html(read, sample):
    records = read("result-page", sample("page.html"))
    assert records.titles == ["One & Two: Three", "No Abstract", "Without a link"]
    linked, bare, unlinked = records.records
    assert linked.identifiers == (Identifier("arxiv", "2401.00001"),)
    assert linked.key == "arxiv:2401.00001"
    assert linked.url == "https://arxiv.org/abs/2401.00001"
    assert linked.abstract == (
        "We study one and two and three at some length so that a paragraph results."
    )
    assert (bare.abstract, bare.identifiers) == ("", (Identifier("arxiv", "2402.12345"),))
    assert (unlinked.identifiers, unlinked.key) == ((), "without a link")
    assert records.rejected == []


def test_html_without_headings(read):
    records = read(
        "result-page",
        '<html><body><div><a href="/papers/2401.00001"><img></a>'
        '<a href="/papers/2401.00001">A Linked Title</a><p>What it says.</p></div>'
        '<a href="/papers/2401.00002">Another One</a></body></html>',
    )
    assert records.titles == ["A Linked Title", "Another One"]
    assert records.records[0].abstract == "What it says."
    assert records.records[1].key == "arxiv:2401.00002"


@pytest.mark.parametrize("keep", [300, 500, 620])
def test_html_cut_off_keeps_what_came_before(read, sample, keep):
    whole = sample("page.html")
    records = read("result-page", whole[:keep])
    assert len(records.records) + len(records.rejected) >= 1


def test_html_without_papers_is_rejected(read):
    records = read(
        "result-page", "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
    )
    assert records.rejected == [("line 1", "an HTML page without papers in it")]


@pytest.mark.shared
@pytest.mark.skipif(not PAGES.is_dir(), reason="needs ../shared/data/pages")
def test_the_five_saved_pages(read):
    titles: list[str] = []
    keys = set()
    for path in sorted(PAGES.glob("*.txt")):
        records = read("result-page", path.read_bytes())
        assert records.rejected == [], path.name
        titles += records.titles
        keys |= {record.key for record in records.records}
        assert min(len(record.abstract) for record in records.records) > 400, path.name
    assert len(titles) == 600
    assert len(keys) == 524
    assert not [title for title in titles if title.startswith("Subscribe")]
    assert max(map(len, titles)) < 200
