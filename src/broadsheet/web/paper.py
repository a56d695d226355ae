"""A paper's page, and the same paper as Markdown, BibTeX, RIS, CSL-JSON or JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import is_allowed
from broadsheet.domain.collections import Collection
from broadsheet.domain.comments import FLAG_REASONS
from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.text.identifiers import parse_identifier_query
from broadsheet.web.asking import clean_query
from broadsheet.web.details import describe
from broadsheet.web.histories import draw_histories
from broadsheet.web.links import paper_path
from broadsheet.web.markdown import to_safe_html
from broadsheet.web.marks import marks_of
from broadsheet.web.metadata import describe_for_programs
from broadsheet.web.principal import principal_of
from broadsheet.web.provenance import tell_origins
from broadsheet.web.render import MAX_QUERY, REVALIDATE, answer, page, root_of, services_of

SIMILAR = 8
AUTHORS_SHOWN = 24
"""Authors named at once; a collaboration's others wait behind a fold."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A downloadable form of a paper: its export format, and how it is sent."""

    ending: str
    format: str
    media_type: str
    download: bool = True


FORMS = {
    form.ending: form
    for form in (
        Form(".md", "markdown", "text/markdown", download=False),
        Form(".bib", "bibtex", "application/x-bibtex"),
        Form(".ris", "ris", "application/x-research-info-systems"),
        Form(".json", "csl-json", "application/vnd.citationstyles.csl+json"),
    )
}


@router.api_route("/papers/{name:path}", methods=["GET", "HEAD"])
def paper_page(request: Request, name: str) -> Response:
    """Show a paper by any of its names; redirect to its one address.

    A name may itself end like a form ("doi:10.1/a.md"): if nothing has the name without the
    ending, the whole name is tried.
    """
    services = services_of(request)
    library = services.library
    for ending, form in FORMS.items():
        if name.endswith(ending):
            try:
                return _in_form(request, library.get_paper(name.removesuffix(ending)), form)
            except PaperNotFoundError:
                break
    paper = library.get_paper(name)
    path = paper_path(paper)
    if name != unquote(path).removeprefix("/papers/"):
        return RedirectResponse(path, 308, {"Cache-Control": REVALIDATE})
    if prefers_markdown(request.headers.get("accept", "")):
        return _in_form(request, paper, FORMS[".md"])
    highlights = services.submissions.highlights_of([paper.key])
    return page(
        request,
        "paper.html",
        headers={"Vary": "Accept"},
        paper=paper,
        marks=marks_of(request, [paper]),
        collections=_own_collections(request),
        comments=[
            (comment, to_safe_html(comment.text))
            for comment in services.comments.thread(principal_of(request), paper.key)
        ],
        can_comment=is_allowed(principal_of(request), "contribute"),
        curates=is_allowed(principal_of(request), "curate"),
        flag_reasons=FLAG_REASONS,
        feature=highlights.features.get(paper.key),
        submission=highlights.submissions.get(paper.key),
        path=path,
        details=describe(paper),
        histories=draw_histories(library.get_signals(paper.id), services.daily.today()),
        today=services.daily.today(),
        metadata=describe_for_programs(paper, root_of(request) + path, request.app.title),
        origins=tell_origins(library.get_provenance(paper.id)),
        doubles=library.find_doubles(paper.id),
        bibtex=library.export([paper.id], "cite").strip(),
        similar=services.search.similar(paper.id, SIMILAR),
        authors_shown=AUTHORS_SHOWN,
        named_by=_naming_query(request),
    )


def _naming_query(request: Request) -> str:
    """The query that led to this page because it is an identifier of the paper; else ""."""
    query = clean_query(request.query_params.get("q", ""))
    return query if len(query) <= MAX_QUERY and parse_identifier_query(query) else ""


def _own_collections(request: Request) -> Sequence[Collection]:
    principal = principal_of(request)
    if not is_allowed(principal, "keep_personal"):
        return ()
    return services_of(request).collections.own(principal)


def prefers_markdown(accept: str) -> bool:
    """Whether an Accept header ranks Markdown above HTML.

    >>> prefers_markdown("text/markdown, text/html;q=0.9")
    True
    >>> prefers_markdown("text/html,*/*;q=0.8")
    False
    """
    weights = {"text/markdown": 0.0, "text/html": 0.0}
    for part in accept.lower().split(","):
        media_type, _, parameters = part.partition(";")
        name, _, weight = parameters.strip().partition("=")
        if media_type.strip() in weights:
            weights[media_type.strip()] = _weight(weight) if name == "q" else 1.0
    return weights["text/markdown"] > weights["text/html"]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _in_form(request: Request, paper: Paper, form: Form) -> Response:
    content = services_of(request).library.export([paper.id], form.format)
    headers = {"Vary": "Accept"}
    if form.download:
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", paper.id) + form.ending
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer(request, content, form.media_type, headers=headers)
