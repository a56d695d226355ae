"""A feed's item on a paper, read after the harvest's record, took its place: comment and
version history were lost, and the next harvest seemed older than the feed. The two are
accounts of one source now, and every version of each is kept."""

import itertools

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.domain.paper import Version
from broadsheet.ingest.formats.registry import get_format
from broadsheet.ingest.pipeline import parse_kept

OAI = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><record><header>
<identifier>oai:arXiv.org:2401.00001</identifier><datestamp>{stamp}</datestamp>
<setSpec>cs:cs:LG</setSpec></header><metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">
<id>2401.00001</id>{versions}<title>On frogs, {n}</title><authors>Ada Roe, Bo Ko</authors>
<categories>{categories}</categories><comments>{comment}</comments>
<abstract>Frogs of stage {n}.</abstract></arXivRaw></metadata></record></OAI-PMH>"""
VERSIONS = (
    '<version version="v1"><date>Mon, 1 Jan 2024 10:00:00 GMT</date></version>',
    '<version version="v2"><date>Thu, 1 Feb 2024 10:00:00 GMT</date></version>',
    '<version version="v3"><date>Fri, 1 Mar 2024 10:00:00 GMT</date></version>',
)
FEED = """<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom"
xmlns:dc="http://purl.org/dc/elements/1.1/"><item><title>On frogs, {n}</title>
<link>https://arxiv.org/abs/2401.00001</link><guid>oai:arXiv.org:2401.00001v{n}</guid>
<description>arXiv:2401.00001v{n} Announce Type: replace Abstract: Frogs of stage {n}.</description>
<category>cs.LG</category><pubDate>{date}</pubDate>
<arxiv:announce_type>replace</arxiv:announce_type><dc:creator>Ada Roe, Bo Ko</dc:creator>
</item></rss>"""
QUERY = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<entry><id>http://arxiv.org/abs/2401.00001v{n}</id><published>2024-01-01T10:00:00Z</published>
<updated>{date}T10:00:00Z</updated><title>On frogs, {n}</title><summary>Frogs of stage {n}.</summary>
<author><name>Ada Roe</name></author><author><name>Bo Ko</name></author>
<arxiv:primary_category term="cs.LG"/><category term="cs.LG"/></entry></feed>"""


def harvested(n: int, comment: str = "9 pages", categories: str = "cs.LG stat.ML") -> Arrival:
    text = OAI.format(
        n=n, stamp=f"2024-0{n}-02", versions="".join(VERSIONS[:n]), comment=comment,
        categories=categories,
    )  # fmt: skip
    return arrival("oai-pmh", text)


def announced(n: int) -> Arrival:
    return arrival(
        "arxiv-atom",
        FEED.format(n=n, date=f"Sun, 3 {['Jan', 'Feb', 'Mar'][n - 1]} 2024 00:00:00 -0500"),
    )


def answered(n: int) -> Arrival:
    return arrival("arxiv-atom", QUERY.format(n=n, date=f"2024-0{n}-01"))


def arrival(format_name: str, text: str) -> Arrival:
    raw = text.encode()
    record = get_format(format_name).parse(raw)
    return Arrival(record, RawRecord(raw, "record 1"), format_name, "https://arxiv.example/")


@pytest.fixture
def store(tmp_path):
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as opened:
        yield opened


@pytest.mark.parametrize(
    "order", list(itertools.permutations([harvested(1), announced(2), harvested(2), answered(2)]))
)
def test_all_accounts_of_a_version_together(store, order):
    for each in order:
        store.store([each], [])
    paper = store.get("2401.00001")
    assert (paper.title, paper.comment) == ("On frogs, 2", "9 pages")
    assert paper.categories == ("cs.LG", "stat.ML")
    assert paper.published == PartialDate(2024, 1, 1)
    assert paper.updated == PartialDate(2024, 2, 1)
    assert paper.versions == (
        Version(1, PartialDate(2024, 1, 1)),
        Version(2, PartialDate(2024, 2, 1)),
    )
    assert store.count() == 1


@pytest.mark.parametrize("later", [harvested(3), announced(3), answered(3)])
def test_a_later_version_from_any_account_is_what_readers_see(store, later):
    for each in (harvested(1), answered(2), later):
        store.store([each], [])
    paper = store.get("2401.00001")
    assert (paper.title, paper.abstract) == ("On frogs, 3", "Frogs of stage 3.")
    assert [version.number for version in paper.versions] == [1, 2, 3]
    for late in (answered(1), announced(1), harvested(2)):
        store.store([late], [])
    assert store.get("2401.00001").title == "On frogs, 3"


def test_versions_told_one_by_one_make_a_history(store):
    for number in (1, 3, 2):
        store.store([answered(number)], [])
    assert store.get("2401.00001").versions == tuple(
        Version(number, PartialDate(2024, number, 1)) for number in (1, 2, 3)
    )
    first_stages = {record.key: b"stage 1" in record.raw for record in store.records_of(1)}
    assert first_stages == {
        "2401.00001v1 (query)": True,
        "2401.00001v2 (query)": False,
        "2401.00001v3 (query)": False,
    }


def test_a_withdrawal_in_a_comment_is_marked_and_lifted_by_the_next_version(store):
    store.store([harvested(1)], [])
    store.store([harvested(2, comment="This paper has been withdrawn by the author")], [])
    assert store.get("2401.00001").status == "withdrawn"
    assert store.get("2401.00001").title == "On frogs, 2"
    store.store([announced(3)], [])
    assert store.get("2401.00001").status == ""


def test_the_latest_word_of_a_source_on_categories_counts(store):
    store.store([harvested(1, categories="cs.LG stat.ML cs.CV")], [])
    store.store([harvested(2, categories="cs.CL cs.LG")], [])
    assert store.get("2401.00001").categories == ("cs.CL", "cs.LG")
