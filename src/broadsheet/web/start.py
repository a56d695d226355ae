"""Choose your fields: the first page of a new library, and of one that is to follow others."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.categories import CATEGORIES, archive_name, category_name
from broadsheet.domain.errors import InvalidInputError
from broadsheet.web.forms import Form, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

OFFERED = ("hf-papers", "biorxiv", "openalex", "semantic-scholar")
"""Further sources that need no options to begin with."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive of arXiv with its categories, as (code, name)."""

    code: str
    name: str
    categories: Sequence[tuple[str, str]]


def _archives() -> Sequence[Archive]:
    codes = dict.fromkeys(category.partition(".")[0] for category in CATEGORIES)
    return [
        Archive(
            code,
            archive_name(code),
            [(each, category_name(each)) for each in CATEGORIES if each.startswith(f"{code}.")],
        )
        for code in codes
    ]


ARCHIVES = _archives()


@router.api_route("/start", methods=["GET", "HEAD"])
def start_page(request: Request) -> Response:
    """arXiv's categories by name, further sources, contact address and time zone."""
    return _form(request, "", (), ("hf-papers",), "", "")


@router.post("/start")
def choose_fields(request: Request, form: Form) -> Response:
    """Write the settings, begin the first sync and show its progress."""
    principal, services = principal_of(request), services_of(request)
    categories = [str(value) for value in form.getlist("category")]
    sources = [str(value) for value in form.getlist("source")]
    contact, zone = text_of(form, "contact"), text_of(form, "zone")
    try:
        names = services.settings.choose_fields(principal, categories, sources, contact, zone)
        for name in names:
            services.sources.request_run(principal, name)
    except InvalidInputError as error:
        return _form(request, str(error), categories, sources, contact, zone)
    return RedirectResponse("/settings/sources?started=1", 303)


def _form(
    request: Request,
    problem: str,
    categories: Sequence[str],
    sources: Sequence[str],
    contact: str,
    zone: str,
) -> Response:
    services = services_of(request)
    titles = {
        status.name: status.title
        for status in services.sources.statuses(principal_of(request))
        if status.name in OFFERED
    }
    return page(
        request,
        "start.html",
        status=400 if problem else 200,
        problem=problem,
        archives=ARCHIVES,
        offered=[(name, titles[name]) for name in OFFERED if name in titles],
        chosen=frozenset(categories),
        chosen_sources=frozenset(sources),
        contact=contact,
        zone=zone,
        settings_path=services.settings.path(),
    )
