"""Explain one paper's rank for a search: a page, and a panel below a result."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.explanation import Explanation
from broadsheet.domain.search import SearchRequest
from broadsheet.web.asking import clean_query, liked_papers, read_mode, read_order, with_interests
from broadsheet.web.links import paper_path
from broadsheet.web.phrases import count, ordinal
from broadsheet.web.render import MAX_QUERY, page, services_of

NEAREST = 2
"""Sentences that are called the nearest in meaning."""

router = APIRouter(include_in_schema=False)


@router.api_route("/papers/why", methods=["GET", "HEAD"])
def why_page(request: Request) -> Response:
    """The reasons for ``?id=`` under the search ``?q=``; without a search, the paper's page."""
    parameters = request.query_params
    name = parameters.get("id", "").strip()
    if not name:
        raise HTTPException(404, "Say which paper is meant: /papers/why?q=…&id=….")
    query = clean_query(parameters.get("q", ""))
    mode = read_mode(parameters.get("mode", ""))
    order = read_order(parameters.get("order", ""))
    services = services_of(request)
    if not query:
        return RedirectResponse(paper_path(services.library.get_paper(name)), 303)
    if len(query) > MAX_QUERY:
        raise HTTPException(
            400,
            f"That query has {len(query):,} characters; at most {MAX_QUERY:,} are searched for.",
        )
    search = SearchRequest(query, mode=mode, order=order, literal="literal" in parameters)
    explanation = services.search.explain(with_interests(request, search), name)
    return page(
        request,
        "why.html",
        query=query,
        mode=mode,
        order=order,
        likes=liked_papers(services.library, query),
        text="",
        **reasons_shown(explanation),
    )


def reasons_shown(
    explanation: Explanation, subject: str = "result for this search"
) -> dict[str, Any]:
    """Return an explanation for the page; ``found`` names the kind of result."""
    shares = [word.share for word in explanation.words] + [
        part.share for part in explanation.sentences
    ]
    return {
        "told": explanation,
        "reasons": compose_reasons(explanation, subject),
        "nearest": [part.text for part in explanation.nearest(NEAREST)],
        "compared": any(shares),
    }


def compose_reasons(explanation: Explanation, subject: str = "result for this search") -> list[str]:
    """Compose plain sentences on the paper's rank and the reasons for it."""
    reasons = []
    if explanation.rank:
        reasons.append(f"It is the {_nth(explanation.rank)} {subject}.")
    elif explanation.failed:
        # Its score among papers that pass is no reason.
        return ["It is not among the results: it does not pass every filter."]
    else:
        reasons.append("It is not among the results: too many papers stand before it.")
    if explanation.named:
        reasons.append("Your query names it by its identifier, which puts it in front.")
    reasons += [boost.reason for boost in explanation.boosts]
    place = explanation.by_words or explanation.by_meaning
    if place is None:
        return reasons
    if place.of == 1:
        return [*reasons, "No other paper was weighed, so there is nothing to compare it with."]
    of = count(place.of, "paper")
    if explanation.by_words and explanation.by_meaning:
        sides = f"{_nth(explanation.by_words.rank)} by its words and {_nth(explanation.by_meaning.rank)} by its meaning"
        verdict = {
            "words": "mostly its words carried it",
            "meaning": "mostly its meaning carried it",
        }.get(explanation.carried, "both carried it alike")
        reasons.append(f"Of {of} weighed it comes {sides}: {verdict}.")
        if explanation.by_second_look:
            reasons.append(
                "A second look, at how near it is to the best papers found and how close together "
                f"it has your words, puts it {_nth(explanation.by_second_look.rank)}."
            )
    else:
        side = "words" if explanation.by_words else "meaning"
        reasons.append(f"Of {of} weighed it comes {_nth(place.rank)} by its {side}.")
    return reasons


def _nth(rank: int) -> str:
    return "first" if rank == 1 else ordinal(rank)
