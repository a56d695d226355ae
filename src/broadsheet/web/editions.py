"""The editions of the paper, each with its latest issue."""

import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.daily import Edition, Issue
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.periods import Period
from broadsheet.web.forms import Form, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_PREVIEWED = 5
"""Headlines shown of each edition."""


@dataclass(frozen=True, slots=True)
class Preview:
    """An edition with the issue of a day; None if no day has papers."""

    edition: Edition
    issue: Issue | None


@router.api_route("/editions", methods=["GET", "HEAD"])
def editions_page(request: Request) -> Response:
    """Every edition with the headlines of the latest day, and a form to define one."""
    return _page(request, Edition("", ""), "")


@router.post("/editions")
def define_edition(request: Request, form: Form) -> Response:
    """Preview an edition, or write it to the settings."""
    services, principal = services_of(request), principal_of(request)
    title = text_of(form, "title")
    edition = Edition(
        name=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        title=title,
        query=text_of(form, "query"),
        categories=_split(text_of(form, "categories")),
        authors=_split(text_of(form, "authors")),
    )
    if not edition.name:
        return _page(request, edition, "Give the edition a title of letters or digits.")
    try:
        if text_of(form, "do") == "save":
            services.settings.define_edition(principal, edition)
            return RedirectResponse(f"/e/{edition.name}", 303)
        return _page(request, edition, "", preview=True)
    except InvalidInputError as error:
        return _page(request, edition, str(error))


def _split(text: str) -> tuple[str, ...]:
    """Values as people write them: separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _page(request: Request, draft: Edition, problem: str, preview: bool = False) -> Response:
    daily = services_of(request).daily
    day = daily.latest_day()
    previews = [
        Preview(edition, daily.preview(edition, Period("day", day)) if day else None)
        for edition in daily.editions()
    ]
    drafted = daily.preview(draft, Period("day", day)) if preview and day else None
    return page(
        request,
        "editions.html",
        status=400 if problem else 200,
        here="Editions",
        previews=previews,
        day=day,
        shown=_PREVIEWED,
        draft=draft,
        drafted=drafted,
        problem=problem,
        settings_path=services_of(request).settings.path(),
    )
