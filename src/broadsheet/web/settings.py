"""The settings of the service, and the state of its sources."""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.web.forms import Form, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_EARLIER_RUNS = 10
"""Shown of each source, besides the latest."""


@router.api_route("/settings/sources", methods=["GET", "HEAD"])
def sources_page(request: Request) -> Response:
    """Show each source's last run, next run, counts and problem."""
    sources, principal = services_of(request).sources, principal_of(request)
    statuses = sources.statuses(principal)
    listed = [each for each in statuses if (each.on or each.last_run) and not each.problem]
    return page(
        request,
        "sources.html",
        here="Sources",
        settings_path=services_of(request).settings.path(),
        running=any(each.last_run and each.last_run.outcome == "running" for each in statuses)
        or request.query_params.get("started") == "1",
        misspelt=[each for each in statuses if each.problem],
        shown=[
            (source, sources.runs(principal, source.name, _EARLIER_RUNS + 1)[1:])
            for source in listed
        ],
        others=[each for each in statuses if each not in listed and not each.problem],
    )


@router.post("/settings/sources/{name}")
def change_source(request: Request, name: str, form: Form) -> Response:
    """Switch a source on or off, or run it now; then back to the list."""
    services, principal = services_of(request), principal_of(request)
    match text_of(form, "do"):
        case "on":
            services.settings.add_source(principal, name)
        case "off":
            services.settings.remove_source(principal, name)
        case "run":
            services.sources.request_run(principal, name)
            return RedirectResponse("/settings/sources?started=1", 303)
        case other:
            raise HTTPException(400, f"“{other[:40]}” is not done to a source: use on, off, run.")
    return RedirectResponse("/settings/sources", 303)
