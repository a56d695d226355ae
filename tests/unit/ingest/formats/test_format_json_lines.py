import json

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Version
from broadsheet.ingest.formats.registry import FORMATS


def test_papers_keep_every_field(read, sample):
    first, cut, never, own = read("papers-jsonl", sample("papers.jsonl")).records

    assert first.title == "A study of things"
    assert first.abstract == "We study things."
    assert [author.name for author in first.authors] == ["Ada Lovelace", "Châtelet, Émilie du"]
    assert first.identifiers == (
        Identifier("arxiv", "2401.00001"),
        Identifier("doi", "10.18653/v1/2024.acl-long.1"),
    )
    assert first.published == PartialDate(2024, 1, 2)
    assert first.venue == "ACL 2024"
    assert first.categories == ("cs.CL", "cs.LG")
    assert first.code_url == "https://github.com/x/y"
    assert first.comment == "8 pages"
    assert first.status == "Poster"
    assert first.signals == {"gs_citation": 12, "upvotes": 3}
    assert first.extra == {
        "title_zh": "研究",
        "award": True,
        "track": "main",
        "sources": ["acl", "hf"],
        "venue": ["ACL 2024", "Proceedings of the 62nd Annual Meeting"],
        "code_url": "[![github](/i.svg) x/y](https://github.com/x/y)",
    }
    assert (first.source, first.key) == ("papers-jsonl", "arxiv:2401.00001")

    assert cut.abstract_truncated
    assert cut.published == PartialDate(2005)
    assert cut.identifiers == (
        Identifier("pl", "iros2005:1545275"),
        Identifier("doi", "10.1109/iros.2005.1545275"),
    )

    assert never.published == PartialDate(2023, 2)
    assert never.extra == {"date": "2023-02-30"}

    assert own.identifiers == (Identifier("mylab", "note-7"),)
    assert own.source == "starter"
    assert own.signals == {"upvotes": 30, "hf_date": "2024-01-01"}


def test_a_row_of_a_daily_list_keeps_summary_tags_and_first_author(read):
    row = {
        "id": "arxiv:2505.07796",
        "title": "Folding maps",
        "hf_date": "2025-05-12",
        "first_author": "Xi Wang",
        "tldr": "Maps fold along creases....",
        "tags": ["ML", "Robotics"],
    }
    record = read("papers-jsonl", json.dumps(row)).record
    assert record.signals == {"hf_date": "2025-05-12", "tldr": "Maps fold along creases...."}
    assert record.keywords == ("ML", "Robotics")
    assert record.authors == (Author("Xi Wang"),)
    assert record.abstract == ""
    assert record.extra == {}


def test_tags_join_keywords_and_a_first_author_stays_beside_authors(read):
    row = {
        "title": "Folding maps",
        "authors": ["Xi Wang", "B. Ko"],
        "first_author": "Wang",
        "keywords": ["maps"],
        "tags": ["ML", "maps"],
    }
    record = read("papers-jsonl", json.dumps(row)).record
    assert record.keywords == ("maps", "ML")
    assert record.authors == (Author("Xi Wang"), Author("B. Ko"))
    assert record.extra == {"first_author": "Wang"}


def test_odd_summaries_tags_and_first_authors_do_no_harm(read):
    for odd in (None, 7, [], {"a": 1}, ["x", 3]):
        row = json.dumps({"title": "Maps", "tldr": odd, "tags": odd, "first_author": odd})
        assert read("papers-jsonl", row).record.title == "Maps"


def test_a_record_without_id_is_known_by_its_title(read):
    assert read("papers-jsonl", '{"title": "The  Title!"}').record.key == "the title"


def test_damaged_lines_cost_only_themselves(read):
    lines = [
        b'{"id": "arxiv:2401.00001", "title": "First"}',
        b'{"id": "arxiv:2401.00002", "title": "Se',
        b"",
        b'["a", "list"]',
        b'{"title": null}',
        b'{"title": ["x"]}',
        b'{"title": ""}',
        json.dumps({"title": "x" * 10_000}).encode(),
        b"[" * 100_000,
        b'{"id": "arxiv:2401.00003", "title": "Last"}',
        b'{"id": "arxiv:2401.00004", "ti',
    ]
    records = read("papers-jsonl", b"\n".join(lines))

    assert records.titles == ["First", "Last"]
    assert records.positions == ["line 1", "line 10"]
    reasons = dict(records.rejected)
    assert list(reasons) == [
        "line 2", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9", "line 11",
    ]  # fmt: skip
    assert reasons["line 2"].startswith("not valid JSON")
    assert reasons["line 4"] == "a JSON object is expected, not a list"
    assert reasons["line 5"] == "it has no title"
    assert reasons["line 6"] == "its title is no text"
    assert reasons["line 8"] == "its title has 10,000 characters; the limit is 2,000"
    assert reasons["line 11"] == "the input ends in the middle of line 11"


def test_a_last_line_without_line_end_counts(read):
    assert read("papers-jsonl", b'{"title": "A"}\n{"title": "B"}').titles == ["A", "B"]


