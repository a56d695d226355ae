import re

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Version


def test_atom_answer(read, sample):
    records = read("arxiv-atom", sample("arxiv-query.atom"))
    record = records.record
    assert record.title == (
        "Multi-Electron Production at High Transverse Momenta in ep Collisions at HERA"
    )
    assert record.abstract.endswith("with $p_T < 10$.")
    assert record.authors == (Author("H1 Collaboration"), Author("J. Doe", "HERA"))
    assert record.identifiers == (
        Identifier("arxiv", "hep-ex/0307015"),
        Identifier("doi", "10.1140/epjc/s2003-01326-x"),
    )
    assert record.versions == (
        Version(1, PartialDate(2003, 7, 7)),
        Version(2, PartialDate(2003, 7, 8)),
    )
    assert record.categories == ("hep-ex", "hep-ph")
    assert record.venue == "Eur.Phys.J. C31 (2003) 17-29"
    assert record.comment == "23 pages, 8 figures"
    assert (record.source, record.key, record.extra) == ("arxiv", "hep-ex/0307015", {})
    assert records.positions == ["entry 1, line 8"]


def test_atom_error_says_what_arxiv_said(read, sample):
    records = read("arxiv-atom", sample("arxiv-error.atom"))
    assert records.records == []
    (rejected,) = records.rejected
    assert rejected == (
        "entry 1, line 5",
        "arXiv answered with an error: incorrect id format for 1234.1234",
    )


def test_a_paper_that_is_called_error_is_a_paper(read, sample):
    named = re.sub(
        rb"<title>Multi.*?</title>", b"<title>Error</title>", sample("arxiv-query.atom"), flags=re.S
    )
    assert read("arxiv-atom", named).titles == ["Error"]


def test_daily_feed(read, sample):
    record = read("arxiv-atom", sample("arxiv-feed.rss")).record
    assert record.title == "A Paper About Things"
    assert record.abstract == "We show things about things."
    assert [author.name for author in record.authors] == [
        "Jane Doe", "John Smith", "Ada Q. Lovelace",
    ]  # fmt: skip
    assert record.published == PartialDate(2024, 1, 2)
    assert record.extra["announce_type"] == "new"


def test_a_replaced_paper_was_not_published_today(read, sample):
    replaced = sample("arxiv-feed.rss").replace(b">new<", b">replace<")
    record = read("arxiv-atom", replaced).record
    assert record.published is None
    assert record.updated == PartialDate(2024, 1, 2)


def test_oai_arxiv(read, sample):
    paper, deleted = read("oai-pmh", sample("oai-arxiv.xml")).records
    assert paper.authors == (Author("C. Balázs"), Author("E. L. Berger Jr", "Argonne"))
    assert paper.published == PartialDate(2007, 4, 2)
    assert paper.updated == PartialDate(2007, 7, 24)
    assert paper.categories == ("hep-ph", "hep-ex")
    assert paper.identifiers[1] == Identifier("doi", "10.1103/physrevd.76.013009")
    assert paper.extra["report-no"] == "ANL-HEP-PR-07-12"
    assert paper.abstract.startswith("A fully differential calculation in perturbative quantum")

    assert (deleted.status, deleted.title) == ("withdrawn", "")
    assert deleted.identifiers == (Identifier("arxiv", "0705.0002"),)
    assert (deleted.source, deleted.key) == ("arxiv", "0705.0002")


def test_oai_dublin_core_and_raw(read, sample):
    core, raw = read("oai-pmh", sample("oai-dc-raw.xml")).records
    assert [author.name for author in core.authors] == ["David H. Wolpert", "Kagan Tumer"]
    assert core.abstract == "A COllective INtelligence (COIN) is a set of agents."
    assert core.comment == "7 pages"
    assert core.categories == ("cs.LG",)
    assert core.published == PartialDate(1999, 5, 10)
    assert core.identifiers == (Identifier("arxiv", "cs/9905004"),)

    assert [author.name for author in raw.authors] == ["Hongjun Pan", "A. B. Other", "C. Third"]
    assert [version.date for version in raw.versions] == [
        PartialDate(2007, 4, 1), PartialDate(2007, 12, 8),
    ]  # fmt: skip
    assert raw.extra["submitter"] == "Hongjun Pan"


