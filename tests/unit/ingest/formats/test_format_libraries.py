"""PubMed and Zotero."""

import gzip
import io
import json

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord
from broadsheet.domain.paper import Author, Publication
from broadsheet.ingest.formats.registry import get_format
from broadsheet.ingest.reading import Input


def test_pubmed_articles(read, sample):
    records = read("pubmed", sample("pubmed.xml"))
    first, translated, book, *deleted = records.records

    assert first.title == "Effects of H$_{2}$O on noise in wards"
    assert first.abstract == (
        "BACKGROUND: Wards are loud.\n\nRESULTS: Water damps noise (p < 0.05)."
    )
    assert first.authors == (
        Author("Yui A Nakamura", "Ward 7, Osaka.; Water Institute."),
        Author("Martin King Jr"),
        Author("Quiet Wards Group"),
    )
    assert first.identifiers == (
        Identifier("pmid", "39000001"),
        Identifier("pmcid", "PMC7654321"),
        Identifier("doi", "10.1000/quiet.2026.1"),
    )
    assert first.published == PartialDate(2026, 9, 5)
    assert first.updated is None
    assert first.venue == "The journal of quiet medicine"
    assert first.url == "https://pubmed.ncbi.nlm.nih.gov/39000001/"
    assert first.keywords == ("quiet", "noise", "Noise")
    assert first.status == "retracted"
    assert first.extra == {
        "mesh": ["Noise / prevention & control*", "Humans"],
        "publication_types": ["Journal Article", "Retracted Publication"],
        "languages": ["eng"],
        "journal": "J Quiet Med",
        "revised": "2026-11-03",
        "copyright": "© 2026 The Authors.",
    }
    assert first.publication == Publication(
        type="article", volume="12", number="4", pages="1–9", issn="1234-5678"
    )

    assert translated.title == "The noise of wards"
    assert translated.abstract == "Les salles sont bruyantes."
    assert translated.authors == (Author("C Dubois"),)
    assert translated.published == PartialDate(1998, 12)
    assert translated.extra["vernacular_title"] == "Le bruit des salles."
    assert translated.extra["issue_date"] == "1998 Dec-1999 Jan"

    assert (book.title, book.venue) == ("Silence Overview", "QuietReviews")
    assert book.authors == (Author("Ro Pagon"),)

    assert [(record.key, record.status, record.title) for record in deleted] == [
        ("1502", "deleted", ""),
        ("39000001", "deleted", ""),
    ]
    assert records.rejected == [("PubmedArticle 3, line 15", "it has no title")]
    assert records.positions[-1].endswith(", PMID 2")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("<Year>2026</Year><Month>Feb</Month><Day>30</Day>", PartialDate(2026, 2)),
        ("<Year>2026</Year><Month>7</Month><Day>1</Day>", PartialDate(2026, 7, 1)),
        ("<Year>2026</Year><Season>Spring</Season>", PartialDate(2026)),
        ("<MedlineDate>Winter 2001-2002</MedlineDate>", PartialDate(2001)),
        ("<MedlineDate>n.d.</MedlineDate>", None),
        ("<Year>26</Year>", None),
    ],
)
def test_pubmed_dates(read, date, expected):
    record = read("pubmed", article(f"<PubDate>{date}</PubDate>")).record
    assert record.published == expected


