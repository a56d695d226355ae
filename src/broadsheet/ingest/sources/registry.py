"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.source import Source

SOURCES: tuple[Source, ...] = ()
