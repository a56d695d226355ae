from pathlib import Path

import pytest

from broadsheet.domain.identifiers import Identifier

PAGES = Path(__file__).parents[5] / "shared" / "data" / "pages"


def test_compact_layout(read, sample):
    found = read("result-page", sample("page-compact.txt"))
    assert found.titles == [
        "A First Title: With a Colon",
        "Light Schrödinger Bridge",
        "What Does a Question Ask?",
    ]
    assert found.records[2].abstract == r"It asks for sim85times more, in {\em every} case."
    assert found.positions == ["line 3", "line 5", "line 7"]
    assert found.rejected == [("line 11", "no abstract follows this line")]
    assert found.records[0].key == "a first title with a colon"


def test_spaced_layout(read, sample):
    found = read("result-page", sample("page-spaced.txt"))
    assert found.titles == ["A First Title", "A Second Title", "A Third Title"]
    assert found.records[1].abstract == (
        "This abstract was wrapped at a column by the editor in which somebody saved the page, "
        "as happens, so that it goes over several lines, of which the last one is short."
    )
    assert found.rejected == []


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
    found = read("result-page", page)
    assert found.titles == ["A Title", "Second Title"]
    assert [position for position, _ in found.rejected] == ["line 3", "line 8", "line 11"]


def test_an_overlong_title_costs_only_itself(read):
    page = f"Daily Papers\n{'x' * 10_000}\n{'An abstract. ' * 30}\nGood\nIts own abstract here.\n"
    found = read("result-page", page)
    assert found.titles == ["Good"]
    assert found.rejected[0] == ("line 2", "10,000 characters where a title is expected")


def test_html(read, sample):
    found = read("result-page", sample("page.html"))
    assert found.titles == ["One & Two: Three", "No Abstract", "Without a link"]
    linked, bare, unlinked = found.records
    assert linked.identifiers == (Identifier("arxiv", "2401.00001"),)
    assert linked.key == "arxiv:2401.00001"
    assert linked.url == "https://arxiv.org/abs/2401.00001"
    assert linked.abstract == (
        "We study one and two and three at some length so that a paragraph results."
    )
    assert (bare.abstract, bare.identifiers) == ("", (Identifier("arxiv", "2402.12345"),))
    assert (unlinked.identifiers, unlinked.key) == ((), "without a link")
    assert found.rejected == []


def test_html_without_headings(read):
    found = read(
        "result-page",
        '<html><body><div><a href="/papers/2401.00001"><img></a>'
        '<a href="/papers/2401.00001">A Linked Title</a><p>What it says.</p></div>'
        '<a href="/papers/2401.00002">Another One</a></body></html>',
    )
    assert found.titles == ["A Linked Title", "Another One"]
    assert found.records[0].abstract == "What it says."
    assert found.records[1].key == "arxiv:2401.00002"


@pytest.mark.parametrize("keep", [300, 500, 620])
def test_html_cut_off_keeps_what_came_before(read, sample, keep):
    whole = sample("page.html")
    found = read("result-page", whole[:keep])
    assert len(found.records) + len(found.rejected) >= 1


def test_html_without_papers_is_rejected(read):
    found = read("result-page", "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>")
    assert found.rejected == [("line 1", "an HTML page without papers in it")]


@pytest.mark.shared
@pytest.mark.skipif(not PAGES.is_dir(), reason="needs ../shared/data/pages")
def test_the_five_saved_pages(read):
    titles: list[str] = []
    keys = set()
    for path in sorted(PAGES.glob("*.txt")):
        found = read("result-page", path.read_bytes())
        assert found.rejected == [], path.name
        titles += found.titles
        keys |= {record.key for record in found.records}
        assert min(len(record.abstract) for record in found.records) > 400, path.name
    assert len(titles) == 600
    assert len(keys) == 524
    assert not [title for title in titles if title.startswith("Subscribe")]
    assert max(map(len, titles)) < 200
