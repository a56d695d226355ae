"""The addresses of what readers keep and write: marks, comments, collections, follows.

Changes need an access token with the scope ``write``, or come from the one owner of the library.
"""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import JSONResponse, Response

from broadsheet.api.v1 import schemas
from broadsheet.api.v1.answers import answer, compose_collection, principal_of, services_of
from broadsheet.api.v1.declaring import make_router
from broadsheet.api.v1.parameters import PaperName, checked_name
from broadsheet.domain.comments import Comment
from broadsheet.domain.community import MARKS, Mark
from broadsheet.domain.follows import Follow

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
CollectionId = Annotated[str, Path(max_length=100)]

router = make_router()


@router.get("/marks", response_model=schemas.Marks, tags=["reader"], name="list_marks")
def list_marks(
    request: Request,
    mark: Annotated[list[Mark] | None, Query(description="Only these marks.")] = None,
) -> Response:
    """One's own votes, saved papers and other marks, the latest first; 10,000 at most."""
    services = services_of(request)
    marks = services.community.marks(principal_of(request), tuple(mark or MARKS))
    papers = services.library.get_papers(list({each.paper for each in marks}))
    names = {paper.key: paper.id for paper in papers}
    values = [
        {"id": names[each.paper], "mark": each.mark, "at": each.at.isoformat()}
        for each in marks
        if each.paper in names
    ]
    return answer(request, {"marks": values})


@router.put(
    "/marks/{mark}/{name:path}", response_model=schemas.MarkState, tags=["reader"], name="set_mark"
)
def set_mark(request: Request, mark: Mark, name: PaperName) -> Response:
    """Mark a paper: `voted` is a vote, `saved` keeps it, `more_like` likes it. Twice is once."""
    return _set_mark(request, mark, name, True)


@router.delete(
    "/marks/{mark}/{name:path}",
    response_model=schemas.MarkState,
    tags=["reader"],
    name="remove_mark",
)
def remove_mark(request: Request, mark: Mark, name: PaperName) -> Response:
    """Take a mark off a paper."""
    return _set_mark(request, mark, name, False)


def _set_mark(request: Request, mark: Mark, name: str, on: bool) -> Response:
    community = services_of(request).community
    state = community.set_mark(principal_of(request), checked_name(name), mark, on)
    return JSONResponse({"mark": state.mark, "on": state.on, "votes": state.votes})


@router.get(
    "/comments/{name:path}",
    response_model=schemas.Comments,
    tags=["comments"],
    name="list_comments",
)
def list_comments(request: Request, name: PaperName) -> Response:
    """The comments on a paper, each below the one that it answers."""
    services = services_of(request)
    paper = services.library.get_paper(checked_name(name))
    thread = services.comments.thread(principal_of(request), paper.key)
    return answer(request, {"comments": list(map(compose_comment, thread))})


@router.post(
    "/comments/{name:path}",
    status_code=201,
    response_model=schemas.Comment,
    tags=["comments"],
    name="add_comment",
)
def add_comment(request: Request, name: PaperName, body: schemas.NewComment) -> Response:
    """Comment on a paper, or answer a comment on it."""
    comments = services_of(request).comments
    text = checked_name(body.text)
    comment = comments.add(principal_of(request), checked_name(name), text, body.parent)
    return JSONResponse(compose_comment(comment), 201)


@router.post(
    "/collections",
    status_code=201,
    response_model=schemas.Collection,
    tags=["collections"],
    name="create_collection",
)
def create_collection(request: Request, body: schemas.NewCollection) -> Response:
    """Start a collection."""
    collection = services_of(request).collections.create(
        principal_of(request),
        checked_name(body.title),
        checked_name(body.description),
        body.sharing,
    )
    return JSONResponse(compose_collection(collection), 201)


@router.delete(
    "/collections/{id}",
    status_code=204,
    response_class=Response,
    tags=["collections"],
    name="delete_collection",
)
def delete_collection(request: Request, id: CollectionId) -> Response:
    """Delete a collection of one's own."""
    services_of(request).collections.delete(principal_of(request), checked_name(id))
    return Response(status_code=204)


@router.put(
    "/collections/{id}/papers/{name:path}",
    status_code=204,
    response_class=Response,
    tags=["collections"],
    name="collect_paper",
)
def collect_paper(
    request: Request, id: CollectionId, name: PaperName, body: schemas.Note
) -> Response:
    """Add a paper to a collection of one's own, or change its note."""
    services_of(request).collections.add(
        principal_of(request), checked_name(id), checked_name(name), checked_name(body.note)
    )
    return Response(status_code=204)


@router.delete(
    "/collections/{id}/papers/{name:path}",
    status_code=204,
    response_class=Response,
    tags=["collections"],
    name="uncollect_paper",
)
def uncollect_paper(request: Request, id: CollectionId, name: PaperName) -> Response:
    """Take a paper off a collection of one's own."""
    services_of(request).collections.remove(
        principal_of(request), checked_name(id), checked_name(name)
    )
    return Response(status_code=204)


@router.get("/follows", response_model=schemas.Follows, tags=["reader"], name="list_follows")
def list_follows(request: Request) -> Response:
    """Authors, venues, categories, searches … that one follows."""
    follows = services_of(request).follows.follows(principal_of(request))
    return answer(request, {"follows": list(map(_compose_follow, follows))})


@router.post(
    "/follows", status_code=201, response_model=schemas.Follow, tags=["reader"], name="follow"
)
def follow(request: Request, body: schemas.NewFollow) -> Response:
    """Follow something; the same twice is once."""
    follows = services_of(request).follows
    made = follows.follow(principal_of(request), body.kind, checked_name(body.value))
    return JSONResponse(_compose_follow(made), 201)


@router.delete(
    "/follows/{number}",
    status_code=204,
    response_class=Response,
    tags=["reader"],
    name="unfollow",
)
def unfollow(request: Request, number: Number) -> Response:
    """Stop following."""
    services_of(request).follows.unfollow(principal_of(request), number)
    return Response(status_code=204)


def compose_comment(comment: Comment) -> dict[str, Any]:
    """Return a comment."""
    return {
        "id": comment.id,
        "parent": comment.parent,
        "author": comment.author,
        "text": comment.text,
        "state": comment.state,
        "created_at": comment.created_at.isoformat(),
        "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
        "depth": comment.depth,
    }


def _compose_follow(follow: Follow) -> dict[str, Any]:
    return {
        "number": follow.number,
        "kind": follow.kind,
        "value": follow.value,
        "label": follow.label,
        "created_at": follow.created_at.isoformat(),
    }
