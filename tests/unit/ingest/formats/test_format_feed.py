"""Feeds of every dialect become records."""

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.ingest.formats.html_text import html_to_text, looks_like_html
from broadsheet.ingest.formats.registry import FORMATS


def test_rss(read, sample):
    result = read("feed", sample("feed.rss"))
    assert result.rejected == []
    article, note, thought = result.records
    assert article.title == "Growth of H$_{2}$O films at 5 K"
    assert article.abstract == "We grow films. They are thin & flat, with a < b."
    assert [author.name for author in article.authors] == ["Ada Quill", "Bo Lindqvist"]
    assert article.identifiers == (Identifier("doi", "10.5555/lis.2024.17"),)
    assert article.published == PartialDate(2024, 3, 2)  # in UTC
    assert article.keywords == ("Surfaces", "Films")
    assert article.venue == "Letters of Invented Science"
    assert article.extra == {
        "feed": "Letters of Invented Science",
        "prism_publicationname": "Letters of Invented Science",
        "prism_volume": "3",
    }
    assert (article.source, article.key) == ("feed", "https://letters.example/#17")
    assert result.positions[0] == "item 1, line 9"

    assert note.title == "A note on grids"
    assert note.identifiers == (Identifier("arxiv", "2403.00007"),)
    assert [author.name for author in note.authors] == [
        "Chidi Okafor", "Dai Nguyen", "Eva Schröder-Ruiz",
    ]  # fmt: skip
    assert note.abstract == "Grids, as in 10.5555/other.work, where x<y and y>z."
    assert note.published == PartialDate(2024, 3)

    assert thought.title == (
        "Only a thought, without a title, but long enough to see where a title made of it would have to …"
    )


def test_atom(read, sample):
    record = read("feed", sample("feed.atom")).record
    assert record.title == "Session 3: Sharp minima"
    assert record.abstract == "We read about minima. Bring tea."
    assert (record.published, record.updated) == (PartialDate(2024, 3, 2), PartialDate(2024, 3, 4))
    assert record.identifiers == (Identifier("arxiv", "2403.00009"),)
    assert (record.key, record.url) == ("tag:group.example,2024:3", "https://group.example/3")
    assert record.extra == {"feed": "A reading group"}


def test_rdf(read, sample):
    record = read("feed", sample("feed.rdf")).record
    assert (record.title, record.abstract) == ("First of its kind", "As it was done.")
    assert record.published == PartialDate(2023, 12, 31)
    assert record.key == "https://old.example/1"


def test_json_feed(read, sample):
    result = read("feed", sample("feed.json"))
    titled_one, untitled = result.records
    assert (titled_one.title, titled_one.abstract) == ("What we saw", "First. Then & there.")
    assert titled_one.published == PartialDate(2024, 3, 1)
    assert titled_one.updated == PartialDate(2024, 3, 5)
    assert titled_one.identifiers == (Identifier("arxiv", "2403.00011"),)
    assert [author.name for author in titled_one.authors] == ["Ada Quill", "Bo Lindqvist"]
    assert titled_one.keywords == ("labs", "light")
    assert (untitled.title, untitled.key) == ("No title here.", "https://lab.example/#2")
    assert result.rejected == [
        ("item 3", "there is no item in it"),
        ("item 4", "it has no title"),
    ]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("feed.rss", "feed"),
        ("feed.atom", "feed"),
        ("feed.rdf", "feed"),
        ("feed.json", "feed"),
        ("arxiv-query.atom", "arxiv-atom"),
        ("arxiv-feed.rss", "arxiv-atom"),
        ("arxiv-error.atom", "arxiv-atom"),
        ("papers.jsonl", "papers-jsonl"),
    ],
)
def test_told_from_other_formats(sample, file, expected):
    assert next(each.name for each in FORMATS if each.recognises(sample(file), file)) == expected


def test_numbers_as_names_are_names_within_their_feed(read):
    item = "<item><title>T</title><guid>1</guid></item>"
    feeds = [
        f"<rss><channel><title>{name}</title>{item}</channel></rss>" for name in ("One", "Two")
    ]
    assert [read("feed", feed).record.key for feed in feeds] == ["One#1", "Two#1"]


def test_damage_in_one_item_costs_one_item(read):
    items = ["<item><title>A</title></item>", "<item><title>B &", "<item><title>C</title></item>"]
    result = read("feed", f"<rss><channel><title>F</title>{''.join(items)}</channel></rss>")
    assert result.titles == ["A", "C"]
    assert [reason for _, reason in result.rejected] == ["<item> is not closed"]


def test_entities_do_not_expand(read):
    bomb = (
        '<!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><title>x &a; &b;</title></item></channel></rss>"
    )
    titles = read("feed", bomb).titles
    assert all("lol" not in title and "root:" not in title for title in titles)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("H<sub>2</sub>O and 10<sup>3</sup>", "H$_{2}$O and 10$^{3}$"),
        ("a<br/>b", "a b"),
        ("<ul><li>x</li><li>y</li></ul>", "x y"),
        ("&lt;b&gt; stays, &eacute; too", "<b> stays, é too"),
        ("<style>p {}</style>shown<!-- hidden -->", "shown"),
        ('<math alttext="x^2"><mi>x</mi><mn>2</mn></math> grows', "x^2 grows"),
        ("<b>never closed", "never closed"),
        ("", ""),
        ("<div>" * 200 + "deep", "deep"),
    ],
)
def test_html_becomes_text(text, expected):
    assert html_to_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<b and c>d", False),
        ("if $x<y>z$", False),
        ("<p>x</p>", True),
        ("x &amp; y", True),
        ("R&D;", False),
        ("AT&T", False),
        ('<a href="x">', True),
        ("<br />", True),
    ],
)
def test_what_looks_like_html(text, expected):
    assert looks_like_html(text) is expected
