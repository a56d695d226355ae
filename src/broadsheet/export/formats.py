"""The forms in which papers leave the library, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broadsheet.domain.paper import Paper
from broadsheet.export.bibtex import render_bibtex
from broadsheet.export.csl_json import render_csl_json
from broadsheet.export.markdown import render_markdown
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
        ExportFormat("bibtex", "application/x-bibtex", "bib", render_bibtex),
        ExportFormat("ris", "application/x-research-info-systems", "ris", render_ris),
        ExportFormat(
            "csl-json", "application/vnd.citationstyles.csl+json", "json", render_csl_json
        ),
        ExportFormat("markdown", "text/markdown", "md", render_markdown),
    )
}