def test_oai_from_another_repository(read):
    document = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record>
    <header><identifier>oai:example.org:42</identifier></header><metadata>
    <oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Elsewhere</dc:title>
      <dc:identifier>https://doi.org/10.1234/abc</dc:identifier></oai_dc:dc>
    </metadata></record></ListRecords></OAI-PMH>"""
    record = read("oai-pmh", document).record
    assert (record.source, record.key) == ("oai", "oai:example.org:42")
    assert record.identifiers == (Identifier("doi", "10.1234/abc"),)


def test_oai_error_says_its_code(read, sample):
    (rejected,) = read("oai-pmh", sample("oai-error.xml")).rejected
    assert rejected[1] == (
        "the repository answered with the error noRecordsMatch: The combination is empty"
    )


def test_acl(read, sample):
    records = read("acl-xml", sample("acl.xml"))
    record = records.record
    assert record.title == (
        "Learning to Understand Child-directed and Adult-directed Speech "
        "with LSTMs in $O(n^2)$ time"
    )
    assert record.authors[1] == Author("Grzegorz Chrupała", "Tilburg")
    assert record.identifiers == (
        Identifier("acl", "2020.acl-main.1"),
        Identifier("doi", "10.18653/v1/2020.acl-main.1"),
    )
    assert record.published == PartialDate(2020, 7)
    assert record.venue.startswith("Proceedings of the 58th Annual Meeting")
    assert record.code_url == "https://github.com/lgelderloos/cds_ads"
    assert record.abstract.endswith("in linguistic aspects.")
    assert record.publication.pages == "1–6"
    assert (record.source, record.key) == ("acl", "2020.acl-main.1")
    assert records.positions == ["paper 1, line 15"]


@pytest.mark.parametrize(
    ("collection", "volume", "paper", "expected"),
    [
        ("P19", "1", "1", "P19-1001"),
        ("W18", "1", "2", "W18-0102"),
        ("W18", "65", "14", "W18-6514"),
        ("D19", "1", "12", "D19-1012"),
        ("D19", "57", "3", "D19-5703"),
        ("2022.findings", "emnlp", "7", "2022.findings-emnlp.7"),
    ],
)
def test_acl_identifiers_old_and_new(read, collection, volume, paper, expected):
    document = (
        f'<collection id="{collection}"><volume id="{volume}"><meta><year>2019</year></meta>'
        f'<paper id="{paper}"><title>T</title></paper></volume></collection>'
    )
    assert read("acl-xml", document).record.identifiers == (Identifier("acl", expected),)


def test_retracted_paper(read, sample):
    retracted = sample("acl.xml").replace(
        b"<pages>", b'<retracted date="2021-01-01">x</retracted><pages>'
    )
    assert read("acl-xml", retracted).record.status == "retracted"


FEED = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
ENTRY = "<entry><id>http://arxiv.org/abs/2401.0000{0}v1</id><title>Paper {0}</title></entry>"


def test_damage_in_one_entry_costs_one_entry(read):
    entries = [
        ENTRY.format(1),
        ENTRY.format(2).replace("Paper", "A < B &"),
        ENTRY.format(3),
        ENTRY.format(4).replace("</entry>", ""),
        ENTRY.format(5),
        ENTRY.format(6).replace("<entry>", "<ent ry>"),
        "<entry/>",
        ENTRY.format(7),
    ]
    records = read("arxiv-atom", FEED.format("\n".join(entries)))
    assert records.titles == ["Paper 1", "Paper 3", "Paper 5", "Paper 7"]
    reasons = dict(records.rejected)
    assert reasons["entry 2, line 2"].startswith("not well-formed XML")
    assert reasons["entry 4, line 4"] == "<entry> is not closed"
    assert reasons["line 6"].startswith("</entry> without a start")
    assert reasons["entry 6, line 7"] == "'' is not an arXiv identifier"


def test_truncated_xml_keeps_what_came_before(read):
    whole = FEED.format(ENTRY.format(1) + "\n" + ENTRY.format(2))
    inside = read("arxiv-atom", whole[: whole.rindex("Paper 2")])
    assert inside.titles == ["Paper 1"]
    assert inside.rejected == [("entry 2, line 2", "the input ends inside this entry")]
    between = read("arxiv-atom", whole[: whole.index("\n")])
    assert between.titles == ["Paper 1"]
    assert between.rejected == [("line 1", "the input ends early: </feed> is missing")]


def test_entity_bombs_do_not_go_off(read):
    entities = '<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)
    )
    outside = '<!ENTITY file SYSTEM "file:///etc/passwd">'
    bomb = f'<?xml version="1.0"?><!DOCTYPE feed [{entities}{outside}]>' + FEED.format(
        ENTRY.format(1)
        + ENTRY.format(2).replace("Paper", "&a11;")
        + ENTRY.format(3).replace("Paper", "&file;")
        + ENTRY.format(4)
    )
    records = read("arxiv-atom", bomb)
    assert records.titles == ["Paper 1", "Paper 4"]
    assert [position for position, _ in records.rejected] == ["entry 2, line 1", "entry 3, line 1"]


def test_comments_and_cdata_hide_their_tags(read):
    hidden = f"<!-- {ENTRY.format(1)} -->"
    quoted = ENTRY.format(2).replace("Paper", "<![CDATA[<entry> & </entry>]]> Paper")
    assert read("arxiv-atom", FEED.format(hidden + quoted)).titles == ["<entry> & </entry> Paper 2"]


def test_a_comment_that_is_never_closed_hides_nothing(read):
    records = read("arxiv-atom", FEED.format(ENTRY.format(1) + "<!-- " + ENTRY.format(2)))
    assert records.titles == ["Paper 1", "Paper 2"]


def test_control_characters_in_xml_lose_no_record(read):
    assert read(
        "arxiv-atom", FEED.format(ENTRY.format(1).replace("Paper", "Pa\0per\x1f"))
    ).titles == ["Paper 1"]


def test_an_entry_beyond_the_limit_costs_only_itself(read):
    huge = ENTRY.format(2).replace("Paper", "x" * (5 * 1024 * 1024))
    records = read("arxiv-atom", FEED.format(ENTRY.format(1) + huge + "\n" + ENTRY.format(3)))
    assert records.titles == ["Paper 1", "Paper 3"]
    assert records.rejected[0] == ("entry 2, line 1", "more than 4 MiB in one entry")


def test_prefixed_names_are_understood(read):
    document = (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom">'
        "<a:entry><a:id>http://arxiv.org/abs/2401.00001v1</a:id><a:title>P</a:title></a:entry></a:feed>"
    )
    assert read("arxiv-atom", document).titles == ["P"]
