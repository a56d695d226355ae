"""Names that commands offer in their help: formats of files, and sources."""


def import_formats() -> str:
    """The names of the formats that can be imported, separated by commas."""
    from broadsheet.ingest.formats.registry import format_names

    return format_names()


def source_names() -> str:
    """The names of the sources that can be switched on, separated by commas."""
    from broadsheet.sources.registry import SOURCES

    return ", ".join(source.name for source in SOURCES)
