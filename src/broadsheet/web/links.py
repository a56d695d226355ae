"""Addresses: of our own pages, and of the places a paper lives elsewhere."""

from urllib.parse import quote, urlencode, urlsplit

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.search import Mode, Order
from broadsheet.text.catalogues import PATH_SAFE


def paper_path(paper: Paper) -> str:
    """The one address of a paper's page; arXiv papers go without their prefix."""
    return paper_name_path(paper.id)


def paper_name_path(name: str) -> str:
    """The address of the paper with this id."""
    return "/papers/" + quote(name.removeprefix("arxiv:"), safe=PATH_SAFE)


def author_path(name: str) -> str:
    """The page of an author."""
    return "/authors/" + quote(" ".join(name.split()), safe="")


def day_path(day: object, page: int = 1) -> str:
    """The page of a day (anything that prints as YYYY-MM-DD)."""
    return f"/papers/date/{day}" + (f"?page={page}" if page > 1 else "")


def period_path(period: Period) -> str:
    """The page of a day, week, month or year."""
    kind = "date" if period.kind == "day" else period.kind
    return f"/papers/{kind}/{period}"


def listing_path(listed: PartialDate) -> str:
    """The page of the day, or the month or year, under which a paper is listed."""
    return period_path(Period.of_listing(listed))


def named_paper_path(paper: Paper, query: str) -> str:
    """The page of the paper that a query names, which then offers the search for its words."""
    return f"{paper_path(paper)}?{urlencode({'q': query})}"


def search_path(
    query: str,
    mode: Mode = "hybrid",
    page: int = 1,
    order: Order = "relevance",
    literal: bool = False,
) -> str:
    """A search; defaults are left out so that one search has one address.

    ``literal`` searches for the words as typed: mistyped ones, or those of an identifier.
    """
    parameters = {"q": query}
    if mode != "hybrid":
        parameters["mode"] = mode
    if order != "relevance":
        parameters["order"] = order
    if page > 1:
        parameters["page"] = str(page)
    if literal:
        parameters["literal"] = "1"
    return "/papers?" + urlencode(parameters)


def why_path(
    paper: Paper,
    query: str,
    mode: Mode = "hybrid",
    order: Order = "relevance",
    literal: bool = False,
) -> str:
    """Return the page that explains a paper's rank for a search."""
    _, _, query_string = search_path(query, mode, order=order, literal=literal).partition("?")
    return f"/papers/why?{query_string}&" + urlencode({"id": paper.id})


def why_like_path(paper: Paper) -> str:
    """Return the target of a form with a text, for explaining the paper's similarity to it."""
    return "/papers/like/why?" + urlencode({"id": paper.id})


def field_search_path(field: str, value: str) -> str:
    """Return a search for one field's value, quoted if it is more than one word."""
    value = " ".join(value.replace('"', " ").split())
    plain = value and all(c.isalnum() or c in ".-_" for c in value)
    return search_path(f"{field}:{value}" if plain else f'{field}:"{value}"')


def keyword_search_path(keyword: str) -> str:
    """Return a search for a keyword, as a phrase if it is more than one word."""
    keyword = " ".join(keyword.replace('"', " ").split())
    return search_path(keyword if keyword.isalnum() else f'"{keyword}"')


def web_address(text: str) -> str:
    """Return ``text`` if it is an http or https address, else "" (no link is made).

    Anything else ("javascript:", "data:", a relative path) could run in or point back at our own
    pages.
    """
    text = text.strip()
    if any(ord(character) <= 32 for character in text):
        return ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return text if usable else ""


def site_name(address: str) -> str:
    """The host of an address as people say it: without "www."."""
    return (urlsplit(address).hostname or address).removeprefix("www.")
