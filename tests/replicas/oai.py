"""A replica of arXiv's OAI-PMH repository.

Like the original it has days as its finest unit, sets ``group:archive:CATEGORY``, tokens
without position or total, and forgets tokens.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from replicas.archive import Archive, Submission
from replicas.server import NOT_FOUND, ReceivedRequest, Reply

_SCHEMA = "http://www.openarchives.org/OAI/2.0/"
_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{_SCHEMA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{_SCHEMA} {_SCHEMA}OAI-PMH.xsd">\n'
)
_FORMATS = {
    "oai_dc": f"{_SCHEMA}oai_dc/",
    "arXiv": "http://arxiv.org/OAI/arXiv/",
    "arXivRaw": "http://arxiv.org/OAI/arXivRaw/",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LEGAL = {
    "Identify": set(),
    "ListMetadataFormats": {"identifier"},
    "ListSets": {"resumptionToken"},
    "GetRecord": {"identifier", "metadataPrefix"},
    "ListRecords": {"metadataPrefix", "from", "until", "set", "resumptionToken"},
    "ListIdentifiers": {"metadataPrefix", "from", "until", "set", "resumptionToken"},
}


class _OaiError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class OaiReplica:
    """Answers at ``/oai``; give it to a ReplicaServer."""

    archive: Archive
    page_size: int = 10
    totals: bool = False
    """Whether tokens tell how many records there are."""
    shuffled: bool = False
    """Whether datestamps do not ascend."""
    lists: dict[str, tuple[str, list[Submission], int]] = field(default_factory=dict)
    """Token → prefix, the whole list, the next position."""

    def expire_tokens(self) -> None:
        """Forget all tokens that were given out, as arXiv does each day."""
        self.lists.clear()

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path != "/oai":
            return NOT_FOUND
        params = request.params
        try:
            inner = self._answer(params)
        except _OaiError as error:
            inner = f'<error code="{error.code}">{escape(str(error))}</error>\n'
            params = {} if error.code in ("badVerb", "badArgument") else params
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in params.items())
        stamp = f"{self.archive.today.isoformat()}T01:02:03Z"
        return Reply(
            f"{_START}<responseDate>{stamp}</responseDate>\n"
            f"<request{attributes}>http://127.0.0.1/oai</request>\n{inner}</OAI-PMH>\n"
        )

    def _answer(self, params: dict[str, str]) -> str:
        verb = params.get("verb", "")
        if verb not in _LEGAL:
            raise _OaiError("badVerb", f"Unknown verb {verb!r}")
        if illegal := params.keys() - _LEGAL[verb] - {"verb"}:
            raise _OaiError("badArgument", f"Illegal argument {min(illegal)}")
        if verb == "Identify":
            return self._identify()
        if verb == "ListMetadataFormats":
            return _list_formats()
        if verb == "ListSets":
            return self._list_sets()
        if verb == "GetRecord":
            return self._get_record(params)
        return self._list(verb, params)

    def _identify(self) -> str:
        earliest = min((paper.datestamp for paper in self.archive.papers.values()), default="")
        return (
            "<Identify><repositoryName>Replica of arXiv</repositoryName>"
            "<baseURL>http://127.0.0.1/oai</baseURL><protocolVersion>2.0</protocolVersion>"
            "<adminEmail>nobody@example.org</adminEmail>"
            f"<earliestDatestamp>{earliest}</earliestDatestamp>"
            "<deletedRecord>persistent</deletedRecord><granularity>YYYY-MM-DD</granularity>"
            "</Identify>\n"
        )

    def _list_sets(self) -> str:
        full = {name for paper in self.archive.papers.values() for name in paper.sets}
        names = {":".join(name.split(":")[:length]) for name in full for length in (1, 2, 3)}
        sets = "".join(
            f"<set><setSpec>{name}</setSpec><setName>{name}</setName></set>"
            for name in sorted(names)
        )
        return f"<ListSets>{sets}</ListSets>\n"

    def _get_record(self, params: dict[str, str]) -> str:
        prefix = _prefix(params)
        paper = self.archive.papers.get(params.get("identifier", "").removeprefix("oai:arXiv.org:"))
        if paper is None:
            raise _OaiError("idDoesNotExist", "Nothing has this identifier")
        return f"<GetRecord>\n{record(paper, prefix)}</GetRecord>\n"

    def _list(self, verb: str, params: dict[str, str]) -> str:
        token = params.get("resumptionToken")
        if token is not None:
            if token not in self.lists:
                raise _OaiError("badResumptionToken", "The token is unknown or has expired")
            prefix, papers, at = self.lists[token]
        else:
            prefix, papers, at = _prefix(params), self._matching(params), 0
        page = papers[at : at + self.page_size]
        show = record if verb == "ListRecords" else lambda paper, prefix: header(paper)
        inner = "".join(show(paper, prefix) for paper in page)
        return f"<{verb}>\n{inner}{self._token(token, prefix, papers, at)}</{verb}>\n"

    def _matching(self, params: dict[str, str]) -> list[Submission]:
        since, until = params.get("from", "0000-00-00"), params.get("until", "9999-99-99")
        if not _DAY.fullmatch(since) or not _DAY.fullmatch(until):
            raise _OaiError("badArgument", "Days are written YYYY-MM-DD")
        requested_set = params.get("set")
        papers = [
            paper
            for paper in self.archive.by_datestamp()
            if since <= paper.datestamp.isoformat() <= until
            and (
                requested_set is None
                or any(f"{name}:".startswith(f"{requested_set}:") for name in paper.sets)
            )
        ]
        if not papers:
            raise _OaiError("noRecordsMatch", "Nothing matches")
        return papers[::-1] if self.shuffled else papers

    def _token(self, current: str | None, prefix: str, papers: list[Submission], at: int) -> str:
        after = at + self.page_size
        total = f' completeListSize="{len(papers)}" cursor="{at}"' if self.totals else ""
        if after >= len(papers):
            return f"<resumptionToken{total}/>\n" if current else ""
        token = f"{len(self.lists) + 1}|{after}&{self.archive.today}"
        self.lists[token] = (prefix, papers, after)
        expires = f' expirationDate="{self.archive.today + dt.timedelta(days=1)}T00:00:00Z"'
        return f"<resumptionToken{expires}{total}>{escape(token)}</resumptionToken>\n"


def _prefix(params: dict[str, str]) -> str:
    prefix = params.get("metadataPrefix")
    if prefix is None:
        raise _OaiError("badArgument", "metadataPrefix is missing")
    if prefix not in _FORMATS:
        raise _OaiError("cannotDisseminateFormat", f"There is no format {prefix}")
    return prefix


def _list_formats() -> str:
    inner = "".join(
        f"<metadataFormat><metadataPrefix>{name}</metadataPrefix><schema>{space}{name}.xsd</schema>"
        f"<metadataNamespace>{space}</metadataNamespace></metadataFormat>"
        for name, space in _FORMATS.items()
    )
    return f"<ListMetadataFormats>{inner}</ListMetadataFormats>\n"


def header(paper: Submission) -> str:
    status = ' status="deleted"' if paper.deleted else ""
    sets = "".join(f"<setSpec>{name}</setSpec>" for name in paper.sets)
    return (
        f"<header{status}><identifier>oai:arXiv.org:{paper.id}</identifier>"
        f"<datestamp>{paper.datestamp}</datestamp>{sets}</header>\n"
    )


def record(paper: Submission, prefix: str) -> str:
    if paper.damage:
        return paper.damage.decode()
    if paper.deleted:
        return f"<record>{header(paper)}</record>\n"
    metadata = {"arXiv": _arxiv, "arXivRaw": _raw, "oai_dc": _dublin_core}[prefix](paper)
    return f"<record>{header(paper)}<metadata>\n{metadata}</metadata></record>\n"


def _shared(paper: Submission) -> str:
    fields = {
        "comments": paper.comments,
        "journal-ref": paper.journal_ref,
        "doi": paper.doi,
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "abstract": paper.abstract,
    }
    return (
        f"<title>{escape(paper.title)}</title><categories>{' '.join(paper.categories)}</categories>"
    ) + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text)


def _start(name: str) -> str:
    space = _FORMATS[name]
    return (
        f'<{name} xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{space} {space.rstrip("/")}.xsd">'
    )


def _raw(paper: Submission) -> str:
    versions = "".join(
        f'<version version="v{number}"><date>{format_datetime(date, usegmt=True)}</date>'
        f"<size>{10 + number}kb</size><source_type>D</source_type></version>"
        for number, date in enumerate(paper.versions, 1)
    )
    *others, last = paper.authors
    named = f"{', '.join(others)} and {last}" if others else last
    return (
        f"{_start('arXivRaw')}<id>{paper.id}</id><submitter>{escape(paper.authors[0])}</submitter>"
        f"{versions}<authors>{escape(named)}</authors>{_shared(paper)}</arXivRaw>\n"
    )


def _arxiv(paper: Submission) -> str:
    authors = "".join(
        f"<author><keyname>{escape(name.rpartition(' ')[2])}</keyname>"
        f"<forenames>{escape(name.rpartition(' ')[0])}</forenames></author>"
        for name in paper.authors
    )
    updated = f"<updated>{paper.versions[-1].date()}</updated>" if paper.version > 1 else ""
    return (
        f"{_start('arXiv')}<id>{paper.id}</id><created>{paper.versions[0].date()}</created>"
        f"{updated}<authors>{authors}</authors>{_shared(paper)}</arXiv>\n"
    )


def _dublin_core(paper: Submission) -> str:
    creators = "".join(
        f"<dc:creator>{escape(', '.join(name.rsplit(' ', 1)[::-1]))}</dc:creator>"
        for name in paper.authors
    )
    dates = "".join(f"<dc:date>{date.date()}</dc:date>" for date in paper.versions)
    return (
        f'<oai_dc:dc xmlns:oai_dc="{_FORMATS["oai_dc"]}" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(paper.title)}</dc:title>{creators}"
        f"<dc:description>{escape(paper.abstract)}</dc:description>{dates}<dc:type>text</dc:type>"
        f"<dc:identifier>http://arxiv.org/abs/{paper.id}</dc:identifier></oai_dc:dc>\n"
    )
