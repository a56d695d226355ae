"""Pages of members: what each did in public."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from broadsheet.web.markdown import to_safe_html
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)


@router.api_route("/members/{name}", methods=["GET", "HEAD"])
def member_page(request: Request, name: str) -> Response:
    """A member's comments, submissions and public collections."""
    services = services_of(request)
    member = services.members.get(principal_of(request), name)
    keys = [each.paper for each in member.comments]
    keys += [each.paper for each in member.submissions if each.paper]
    papers = {paper.key: paper for paper in services.library.get_papers(keys)}
    return page(
        request,
        "member.html",
        headers={"X-Robots-Tag": "noindex"},
        member=member,
        submissions=[
            (each, papers[each.paper]) for each in member.submissions if each.paper in papers
        ],
        comments=[
            (each, papers[each.paper], to_safe_html(each.text))
            for each in member.comments
            if each.paper in papers
        ],
    )
