"""The entry for a bibliography: the printed fields, and no more."""

import datetime as dt

import bibtexparser

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Author, Paper
from broadsheet.export.formats import get_export_format


def test_a_citation_has_neither_abstract_nor_keywords() -> None:
    paper = Paper(
        id="arxiv:2401.00001",
        key=1,
        listed=PartialDate(2024, 1, 1),
        added_at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        title="On Time",
        abstract="Long.",
        keywords=("clocks",),
        authors=(Author("Ada Lovelace"),),
    )
    cited = bibtexparser.parse_string(get_export_format("cite").render([paper])).entries[0]
    whole = bibtexparser.parse_string(get_export_format("bibtex").render([paper])).entries[0]
    assert {"title", "author"} <= set(cited.fields_dict)
    assert set(whole.fields_dict) - set(cited.fields_dict) == {"abstract", "keywords"}