def article(date="", title="A title.", more="", citation="") -> str:
    return (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
        f"<Journal><JournalIssue>{date}</JournalIssue></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle>{more}</Article>{citation}"
        "</MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )


def test_pubmed_titles_and_status(read):
    def parse_title(*parts, **more):
        return read("pubmed", article(*parts, **more)).record

    assert parse_title(title="And so on...").title == "And so on..."
    vernacular = "<VernacularTitle>Über Lärm.</VernacularTitle>"
    assert parse_title(title="[Not Available].", more=vernacular).title == "Über Lärm"
    assert parse_title(title="WITHDRAWN: Ear drops.").status == "withdrawn"
    note = "<CommentsCorrectionsList><CommentsCorrections RefType='{}'/></CommentsCorrectionsList>"
    assert parse_title(citation=note.format("RetractionIn")).status == "retracted"
    concern = parse_title(citation=note.format("ExpressionOfConcernIn"))
    assert concern.status == "expression of concern"
    assert parse_title(citation=note.format("RetractionOf")).status == ""


def test_a_pubmed_file_is_read_in_constant_memory_as_it_is_served(sample):
    """Baseline files are gzip; their records must not be held."""
    inner = sample("pubmed.xml").split(b"<PubmedArticleSet>")[1].split(b"<DeleteCitation>")[0]
    content = b"<PubmedArticleSet>" + inner * 200 + b"</PubmedArticleSet>"
    opened = Input("pubmed26n0001.xml.gz", io.BytesIO(gzip.compress(content)), None, None)
    assert opened.format is get_format("pubmed")
    longest = max(len(p.raw) for p in opened.pieces() if isinstance(p, RawRecord))
    assert longest < 5000


def test_zotero_items(read, sample):
    records = read("zotero", sample("zotero.json"))
    preprint, book, article = records.records

    assert preprint.title == "Sorting by listening"
    assert preprint.authors == (Author("Leila Haddad"), Author("The Listeners"))
    assert preprint.identifiers == (
        Identifier("arxiv", "2603.00777"),
        Identifier("pmid", "39000001"),
        Identifier("zotero", "ABCD2345"),
    )
    assert preprint.published == PartialDate(2026, 3, 5)
    assert preprint.updated is None
    assert preprint.venue == "arXiv"
    assert preprint.keywords == ("sorting", "Computer Science - Sound")
    assert preprint.extra["collections"] == ["COLL2222"]
    assert (preprint.source, preprint.key) == ("zotero", "ABCD2345")

    assert (book.published, book.venue) == (PartialDate(1987), "Harbour Press")
    assert book.authors == (Author("Plato"),)
    assert article.published == PartialDate(2025, 6)
    assert article.code_url == "https://github.com/ear/tides"
    assert article.identifiers == (
        Identifier("doi", "10.7554/elife.99001"),
        Identifier("pmcid", "PMC1234567"),
        Identifier("zotero", "JRNL2345"),
    )
    assert records.rejected == [("item 5", "'bad' is not the key of an item in Zotero")]


def test_a_deleted_item_of_zotero_is_a_notice(read):
    notice = read("zotero", '{"deleted":"ABCD2345","on":"2026-11-25"}').record
    assert (notice.status, notice.title) == ("deleted from Zotero", "")
    assert notice.identifiers == (Identifier("zotero", "ABCD2345"),)
    assert notice.updated == PartialDate(2026, 11, 25)
    assert read("zotero", '{"deleted":"x"}').rejected[0][1].startswith("'x' is not the key")


def test_zotero_dates_as_people_write_them(read):
    def date(text):
        return read(
            "zotero",
            f'{{"key":"ABCD2345","data":{{"itemType":"book","title":"x","date":"{text}"}}}}',
        ).record

    assert date("March 2024").published == PartialDate(2024, 3)
    assert date("5 Sept. 1999").published == PartialDate(1999, 9)
    assert date("in press").published is None
    assert date("in press").extra["date"] == "in press"


def test_zotero_with_fields_of_the_wrong_type(read):
    record = read(
        "zotero",
        '{"key":"ABCD2345","meta":3,"data":{"itemType":"book","title":"x","creators":5,"tags":"a",'
        '"extra":{},"date":[],"url":"notes:1"}}',
    ).record
    assert (record.authors, record.keywords, record.url) == ((), (), "")


@pytest.mark.parametrize(
    ("sample_name", "expected"),
    [
        ("biorxiv.json", "biorxiv"),
        ("hf-papers.json", "hf-papers"),
        ("zotero.json", "zotero"),
        ("pubmed.xml", "pubmed"),
        ("papers.jsonl", "papers-jsonl"),
        ("arxiv-snapshot.json", "arxiv-snapshot"),
        ("beir.jsonl", "beir"),
        ("acl.xml", "acl-xml"),
    ],
)
def test_files_are_told_apart(sample, sample_name, expected):
    opened = Input("saved", io.BytesIO(sample(sample_name)), None, None)
    assert opened.format is not None
    assert opened.format.name == expected


def test_saved_answers_are_told_apart_when_indented(sample):
    for name in ("biorxiv", "hf-papers", "zotero"):
        content = json.dumps(json.loads(sample(f"{name}.json")), indent=2).encode()
        opened = Input("saved.json", io.BytesIO(content), None, None)
        assert opened.format is not None
        assert opened.format.name == name
        assert sum(isinstance(p, RawRecord) for p in opened.pieces()) >= 3
