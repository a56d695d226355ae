"""Explain one paper's rank for a search: a page, and a panel below a result."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.explanation import Explanation
from broadsheet.domain.search import SearchRequest
from broadsheet.web.asking import clean_query, liked_papers, read_mode, read_order
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
    explanation = services.search.explain(SearchRequest(query, mode=mode, order=order), name)
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


def reasons_shown(told: Explanation, found: str = "result for this search") -> dict[str, Any]:
    """Return an explanation for the page; ``found`` names the kind of result."""
    shares = [word.share for word in told.words] + [part.share for part in told.sentences]
    return {
        "told": told,
        "reasons": compose_reasons(told, found),
        "nearest": [part.text for part in told.nearest(NEAREST)],
        "compared": any(shares),
    }


def compose_reasons(told: Explanation, found: str = "result for this search") -> list[str]:
    """Compose plain sentences on the paper's rank and the reasons for it."""
    reasons = []
    if told.rank:
        reasons.append(f"It is the {_nth(told.rank)} {found}.")
    elif told.failed:
        # Its score among papers that pass is no reason.
        return ["It is not among the results: it does not pass every filter."]
    else:
        reasons.append("It is not among the results: too many papers stand before it.")
    if told.named:
        reasons.append("Your query names it by its identifier, which puts it in front.")
    reasons += [boost.reason for boost in told.boosts]
    weighed = told.by_words or told.by_meaning
    if weighed is None:
        return reasons
    if weighed.of == 1:
        return [*reasons, "No other paper was weighed, so there is nothing to compare it with."]
    of = count(weighed.of, "paper")
    if told.by_words and told.by_meaning:
        sides = f"{_nth(told.by_words.rank)} by its words and {_nth(told.by_meaning.rank)} by its meaning"
        verdict = {
            "words": "mostly its words carried it",
            "meaning": "mostly its meaning carried it",
        }.get(told.carried, "both carried it alike")
        reasons.append(f"Of {of} weighed it comes {sides}: {verdict}.")
        if told.by_second_look:
            reasons.append(
                "A second look, at how near it is to the best papers found and how close together "
                f"it has your words, puts it {_nth(told.by_second_look.rank)}."
            )
    else:
        side = "words" if told.by_words else "meaning"
        reasons.append(f"Of {of} weighed it comes {_nth(weighed.rank)} by its {side}.")
    return reasons


def _nth(rank: int) -> str:
    return "first" if rank == 1 else ordinal(rank)
