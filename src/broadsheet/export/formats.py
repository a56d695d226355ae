"""The forms in which papers leave the library, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.export.bibtex import render_bibtex, render_citation
from broadsheet.export.csl_json import render_csl_json
from broadsheet.export.json_lines import render_json_lines
from broadsheet.export.markdown import render_markdown
from broadsheet.export.plain import render_text
from broadsheet.export.ris import render_ris


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A form: ``render`` gives the whole file's text for papers in their order."""

    name: str
    media_type: str
    extension: str
    render: Callable[[Sequence[Paper]], str]


EXPORT_FORMATS: dict[str, ExportFormat] = {
    form.name: form
    for form in (
        ExportFormat("text", "text/plain", "txt", render_text),
        ExportFormat("json", "application/jsonl", "jsonl", render_json_lines),
        ExportFormat("bibtex", "application/x-bibtex", "bib", render_bibtex),
        ExportFormat("cite", "application/x-bibtex", "bib", render_citation),
        ExportFormat("ris", "application/x-research-info-systems", "ris", render_ris),
        ExportFormat(
            "csl-json", "application/vnd.citationstyles.csl+json", "json", render_csl_json
        ),
        ExportFormat("markdown", "text/markdown", "md", render_markdown),
    )
}


def get_export_format(name: str) -> ExportFormat:
    """The form of this name; raises InvalidInputError listing the names there are."""
    if name not in EXPORT_FORMATS:
        raise InvalidInputError(
            f"no export format {name!r}; the formats are {', '.join(EXPORT_FORMATS)}"
        )
    return EXPORT_FORMATS[name]
