"""The forms in which papers leave the library, by name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.export.bibtex import iter_biblatex, iter_bibtex, iter_citation
from broadsheet.export.csl_json import iter_csl_json
from broadsheet.export.json_lines import iter_json_lines
from broadsheet.export.markdown import iter_markdown
from broadsheet.export.plain import iter_text
from broadsheet.export.ris import iter_ris
from broadsheet.export.table import iter_table


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A form of papers as text.

    ``pieces`` yields the text of a whole file for papers in their order, in constant memory but
    for the keys of bibliographies.
    """

    name: str
    media_type: str
    extension: str
    pieces: Callable[[Iterable[Paper]], Iterator[str]]

    def render(self, papers: Iterable[Paper]) -> str:
        """Return the whole file's text."""
        return "".join(self.pieces(papers))


EXPORT_FORMATS: dict[str, ExportFormat] = {
    form.name: form
    for form in (
        ExportFormat("text", "text/plain", "txt", iter_text),
        ExportFormat("jsonl", "application/jsonl", "jsonl", iter_json_lines),
        ExportFormat("bibtex", "application/x-bibtex", "bib", iter_bibtex),
        ExportFormat("biblatex", "application/x-bibtex", "bib", iter_biblatex),
        ExportFormat("cite", "application/x-bibtex", "bib", iter_citation),
        ExportFormat("ris", "application/x-research-info-systems", "ris", iter_ris),
        ExportFormat("csl-json", "application/vnd.citationstyles.csl+json", "json", iter_csl_json),
        ExportFormat("markdown", "text/markdown", "md", iter_markdown),
        ExportFormat("csv", "text/csv", "csv", iter_table),
    )
}


def get_export_format(name: str) -> ExportFormat:
    """Return the form of this name; raise InvalidInputError with the names there are."""
    if name not in EXPORT_FORMATS:
        raise InvalidInputError(
            f"no export format {name!r}; the formats are {', '.join(EXPORT_FORMATS)}"
        )
    return EXPORT_FORMATS[name]
