"""Every option of the catalogue sources stands in the guide, and nothing else does."""

import re
from pathlib import Path

import pytest

from broadsheet.ingest.formats.registry import FORMATS
from broadsheet.sources.crossref import CrossrefSource
from broadsheet.sources.dblp import DblpSource
from broadsheet.sources.openalex import OpenAlexSource
from broadsheet.sources.openreview import OpenReviewSource
from broadsheet.sources.semantic_scholar import SemanticScholarSource
from broadsheet.sources.source import Source

GUIDES = Path(__file__).resolve().parents[2] / "docs/guides"
CATALOGUES = (
    OpenAlexSource(),
    SemanticScholarSource(),
    CrossrefSource(),
    DblpSource(),
    OpenReviewSource(),
)


@pytest.mark.parametrize("source", CATALOGUES, ids=lambda source: source.name)
def test_the_guide_has_every_option(source: Source) -> None:
    guide = (GUIDES / "sources.md").read_text(encoding="utf-8")
    assert f"| `{source.name}` |" in guide
    section = guide.split(f"\n## {source.title}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", section, flags=re.MULTILINE)
    described = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(described) == sorted(source.Options.model_fields)
    assert all(field.description for field in source.Options.model_fields.values())


def test_the_guide_has_every_catalogue_format() -> None:
    guide = (GUIDES / "importing.md").read_text(encoding="utf-8")
    names = {each.name for each in FORMATS} & {each.name for each in CATALOGUES}
    assert len(names) == len(CATALOGUES)
    assert [name for name in sorted(names) if f"| `{name}` |" not in guide] == []