def test_an_overlong_line_is_passed_over(read):
    overlong = b'{"title": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    records = read("papers-jsonl", b'{"title": "A"}\n' + overlong + b'\n{"title": "B"}\n')

    assert records.titles == ["A", "B"]
    assert records.positions == ["line 1", "line 3"]
    assert records.rejected == [
        ("line 2", f"line 2 has {len(overlong):,} bytes; the limit is 4 MiB")
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"NUL\u0000 and bell\u0007", "NUL and bell"),
        (r"tab\there\r\nand there", "tab here and there"),
        (r"no-break\u00a0space", "no-break space"),
        (r"half a pair \ud83d!", "half a pair �!"),
        (r"a whole pair \ud83d\ude00", "a whole pair 😀"),
        (" two  spaces ", "two  spaces"),
        ("over\\n  two lines  here", "over two lines here"),
        (r"\\nabla \\textbf{stored}", r"\nabla \textbf{stored}"),
        ("DEL\x7fDEL", "DELDEL"),
        ("raw\ttab", "raw tab"),
        ("Schrödinger", "Schrödinger"),
    ],
)
def test_text_is_kept_but_for_white_space_and_control_characters(read, written, meant):
    assert read("papers-jsonl", f'{{"title": "{written}"}}').record.title == meant


def test_what_json_does_not_allow_but_writers_do(read):
    records = read("papers-jsonl", b'{"title": "A", "signals": {"x": NaN}, "year": Infinity}')
    assert records.record.signals == {"x": None}


def test_fields_of_unexpected_types_lose_no_record(read):
    line = {
        "id": 12, "title": "T", "abstract": None, "authors": [{"name": "A. B."}, None, 3],
        "venue": {"x": 1}, "categories": "cs.LG", "keywords": [None, "k", ["n"]],
        "date": 20240102, "year": "2024", "signals": [1], "code_url": ["x"], "doi": 10.5,
    }  # fmt: skip
    record = read("papers-jsonl", json.dumps(line)).record
    assert record.authors == (Author("A. B."), Author("3"))
    assert record.categories == ("cs.LG",)
    assert record.keywords == ("k",)
    assert record.published == PartialDate(2024)
    assert record.extra["signals"] == [1]


def test_snapshot(read, sample):
    record = read("arxiv-snapshot", sample("arxiv-snapshot.json")).record

    assert record.title == (
        "Calculation of prompt diphoton production cross sections at Tevatron and LHC energies"
    )
    assert record.abstract.startswith("A fully differential calculation")
    assert [author.name for author in record.authors] == [
        r"C. Bal\'azs", "E. L. Berger", "P. M. Nadolsky", "C.-P. Yuan",
    ]  # fmt: skip
    assert record.authors[1].affiliation == "HEP ANL Argonne"
    assert record.identifiers == (
        Identifier("arxiv", "0704.0001"),
        Identifier("doi", "10.1103/physrevd.76.013009"),
    )
    assert record.versions == (
        Version(1, PartialDate(2007, 4, 2)),
        Version(2, PartialDate(2007, 7, 24)),
    )
    assert record.published == PartialDate(2007, 4, 2)
    assert record.updated == PartialDate(2007, 7, 24)
    assert record.venue == "Phys.Rev.D76:013009,2007"
    assert record.extra == {
        "submitter": "Pavel Nadolsky",
        "report-no": "ANL-HEP-PR-07-12",
        "update_date": "2008-11-26",
    }
    assert (record.source, record.key) == ("arxiv", "0704.0001")


def test_snapshot_versions_are_days_in_utc(read):
    line = {
        "id": "hep-th/9901001", "title": "T", "authors": "A. One, B. Two (X) and C. Three",
        "versions": [
            {"version": "v2", "created": "nonsense 1999"},
            {"version": "v1", "created": "Fri, 1 Jan 1999 22:00:00 -0500"},
            {"version": "x"}, None,
        ],
    }  # fmt: skip
    record = read("arxiv-snapshot", json.dumps(line)).record
    assert record.versions == (Version(1, PartialDate(1999, 1, 2)), Version(2, PartialDate(1999)))
    assert [author.name for author in record.authors] == ["A. One", "B. Two", "C. Three"]


def test_snapshot_refuses_what_is_no_arxiv_identifier(read):
    records = read("arxiv-snapshot", '{"id": "W2741809807", "title": "T"}')
    assert records.rejected == [("line 1", "'W2741809807' is not an arXiv identifier")]


def test_beir(read, sample):
    records = read("beir", sample("beir.jsonl"))
    first, second = records.records
    assert first.identifiers == (Identifier("doc", "1"),)
    assert first.extra == {"metadata": {"authors": ["brenckman,m."]}}
    assert (second.title, second.abstract) == ("", "Only a text.")
    assert records.rejected == [("line 3", "it has neither title nor text")]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("doc:17", True),
        ("openalex:W2741809807", True),
        ("arxiv:not-one", False),
        ("doi:11.1/x", False),
        ("https://example.org/x", False),
        ("just words", False),
    ],
)
def test_identifiers_of_other_schemes_are_kept(read, name, stored):
    record = read("papers-jsonl", json.dumps({"id": name, "title": "T"})).record
    assert [str(identifier) for identifier in record.identifiers] == ([name] if stored else [])


def test_exported_lines_with_versions_are_not_taken_for_arxivs_snapshot():
    """Both have the keys "versions" and "categories"; authors and dates were lost."""
    line = {"id": "arxiv:2401.00001", "title": "A", "categories": ["cs.LG"], "versions": []}
    content = json.dumps(line).encode()
    assert next(each.name for each in FORMATS if each.recognises(content, "x")) == "papers-jsonl"
