"""Templates to answers: the Jinja environment, its filters, and caching headers."""

import hashlib
from functools import lru_cache
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from broadsheet import __version__
from broadsheet.domain.categories import category_name, section_of
from broadsheet.domain.search import MODES
from broadsheet.domain.services import Services
from broadsheet.text.catalogues import catalogue_name
from broadsheet.text.latex.mathml import text_to_html, to_html
from broadsheet.web import links, phrases, refine
from broadsheet.web.address_links import link_addresses
from broadsheet.web.follow_buttons import FollowButtons
from broadsheet.web.principal import form_token_of, principal_of
from broadsheet.web.static import static_path

MAX_QUERY = 1000
"""Characters a query may have."""

_LONGEST_SET = 300
"""Characters of a title in whose formulas a list spends time."""

REVALIDATE = "private, no-cache"
"""Keep a copy, but ask whether it still holds: a library changes at any time."""


def services_of(request: Request) -> Services:
    """Return the services that the application was made with."""
    services: Services = request.app.state.services
    return services


def root_of(request: Request) -> str:
    """Return the address under which readers reach the service, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def page_size_of(request: Request) -> int:
    """How many papers a page has."""
    size: int = request.app.state.page_size
    return size


def _maths(text: str) -> Markup:
    """Render text with its LaTeX as MathML. ``to_html`` escapes all other text."""
    return Markup(to_html(text))


def _linked_maths(text: str) -> Markup:
    """As ``_maths``, the addresses in it as links."""
    return Markup(link_addresses(to_html(text)))


def _scripts(text: str) -> Markup:
    """Readable text with its sub- and superscripts typeset."""
    return Markup(text_to_html(text))


@lru_cache(maxsize=2048)
def _set_headline(title: str) -> Markup:
    """A title for a list: its formulas as MathML, all else as text."""
    if len(title) > _LONGEST_SET or not any(sign in title for sign in "$\\"):
        return _scripts(phrases.headline(title))
    return _maths(title)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("broadsheet.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "text": phrases.readable,
        "unquoted": refine.unquoted,
        "maths": _maths,
        "linked_maths": _linked_maths,
        "scripts": _scripts,
        "count": phrases.count,
        "long_day": phrases.long_day,
        "short_day": phrases.short_day,
        "moment": phrases.moment,
        "source_state": phrases.source_state,
        "harvest": phrases.harvest,
        "sentence": phrases.sentence,
        "long_period": phrases.long_period,
        "short_period": phrases.short_period,
        "listing": phrases.listing,
        "listing_path": links.listing_path,
        "period_path": links.period_path,
        "partial_date": phrases.partial_date,
        "category_name": category_name,
        "section_of": section_of,
        "filter_label": phrases.filter_label,
        "edition_rule": phrases.edition_rule,
        "byline": phrases.byline,
        "mark": phrases.mark,
        "headline": phrases.headline,
        "set_headline": _set_headline,
        "shorten": phrases.shorten,
        "standfirst": phrases.standfirst,
        "signals": phrases.signals,
        "paragraphs": phrases.paragraphs,
        "summary": phrases.summary,
        "paper_path": links.paper_path,
        "author_path": links.author_path,
        "day_path": links.day_path,
        "web_address": links.web_address,
        "site_name": links.site_name,
        "catalogue_name": catalogue_name,
    }
    environment.globals |= {
        "static_path": static_path,
        "search_path": links.search_path,
        "why_path": links.why_path,
        "why_like_path": links.why_like_path,
        "field_search_path": links.field_search_path,
        "keyword_search_path": links.keyword_search_path,
        "has_term": refine.has_term,
        "with_term": refine.with_term,
        "without_term": refine.without_term,
        "max_query": MAX_QUERY,
        "modes": MODES,
        "version": __version__,
    }
    return environment


_ENVIRONMENT = _environment()


def render(request: Request, template: str, **context: Any) -> str:
    """A template as text.

    ``query`` and ``mode`` fill the search box of every page; ``here`` is the entry of the top
    navigation to which the page belongs.
    """
    context = {
        "query": "",
        "mode": "hybrid",
        "order": "relevance",
        "here": "",
        "principal": principal_of(request),
        "mode_of_access": services_of(request).accounts.mode,
        "token_field": _token_field(request),
        "following": FollowButtons(services_of(request), principal_of(request)),
        "address": _address(request),
        "root": root_of(request),
        "service": request.app.title,
    } | context
    return _ENVIRONMENT.get_template(template).render(context)


def _token_field(request: Request) -> Markup:
    """The hidden field that forms which change something carry."""
    field = Markup('<input type="hidden" name="form-token" value="{}">')
    token = form_token_of(request)
    return field.format(token) if token else Markup("")


def _address(request: Request) -> str:
    """The page's own path and query, to which a form leads back."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def render_document(template: str, **context: Any) -> str:
    """A template that stands alone, outside any request."""
    return _ENVIRONMENT.get_template(template).render({"service": "Broadsheet"} | context)


def page(
    request: Request,
    template: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response:
    """A template as an HTML answer."""
    return answer(request, render(request, template, **context), "text/html", status, headers)


def answer(
    request: Request,
    content: str,
    media_type: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send ``content`` with an entity tag; 304 if the browser already has the same.

    The tag is weak because the same text is also sent compressed.
    """
    body = content.encode("utf-8", "replace")
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"Cache-Control": REVALIDATE, "ETag": tag} | (headers or {})
    if status != 200:
        headers |= {"Cache-Control": "no-store"}
        del headers["ETag"]
    elif tag in (etag.strip() for etag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type=f"{media_type}; charset=utf-8")
