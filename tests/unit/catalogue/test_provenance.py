"""Sources of a paper's fields."""

import json
from typing import Any

from broadsheet.catalogue.merge import choose_fields, merge_records
from broadsheet.catalogue.provenance import compose_provenance
from broadsheet.catalogue.versions import name_of
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import StoredRecord
from broadsheet.domain.paper import Author, Record, Version

RECORDS = [
    Record(
        source="arxiv",
        key="2401.00001",
        title="On frogs",
        abstract="First.",
        versions=(Version(1),),
        updated=PartialDate(2024, 1, 2),
    ),
    Record(
        source="arxiv",
        key="2401.00001",
        title="On all frogs",
        abstract="See https://github.com/roe/frogs.",
        categories=("q-bio",),
        versions=(Version(1), Version(2, PartialDate(2024, 2, 3))),
        updated=PartialDate(2024, 2, 3),
    ),
    Record(
        source="crossref",
        key="10.1/1",
        title="On Frogs",
        venue="J. Frogs",
        authors=(Author("A. Roe"),),
        identifiers=(Identifier("doi", "10.1/1"),),
        categories=("Zoology",),
        signals={"citations": 3},
    ),
    Record(source="crossref", key="10.1/1", status="deleted", updated=PartialDate(2024, 3, 4)),
]


def stored(records: list[Record]) -> list[StoredRecord]:
    return [
        StoredRecord(*name_of(record), "test", n, "feed.xml", f"record {n}", str(n).encode(), 0, None)
        for n, record in enumerate(records)
    ]  # fmt: skip


def parse(format_name: str, raw: bytes) -> Record:
    number: Any = json.loads(raw)
    if number >= len(RECORDS):
        raise RecordError("cannot be read")
    return RECORDS[number]


def test_each_field_names_the_sources_it_was_taken_from():
    fields = compose_provenance(stored(RECORDS), parse).fields
    assert fields["title"] == fields["abstract"] == ("arxiv",)
    assert fields["code_url"] == ("arxiv",)
    assert fields["venue"] == fields["authors"] == fields["signals"] == ("crossref",)
    assert fields["categories"] == ("arxiv", "crossref")
    assert "keywords" not in fields


def test_each_record_says_what_part_it_plays():
    records = compose_provenance(stored([*RECORDS, RECORDS[0]]), parse).records
    assert [(each.source, each.key, each.part, each.version) for each in records] == [
        ("arxiv", "2401.00001v1", "earlier", 1),
        ("arxiv", "2401.00001v2", "speaks", 2),
        ("crossref", "10.1/1", "speaks", 0),
        ("crossref", "10.1/1 (deleted)", "notice", 0),
        ("arxiv", "2401.00001v1", "unreadable", 0),
    ]
    assert records[1].said_on == PartialDate(2024, 2, 3)


def test_fields_and_view_are_one_thing():
    view = merge_records(RECORDS)
    for name, choice in choose_fields(RECORDS).items():
        assert getattr(view, name) == choice.value


def test_nothing_that_can_be_read_gives_no_fields():
    assert compose_provenance(stored([*RECORDS, RECORDS[0]])[4:], parse).fields == {}
