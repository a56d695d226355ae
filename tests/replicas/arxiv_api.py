"""A replica of arXiv's query API: Atom answers to ``/api/query``."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from replicas.archive import Archive, Submission
from replicas.server import NOT_FOUND, ReceivedRequest, Reply

MOST_RESULTS = 30_000

_TOKEN = re.compile(r'\(|\)|\b(?:ANDNOT|AND|OR)\b|(?:\w+:)?"[^"]*"|[^\s()]+')
_ID = re.compile(r"(\d{4}\.\d{4,5})(?:v(\d+))?")
_Test = Callable[[Submission], bool]


@dataclass
class ArxivApiReplica:
    """Answers at ``/api/query``; give it to a ReplicaServer."""

    archive: Archive
    empty_answers: int = 0
    """So many answers from now on come without entries, as the original's do at times."""
    claimed: int = 0
    """The stated number of results, if it is not the real one."""

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path != "/api/query":
            return NOT_FOUND
        params = request.params
        start = int(params.get("start", "0"))
        most = int(params.get("max_results", "10"))
        if start + most > MOST_RESULTS:
            return _error(f"start + max_results must not exceed {MOST_RESULTS}", status=400)
        try:
            matches = self._find_matches(params)
        except ValueError as error:
            return _error(str(error))
        total = self.claimed or len(matches)
        page = matches[start : start + most]
        if self.empty_answers:
            self.empty_answers -= 1
            page = []
        return Reply(
            _feed(params, total, start, len(page), "".join(map(_entry, page)), self.archive.today),
            content_type="application/atom+xml; charset=utf-8",
        )

    def _find_matches(self, params: dict[str, str]) -> list[Submission]:
        matches = list(self.archive.alive())
        if query := params.get("search_query", ""):
            test = _Parser(_TOKEN.findall(query)).parse()
            matches = [paper for paper in matches if test(paper)]
        if names := [name for name in params.get("id_list", "").split(",") if name]:
            requested = []
            for name in names:
                matched = _ID.fullmatch(name)
                if matched is None:
                    raise ValueError(f"incorrect id format for {name}")
                requested.append(matched.group(1))
            matches = [paper for paper in matches if paper.id in requested]
        latest = params.get("sortBy") == "lastUpdatedDate"
        if params.get("sortBy", "relevance") != "relevance":
            matches.sort(
                key=lambda paper: paper.versions[-1 if latest else 0],
                reverse=params.get("sortOrder", "descending") == "descending",
            )
        return matches


class _Parser:
    """``search_query`` → a test of papers. Connectives bind from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def parse(self) -> _Test:
        left = self._term()
        while self._tokens and self._tokens[0] != ")":
            connective = self._tokens.pop(0)
            if connective not in ("AND", "OR", "ANDNOT"):
                self._tokens.insert(0, connective)
                connective = "OR"
            left = _joined(connective, left, self._term())
        return left

    def _term(self) -> _Test:
        if not self._tokens:
            raise ValueError("malformed query: a term is missing")
        token = self._tokens.pop(0)
        if token == "(":
            inner = self.parse()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise ValueError("malformed query: a parenthesis is not closed")
            return inner
        field, colon, text = token.partition(":")
        text = (text if colon else token).strip('"').replace("_", " ").lower()
        return lambda paper: _matches(paper, field if colon else "all", text)


def _joined(connective: str, left: _Test, right: _Test) -> _Test:
    if connective == "AND":
        return lambda paper: left(paper) and right(paper)
    if connective == "OR":
        return lambda paper: left(paper) or right(paper)
    return lambda paper: left(paper) and not right(paper)


def _matches(paper: Submission, field: str, text: str) -> bool:
    fields = {
        "ti": paper.title,
        "abs": paper.abstract,
        "au": "; ".join(paper.authors),
        "co": paper.comments,
        "jr": paper.journal_ref,
        "id": paper.id,
    }
    if field == "cat":
        return any(category.lower() == text for category in paper.categories)
    if field == "all":
        return any(text in each.lower() for each in fields.values())
    if field not in fields:
        raise ValueError(f"malformed query: there is no field {field}")
    return text in fields[field].lower()


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(paper: Submission) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors)
    categories = "".join(
        f'<category term="{name}" scheme="http://arxiv.org/schemas/atom"/>'
        for name in paper.categories
    )
    address = f"http://arxiv.org/abs/{paper.id}v{paper.version}"
    optional = {"comment": paper.comments, "journal_ref": paper.journal_ref, "doi": paper.doi}
    extras = "".join(
        f'<arxiv:{name} xmlns:arxiv="http://arxiv.org/schemas/atom">{escape(text)}</arxiv:{name}>'
        for name, text in optional.items()
        if text
    )
    return (
        f"<entry><id>{address}</id><updated>{_stamp(paper.versions[-1])}</updated>"
        f"<published>{_stamp(paper.versions[0])}</published><title>{escape(paper.title)}</title>"
        f"<summary>{escape(paper.abstract)}</summary>{authors}{extras}"
        f'<link href="{address}" rel="alternate" type="text/html"/>'
        f'<link title="pdf" href="{address.replace("/abs/", "/pdf/")}" rel="related" '
        'type="application/pdf"/><arxiv:primary_category '
        f'xmlns:arxiv="http://arxiv.org/schemas/atom" term="{paper.categories[0]}" '
        f'scheme="http://arxiv.org/schemas/atom"/>{categories}</entry>\n'
    )


def _feed(
    params: dict[str, str], total: int, start: int, count: int, entries: str, today: dt.date
) -> str:
    query_shown = escape("&".join(f"{name}={value}" for name, value in params.items()))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f'<link href="http://arxiv.org/api/query?{query_shown.replace(chr(34), "%22")}" rel="self" '
        f'type="application/atom+xml"/>\n<title type="html">ArXiv Query: {query_shown}</title>\n'
        f"<id>http://arxiv.org/api/replica</id>\n<updated>{today}T00:00:00-04:00</updated>\n"
        + "".join(
            f'<opensearch:{name} xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{value}'
            f"</opensearch:{name}>\n"
            for name, value in (
                ("totalResults", total),
                ("startIndex", start),
                ("itemsPerPage", count),
            )
        )
        + f"{entries}</feed>\n"
    )


def _error(message: str, status: int = 200) -> Reply:
    entry = (
        f"<entry><id>http://arxiv.org/api/errors#{escape(message.replace(' ', '_'))}</id>"
        f"<title>Error</title><summary>{escape(message)}</summary>"
        "<updated>2024-05-01T00:00:00-04:00</updated>"
        '<link href="http://arxiv.org/api/errors" rel="alternate" type="text/html"/>'
        "<author><name>arXiv api core</name></author></entry>\n"
    )
    body = _feed({}, 1, 0, 1, entry, dt.date(2024, 5, 1))
    return Reply(body, status=status, content_type="application/atom+xml; charset=utf-8")
