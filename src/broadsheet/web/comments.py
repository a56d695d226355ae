"""Comments on papers, flags, the curators' queue and the public log."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from broadsheet.domain.access import Principal
from broadsheet.domain.comments import Comment, CommentNotFoundError
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.services import Services
from broadsheet.web.forms import Form, redirect_back, text_of
from broadsheet.web.links import paper_path
from broadsheet.web.markdown import to_safe_html
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)


@router.post("/comments")
def add(request: Request, form: Form) -> Response:
    """Comment on the paper of the field ``paper``, or answer the comment ``parent`` on it."""
    parent = text_of(form, "parent")
    comment = services_of(request).comments.add(
        principal_of(request),
        text_of(form, "paper"),
        text_of(form, "text"),
        _number(parent) if parent else None,
    )
    return _to(request, comment)


@router.api_route("/comments/queue", methods=["GET", "HEAD"])
def queue_page(request: Request) -> Response:
    """Flagged comments, for curators."""
    services = services_of(request)
    comments = services.comments.queue(principal_of(request))
    return page(
        request,
        "comment_queue.html",
        comments=[(each, to_safe_html(each.text)) for each in comments],
    )


@router.api_route("/comments/{number}", methods=["GET", "HEAD"])
def permalink(request: Request, number: str) -> Response:
    """The comment in its thread, on the paper's page."""
    return _to(request, services_of(request).comments.get(principal_of(request), _number(number)))


@router.api_route("/comments/{number}/edit", methods=["GET", "HEAD"])
def edit_page(request: Request, number: str) -> Response:
    """A comment with its earlier texts, and for its author the form to change it."""
    comments, principal = services_of(request).comments, principal_of(request)
    comment = comments.get(principal, _number(number))
    history = comments.history(principal, comment.id)
    return page(
        request,
        "comment.html",
        comment=comment,
        html=to_safe_html(comment.text),
        history=[(until, to_safe_html(text)) for until, text in history],
        is_own=bool(principal.id) and comment.account == principal.id,
    )


@router.post("/comments/{number}/edit")
def edit(request: Request, number: str, form: Form) -> Response:
    """Change a comment of one's own."""
    comments = services_of(request).comments
    return _to(
        request, comments.edit(principal_of(request), _number(number), text_of(form, "text"))
    )


@router.post("/comments/{number}/remove")
def remove(request: Request, number: str, form: Form) -> Response:
    """Delete a comment of one's own, or remove one as a curator."""
    comment = services_of(request).comments.remove(
        principal_of(request), _number(number), text_of(form, "reason")
    )
    return redirect_back(form, _path(request, comment))


@router.post("/comments/{number}/flag")
def flag(request: Request, number: str, form: Form) -> Response:
    """Tell the curators of a comment."""
    comments, principal = services_of(request).comments, principal_of(request)
    comments.flag(principal, _number(number), text_of(form, "reason"))
    return _to(request, comments.get(principal, _number(number)))


@router.post("/comments/{number}/dismiss")
def dismiss(request: Request, number: str, form: Form) -> Response:
    """Keep a flagged comment, as a curator."""
    services_of(request).comments.dismiss(principal_of(request), _number(number))
    return RedirectResponse("/comments/queue", 303)


@router.api_route("/moderation", methods=["GET", "HEAD"])
def log_page(request: Request) -> Response:
    """What moderators did and why, for everybody."""
    return page(request, "moderation.html", entries=services_of(request).comments.log())


@router.api_route("/account/data.json", methods=["GET", "HEAD"])
def own_data(request: Request) -> Response:
    """Everything that the reader keeps here, as JSON."""
    services, principal = services_of(request), principal_of(request)
    marks = services.community.marks(principal)
    comments = services.comments.own(principal)
    keys = {each.paper for each in marks} | {each.paper for each in comments}
    names = {paper.key: paper.id for paper in services.library.get_papers(list(keys))}
    content = {
        "name": principal.name,
        "role": principal.role,
        "marks": [
            {"paper": names.get(each.paper), "mark": each.mark, "at": each.at.isoformat()}
            for each in marks
        ],
        "collections": [
            {
                "title": each.title,
                "description": each.description,
                "sharing": each.sharing,
                "papers": [
                    {"paper": paper.id, "note": note}
                    for paper, note in services.collections.papers(principal, each.id)
                ],
            }
            for each in services.collections.own(principal)
        ],
        "comments": [
            {"paper": names.get(each.paper), "at": each.created_at.isoformat(), "text": each.text}
            for each in comments
        ],
        "for_you": _for_you(services, principal),
        "screenings": _screenings(services, principal),
        "submissions": [
            {
                "address": each.address,
                "note": each.note,
                "state": each.state,
                "at": each.created_at.isoformat(),
            }
            for each in services.submissions.own(principal)
        ],
        "follows": [
            {"kind": each.kind, "name": each.label, "since": each.created_at.isoformat()}
            for each in services.follows.follows(principal)
        ],
    }
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="broadsheet-data.json"',
    }
    return JSONResponse(content, headers=headers)


def _for_you(services: Services, principal: Principal) -> dict[str, object]:
    """What the reader decided and wrote for the ranking of their own."""
    profile = services.personal.profile(principal)
    decided = (
        *(("term", each.name, each.decision) for each in profile.terms),
        *(("author", each.name, each.decision) for each in profile.authors),
    )
    return {
        "decisions": [
            {"kind": kind, "name": name, "decision": decision}
            for kind, name, decision in decided
            if decision
        ],
        "texts": [{"title": each.title, "text": each.text} for each in profile.texts],
    }


def _screenings(services: Services, principal: Principal) -> list[dict[str, object]]:
    return [
        {
            "title": each.title,
            "query": each.query,
            "papers": each.papers,
            "decisions": [
                {
                    "paper": decision.paper.id,
                    "relevant": decision.relevant,
                    "reason": decision.reason,
                }
                for decision in services.screening.decisions(principal, each.id)
            ],
        }
        for each in services.screening.own(principal)
    ]


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise CommentNotFoundError
    return int(text)


def _path(request: Request, comment: Comment) -> str:
    papers = services_of(request).library.get_papers([comment.paper])
    if not papers:
        raise InvalidInputError("the paper of this comment is gone")
    return paper_path(papers[0])


def _to(request: Request, comment: Comment) -> Response:
    address = f"{_path(request, comment)}#comment-{comment.id}"
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
