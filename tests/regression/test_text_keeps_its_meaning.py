"""Numbers keep their exponents and letters their names, in whatever format they come."""

import json

import pytest

from broadsheet.ingest.formats.registry import get_format
from broadsheet.text.latex.plain_text import to_text

TITLE = "Titres of 10<sup>5</sup> in H<sub>2</sub>O"
ESCAPED = TITLE.replace("<", "&lt;").replace(">", "&gt;")

PUBMED = (
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>30000001</PMID><Article>"
    "<ArticleTitle>{}</ArticleTitle><Abstract><AbstractText>10<sup>-3</sup> mol and "
    "2<sup>10</sup> wells at 1.73 m<sup>2</sup></AbstractText></Abstract></Article>"
    "</MedlineCitation></PubmedArticle></PubmedArticleSet>"
)
WITH_SCRIPTS = {
    "pubmed": PUBMED.format(TITLE),
    "pubmed escaped": PUBMED.format(ESCAPED),
    "feed": f"<rss><channel><title>F</title><item><title>{ESCAPED}</title></item></channel></rss>",
    "acl-xml": (
        '<collection id="2020.acl"><volume id="1"><paper id="1">'
        f"<title>{TITLE}</title></paper></volume></collection>"
    ),
    "crossref": json.dumps({"DOI": "10.5555/x", "title": [TITLE]}),
    "biorxiv": json.dumps({"doi": "10.64898/2026.01.02.1", "title": TITLE}),
}


@pytest.mark.parametrize("name", WITH_SCRIPTS)
def test_an_exponent_stays_an_exponent(name):
    record = get_format(name.split()[0]).parse(WITH_SCRIPTS[name].encode())
    assert to_text(record.title) == "Titres of 10⁵ in H₂O"
    if name.startswith("pubmed"):
        assert to_text(record.abstract) == "10⁻³ mol and 2¹⁰ wells at 1.73 m²"


def biorxiv(**fields):
    return get_format("biorxiv").parse(json.dumps({"doi": "10.64898/1", **fields}).encode())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Interleukin-1{beta} and TGF-{beta} in {micro}m", "Interleukin-1β and TGF-β in μm"),
        ("rose 10{+/-}2 % at 37{degrees}C", "rose 10±2 % at 37°C"),
        ("{gamma}{delta} T cells, {Delta}F508, 5 {middle dot} 3", "γδ T cells, ΔF508, 5 · 3"),
        ("p {leq} 0.05, a {rightarrow} b", "p ≤ 0.05, a → b"),
        ("sets {x, y} stay", "sets {x, y} stay"),
    ],
)
def test_letters_and_signs_named_in_braces(written, read):
    record = biorxiv(title=written, abstract=written)
    assert (to_text(record.title), to_text(record.abstract)) == (read, read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("O_ST_ABSBackgroundC_ST_ABSIt matters.\n\nO_ST_ABSMethods:C_ST_ABSWe counted.",
         "Background: It matters. Methods: We counted."),
        ("O_LIAt the base.\nC_LIO_LIAt the top.\nC_LI", "At the base. At the top."),
        ('Text. O_FIG O_LINKSMALLFIG WIDTH=200 SRC="a.gif" ALT="Figure 1"> View (30K): org@1 C_FIG',
         "Text."),
        ("Using O_SCPLOWDC_SCPLOW-glucose", "Using D-glucose"),
        ("The O_TBL a b C_TBL end", "The end"),
        ("NO_CHANGE in C_code", "NO_CHANGE in C_code"),
    ],
)  # fmt: skip
def test_marks_of_typesetting(written, read):
    assert biorxiv(title="T", abstract=written).abstract == read


def test_an_entity_in_a_name_parts_no_list():
    record = biorxiv(title="T &amp; <em>U</em>", authors="van den Berg, J.; O&#x27;Neil, P.")
    assert [author.name for author in record.authors] == ["J. van den Berg", "P. O'Neil"]
    assert record.title == "T & U"


def test_a_compound_with_a_greek_letter_is_no_fraction():
    assert to_text("IL-1{beta} rose") == "IL-1β rose"
    assert to_text("IL-1{beta} and x^2") == "IL-1β and x²"
    assert to_text("a rate of 1{alpha} n^{2}") == "a rate of 1/α n²"
