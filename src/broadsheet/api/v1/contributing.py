"""The addresses of members' contributions and subscriptions: submissions, changes of comments,
subscriptions to the digest.

Changes need an access token with the scope ``write``, or come from the one owner of the library.
"""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import JSONResponse, Response

from broadsheet.api.v1 import schemas
from broadsheet.api.v1.answers import answer, principal_of, services_of
from broadsheet.api.v1.declaring import make_router
from broadsheet.api.v1.parameters import checked_name
from broadsheet.api.v1.personal import compose_comment
from broadsheet.digest.schedule import parse_schedule
from broadsheet.domain.digest import Subscription, SubscriptionRequest, Topic
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.submissions import Submission

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

router = make_router()


@router.get(
    "/submissions", response_model=schemas.Submissions, tags=["submissions"], name="list_submissions"
)  # fmt: skip
def list_submissions(
    request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """Submitted papers that are listed and one's own submissions, the newest first; for curators
    all."""
    pairs = services_of(request).submissions.submissions(principal_of(request), limit)
    return answer(request, {"submissions": [_compose_submission(*pair) for pair in pairs]})


@router.post(
    "/submissions",
    status_code=201,
    response_model=schemas.Submission,
    tags=["submissions"],
    name="submit",
)
def submit(request: Request, body: schemas.NewSubmission) -> Response:
    """Submit a paper by an arXiv id, a DOI, or the address of it or its PDF.

    It is listed at once if the library has it. Else `state` is `pending` until it has been fetched in
    the background: read the submission again.
    """
    submissions = services_of(request).submissions
    submission = submissions.submit(
        principal_of(request), checked_name(body.address), checked_name(body.note)
    )
    return JSONResponse(_with_paper(request, submission), 201)


@router.get(
    "/submissions/{number}",
    response_model=schemas.Submission,
    tags=["submissions"],
    name="read_submission",
)
def read_submission(request: Request, number: Number) -> Response:
    """A submission, for instance to see whether it has been fetched."""
    submission = services_of(request).submissions.get(principal_of(request), number)
    return answer(request, _with_paper(request, submission))


@router.delete(
    "/submissions/{number}",
    status_code=204,
    response_class=Response,
    tags=["submissions"],
    name="delete_submission",
)
def delete_submission(
    request: Request,
    number: Number,
    reason: Annotated[
        str, Query(max_length=1000, description="Of a curator; it goes into the public log.")
    ] = "",
) -> Response:
    """Delete a submission of one's own, or take off that of another as a curator."""
    services_of(request).submissions.remove(principal_of(request), number, checked_name(reason))
    return Response(status_code=204)


@router.put(
    "/comments/{number}", response_model=schemas.Comment, tags=["comments"], name="edit_comment"
)
def edit_comment(request: Request, number: Number, body: schemas.ChangedComment) -> Response:
    """Change a comment of one's own; earlier texts stay readable."""
    comments = services_of(request).comments
    text = checked_name(body.text)
    return JSONResponse(compose_comment(comments.edit(principal_of(request), number, text)))


@router.delete(
    "/comments/{number}",
    status_code=204,
    response_class=Response,
    tags=["comments"],
    name="delete_comment",
)
def delete_comment(
    request: Request,
    number: Number,
    reason: Annotated[
        str, Query(max_length=1000, description="Of a curator; it goes into the public log.")
    ] = "",
) -> Response:
    """Delete a comment of one's own, or remove that of another as a curator."""
    services_of(request).comments.remove(principal_of(request), number, checked_name(reason))
    return Response(status_code=204)


@router.get(
    "/subscriptions",
    response_model=schemas.Subscriptions,
    tags=["subscriptions"],
    name="list_subscriptions",
)
def list_subscriptions(request: Request) -> Response:
    """One's own subscriptions to the digest that were confirmed and have not ended."""
    subscriptions = services_of(request).digest.own(principal_of(request))
    return answer(request, {"subscriptions": list(map(_compose_subscription, subscriptions))})


@router.post(
    "/subscriptions",
    status_code=201,
    response_model=schemas.SubscriptionChoices,
    tags=["subscriptions"],
    name="subscribe",
)
def subscribe(request: Request, body: schemas.NewSubscription) -> Response:
    """Subscribe a mail address to a digest, or change the subscription with this address and
    topic. A message asks the address to confirm first; then the subscription is listed."""
    needs_value = body.topic in ("search", "edition", "like")
    if needs_value != bool(body.value.strip()):
        raise InvalidInputError(
            f"value: the topic {body.topic} {'needs a' if needs_value else 'has no'} value"
        )
    wanted = SubscriptionRequest(
        address=checked_name(body.address),
        topic=Topic(body.topic, checked_name(body.value.strip())),
        schedule=parse_schedule(body.every, body.at, body.zone),
        limit=body.papers,
        detail="abstracts" if body.abstracts else "short",
        markup="plain" if body.plain else "html",
        when_empty="silent" if body.silent else "say",
    )
    subscription = services_of(request).digest.subscribe(principal_of(request), wanted)
    return JSONResponse(_compose_choices(subscription), 201)


@router.delete(
    "/subscriptions/{number}",
    status_code=204,
    response_class=Response,
    tags=["subscriptions"],
    name="unsubscribe",
)
def unsubscribe(request: Request, number: Number) -> Response:
    """End a subscription of one's own."""
    services_of(request).digest.end(principal_of(request), number)
    return Response(status_code=204)


def _with_paper(request: Request, submission: Submission) -> dict[str, Any]:
    keys = [submission.paper] if submission.paper else []
    papers = services_of(request).library.get_papers(keys)
    return _compose_submission(submission, papers[0] if papers else None)


def _compose_submission(submission: Submission, paper: Paper | None) -> dict[str, Any]:
    return {
        "number": submission.number,
        "by": submission.name,
        "address": submission.address,
        "note": submission.note,
        "state": submission.state,
        "paper": paper.id if paper else None,
        "problem": submission.problem,
        "created_at": submission.created_at.isoformat(),
        "listed_on": submission.listed_on.isoformat() if submission.listed_on else None,
    }


def _compose_subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "number": subscription.id,
        **_compose_choices(subscription),
        "reason": subscription.reason,
        "created_at": subscription.created_at.isoformat(),
    }


def _compose_choices(subscription: Subscription) -> dict[str, Any]:
    """The answer, which tells nobody whether the address had subscribed before."""
    return {
        "address": subscription.address,
        "topic": subscription.topic.kind,
        "value": ""
        if subscription.topic.kind in ("follows", "for-me")
        else subscription.topic.value,
        "schedule": str(subscription.schedule),
        "papers": subscription.limit,
        "state": subscription.state,
    }
