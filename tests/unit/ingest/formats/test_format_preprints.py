"""bioRxiv, and the papers of Hugging Face."""

from broadsheet.catalogue.merge import merge_records
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Version


def test_biorxiv_versions(read, sample):
    records = read("biorxiv", sample("biorxiv.json"))
    first, second, withdrawn = records.records

    assert first.title == "Tides of the inner ear"
    assert first.authors == (
        Author("N. B. Okafor"),
        Author("M. de la Cruz", "Institute of Hearing, Lima"),
        Author("The Ear Consortium"),
    )
    assert first.identifiers == (Identifier("doi", "10.1101/2026.10.30.555001"),)
    assert first.published == first.updated == PartialDate(2026, 11, 2)
    assert first.venue == "bioRxiv"
    assert first.url == "https://www.biorxiv.org/content/10.1101/2026.10.30.555001v1"
    assert first.categories == ("neuroscience",)
    assert first.versions == (Version(1, PartialDate(2026, 11, 2)),)
    assert first.extra["license"] == "cc_by"
    assert first.extra["jatsxml"].endswith(".source.xml")
    assert "funder" not in first.extra

    assert (second.source, second.key) == ("biorxiv", "10.1101/2026.10.30.555001v2")
    assert second.identifiers[1] == Identifier("doi", "10.7554/elife.99001")
    assert second.published == PartialDate(2026, 10)
    assert withdrawn.status == "withdrawn"
    assert withdrawn.versions[0].number == 3
    assert withdrawn.venue == "medRxiv"
    assert withdrawn.published == PartialDate(2026, 11)
    assert records.rejected == [("record 3", "a JSON object is expected, not null")]


def test_the_newest_version_is_what_readers_see(read, sample):
    first, second, _ = read("biorxiv", sample("biorxiv.json")).records
    for records in ([first, second], [second, first]):
        work = merge_records(records)
        assert work.title == "Tides of the inner ear, revisited"
        assert [v.number for v in work.versions] == [1, 2]
        assert work.published == PartialDate(2026, 11, 2)
        assert work.updated == PartialDate(2026, 11, 3)


def test_biorxiv_says_that_nothing_was_posted(read):
    for text in (
        '{"messages":[{"status":"no posts found"}],"collection":[]}',
        '{ "messages" : [{"status":"no posts found"}]}',
    ):
        records = read("biorxiv", text)
        assert (records.records, records.rejected) == ([], [])


def test_biorxiv_needs_a_doi_and_a_title(read):
    records = read("biorxiv", '[{"doi":"2026.1","title":"x"},{"doi":"10.1101/1","title":"NA"}]')
    assert [reason for _, reason in records.rejected] == [
        "'2026.1' is not a DOI",
        "it has no title",
    ]


def test_biorxiv_with_odd_dates_and_versions(read):
    record = read("biorxiv", '[{"doi":"10.1101/1","title":"x","date":"2026-02-31","version":"x"}]')
    assert record.record.published == PartialDate(2026, 2)
    assert record.record.extra == {"date": "2026-02-31"}
    assert record.record.versions == (Version(1, PartialDate(2026, 2)),)


def test_daily_papers(read, sample):
    records = read("hf-papers", sample("hf-papers.json"))
    first, second = records.records

    assert first.title == "Maps that fold themselves"
    assert first.abstract == "We fold maps. They stay folded."
    assert [author.name for author in first.authors] == ["Ines Moreau", "Tomasz Zielinski"]
    assert first.identifiers == (Identifier("arxiv", "2611.01234"),)
    assert first.published == PartialDate(2026, 11, 19)
    assert first.code_url == "https://github.com/fold/maps"
    assert first.project_url == "https://fold.example/maps"
    assert first.keywords == ("folding", "maps")
    assert first.signals == {
        "hf_date": "2026-11-19",
        "upvotes": 41,
        "github_stars": 120,
        "num_comments": 3,
        "hf_tldr": "Maps are folded by a network.",
    }
    assert first.extra == {
        "organization": "Fold Lab",
        "submitted_by": "A. K.",
        "submitted_at": "2026-11-20T01:10:00.000Z",
        "discussion": "691f",
    }
    assert (first.source, first.key, first.account) == ("hf-papers", "2611.01234", "")

    assert (second.title, second.abstract) == ("Plain news", "Nothing folds.")
    assert second.signals == {"upvotes": 0, "num_comments": 0}
    assert (second.key, second.account) == ("2611.04321", "search")
    assert records.rejected == [("paper 3", "it names no paper")]


def test_the_day_that_the_source_was_asked_for_wins(read, sample):
    raw = b'{"listedOn":"2026-11-20",' + sample("hf-papers.json").splitlines()[1].strip(b",")[1:]
    record = read("hf-papers", raw).record
    assert record.signals["hf_date"] == "2026-11-20"
    assert record.key == "2611.01234"


def test_one_paper_of_the_api_alone(read):
    record = read(
        "hf-papers",
        '{"id":"2611.01234","authors":["Ines Moreau",{"name":null},{}],"title":"Maps","upvotes":"7",'
        '"publishedAt":"2026-11-19T17:59:59.000Z","summary":"We fold.","githubRepo":"nowhere",'
        '"projectPage":"javascript:x","organization":[],"ai_keywords":"maps"}',
    ).record
    assert [author.name for author in record.authors] == ["Ines Moreau"]
    assert record.published == PartialDate(2026, 11, 19)
    assert (record.code_url, record.project_url, record.signals) == ("", "", {})
    assert record.keywords == ("maps",)
