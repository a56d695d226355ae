"""Answers of arXiv's query API: Atom with arXiv's and OpenSearch's elements. Pure."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.text.xml import escape_xml

_ARXIV = "http://arxiv.org/schemas/atom"
_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\n'
)
_PATH_SAFE = "/:()@!$,;=~"


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper, or a version of it that was requested."""

    paper: Paper
    version: int | None = None

    @property
    def arxiv(self) -> str:
        """arXiv's identifier without version; "" for a paper that is not on arXiv."""
        names = (name.value for name in self.paper.identifiers if name.scheme == "arxiv")
        return next(names, "")

    @property
    def latest(self) -> int | None:
        """The number of the latest version, if it is known."""
        return max((version.number for version in self.paper.versions), default=None)

    @property
    def exists(self) -> bool:
        """Whether there may be such a version."""
        return self.version is None or self.latest is None or 0 < self.version <= self.latest

    @property
    def published(self) -> dt.date:
        """The first day of the date of publication; the day it was added if that is unknown."""
        return _first_day(self.paper.published) or self.paper.added_at.date()

    @property
    def updated(self) -> dt.date:
        """The day of the version: of the requested one if its date is known."""
        dates = {version.number: version.date for version in self.paper.versions}
        if self.version is not None and self.version != self.latest:
            return _first_day(dates.get(self.version)) or self.published
        latest = self.paper.updated or dates.get(self.latest or 0)
        return max(_first_day(latest) or self.published, self.published)


@dataclass(frozen=True, slots=True)
class QueryFeed:
    """The answer to a query."""

    search_query: str
    id_list: str
    start: int
    limit: int
    total: int
    papers: Sequence[ListedPaper]
    address: str
    root: str
    """The address of this service, without a slash at its end."""
    day: dt.date


def render_feed(feed: QueryFeed) -> str:
    """The answer as Atom."""
    asked = urlencode(
        {
            "search_query": feed.search_query,
            "id_list": feed.id_list,
            "start": feed.start,
            "max_results": feed.limit,
        }
    )
    title = (
        f"arXiv Query: search_query={feed.search_query}&id_list={feed.id_list}"
        f"&start={feed.start}&max_results={feed.limit}"
    )
    name = hashlib.sha256(asked.encode()).hexdigest()[:24]
    return "".join(
        (
            _START,
            f'  <link href="{escape_xml(feed.address)}" rel="self" type="application/atom+xml"/>\n',
            f'  <title type="text">{escape_xml(title)}</title>\n',
            f"  <id>{escape_xml(feed.root)}/api/{name}</id>\n",
            f"  <updated>{_midnight(feed.day)}</updated>\n",
            "  <author><name>Broadsheet</name></author>\n",
            _counts(feed.total, feed.start, feed.limit),
            *(_entry(each, feed.root) for each in feed.papers),
            "</feed>\n",
        )
    )


def render_error(message: str, address: str) -> str:
    """An error as arXiv reports it: a feed with one entry that is titled "Error"."""
    name = f"http://arxiv.org/api/errors#{quote(message[:200].replace(' ', '_'), safe='_')}"
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    link = escape_xml(address)
    return (
        f'{_START}  <link href="{link}" rel="self" type="application/atom+xml"/>\n'
        f'  <title type="text">arXiv Query</title>\n  <id>{link}</id>\n'
        f"  <updated>{now}</updated>\n{_counts(1, 0, 1)}"
        f"  <entry>\n    <id>{escape_xml(name)}</id>\n    <title>Error</title>\n"
        f"    <summary>{escape_xml(message)}</summary>\n    <updated>{now}</updated>\n"
        '    <link href="http://arxiv.org/api/errors" rel="alternate" type="text/html"/>\n'
        "    <author><name>arXiv api core</name></author>\n  </entry>\n</feed>\n"
    )


def _counts(total: int, start: int, size: int) -> str:
    counts = (("totalResults", total), ("startIndex", start), ("itemsPerPage", size))
    return "".join(f"  <opensearch:{name}>{n}</opensearch:{name}>\n" for name, n in counts)


def _entry(listed: ListedPaper, root: str) -> str:
    paper = listed.paper
    page = f"{root}/papers/{quote(paper.id.removeprefix('arxiv:'), safe=_PATH_SAFE)}"
    version = listed.version or listed.latest
    name = f"{listed.arxiv}v{version}" if version else listed.arxiv
    address = f"http://arxiv.org/abs/{name}" if name else page
    lines = [
        "<entry>",
        f"  <id>{escape_xml(address)}</id>",
        f"  <updated>{_midnight(listed.updated)}</updated>",
        f"  <published>{_midnight(listed.published)}</published>",
        f"  <title>{escape_xml(paper.title)}</title>",
        f"  <summary>{escape_xml(paper.abstract)}</summary>",
    ]
    for author in paper.authors:
        affiliation = (
            f"<arxiv:affiliation>{escape_xml(author.affiliation)}</arxiv:affiliation>"
            if author.affiliation
            else ""
        )
        lines.append(f"  <author><name>{escape_xml(author.name)}</name>{affiliation}</author>")
    doi = next((each.value for each in paper.identifiers if each.scheme == "doi"), "")
    for element, text in (
        ("comment", paper.comment),
        ("journal_ref", paper.venue),
        ("doi", doi),
    ):
        if text:
            lines.append(f"  <arxiv:{element}>{escape_xml(text)}</arxiv:{element}>")
    lines.append(_link(address, "alternate", "text/html"))
    if name:
        pdf = address.replace("/abs/", "/pdf/")
        lines.append(_link(pdf, "related", "application/pdf", "pdf"))
    if doi:
        lines.append(_link(f"http://dx.doi.org/{quote(doi, safe='/')}", "related", "", "doi"))
    if paper.categories:
        primary = escape_xml(paper.categories[0])
        lines.append(f'  <arxiv:primary_category term="{primary}" scheme="{_ARXIV}"/>')
    lines += [
        f'  <category term="{escape_xml(category)}" scheme="{_ARXIV}"/>'
        for category in paper.categories
    ]
    lines.append("</entry>")
    return "".join(f"  {line}\n" for line in lines)


def _link(address: str, relation: str, kind: str, title: str = "") -> str:
    named = f'title="{title}" ' if title else ""
    typed = f' type="{kind}"' if kind else ""
    return f'  <link {named}href="{escape_xml(address)}" rel="{relation}"{typed}/>'


def _first_day(date: PartialDate | None) -> dt.date | None:
    return date.first_day() if date else None


def _midnight(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
