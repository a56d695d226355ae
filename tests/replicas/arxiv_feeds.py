"""A replica of arXiv's daily feeds: ``/rss/cs.AI+cs.CL`` and ``/atom/…``."""

import datetime as dt
from dataclasses import dataclass, field
from email.utils import format_datetime
from xml.sax.saxutils import escape

from replicas.archive import Archive, Submission
from replicas.server import NOT_FOUND, ReceivedRequest, Reply

_MIDNIGHT = dt.timezone(dt.timedelta(hours=-4))
_SPACES = 'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'


@dataclass
class ArxivFeedsReplica:
    """Answers at ``/rss/`` and ``/atom/``; give it to a ReplicaServer."""

    archive: Archive
    announced: list[tuple[str, str]] = field(default_factory=list)
    """(identifier, announce type) of today."""

    def __call__(self, request: ReceivedRequest) -> Reply:
        kind, _, names = request.path.strip("/").partition("/")
        if kind not in ("rss", "atom") or not names:
            return NOT_FOUND
        requested = names.replace("%2B", "+").split("+")
        announced = [
            (self.archive.papers[id_], announcement)
            for id_, announcement in self.announced
            if _is_in(self.archive.papers[id_].categories, requested)
        ]
        date = dt.datetime.combine(self.archive.today, dt.time(), _MIDNIGHT)
        body = (_rss if kind == "rss" else _atom)(requested, announced, date)
        return Reply(
            body,
            content_type=f"application/{kind}+xml; charset=utf-8",
            headers={"ETag": f'"{hash(body):x}"', "Last-Modified": format_datetime(date)},
        )


def _is_in(categories: tuple[str, ...], requested: list[str]) -> bool:
    return any(
        category == name or category.startswith(f"{name}.")
        for category in categories
        for name in requested
    )


def _described(paper: Submission, announcement: str) -> str:
    return escape(
        f"arXiv:{paper.id}v{paper.version} Announce Type: {announcement} \n"
        f"Abstract: {paper.abstract.strip()}"
    )


def _rss(requested: list[str], announced: list[tuple[Submission, str]], date: dt.datetime) -> str:
    items = "".join(
        f"<item><title>{escape(paper.title)}</title>"
        f"<link>https://arxiv.org/abs/{paper.id}</link>"
        f"<description>{_described(paper, announcement)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{paper.id}v{paper.version}</guid>'
        + "".join(f"<category>{name}</category>" for name in paper.categories)
        + f"<pubDate>{format_datetime(date)}</pubDate>"
        f"<arxiv:announce_type>{announcement}</arxiv:announce_type>"
        "<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>"
        f"<dc:creator>{escape(', '.join(paper.authors))}</dc:creator></item>\n"
        for paper, announcement in announced
    )
    name = "+".join(requested)
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<rss {_SPACES} version=\"2.0\"><channel>"
        f"<title>{name} updates on arXiv.org</title><link>http://rss.arxiv.org/rss/{name}</link>"
        f"<description>{name} updates on the arXiv.org e-print archive.</description>"
        f"<lastBuildDate>{format_datetime(date)}</lastBuildDate>"
        "<skipDays><day>Sunday</day><day>Saturday</day></skipDays>"
        f"{items}</channel></rss>\n"
    )


def _atom(requested: list[str], announced: list[tuple[Submission, str]], date: dt.datetime) -> str:
    name, stamp = "+".join(requested), date.isoformat()
    entries = "".join(
        f"<entry><id>oai:arXiv.org:{paper.id}v{paper.version}</id>"
        f"<title>{escape(paper.title)}</title><updated>{stamp}</updated>"
        f'<link href="https://arxiv.org/abs/{paper.id}" rel="alternate" type="text/html"/>'
        f"<summary>{_described(paper, announcement)}</summary>"
        + "".join(f'<category term="{category}"/>' for category in paper.categories)
        + f"<published>{stamp}</published>"
        f"<arxiv:announce_type>{announcement}</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(paper.authors))}</dc:creator></entry>\n"
        for paper, announcement in announced
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" "
        f"{_SPACES}><id>http://rss.arxiv.org/atom/{name}</id>"
        f"<title>{name} updates on arXiv.org</title><updated>{stamp}</updated>{entries}</feed>\n"
    )
