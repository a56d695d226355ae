"""A replica of arXiv's listings of new submissions: ``/list/cs.CL/new``."""

from dataclasses import dataclass, field

from replicas.archive import Archive
from replicas.server import NOT_FOUND, ReceivedRequest, Reply

_PARTS = {
    "new": "New submissions",
    "cross": "Cross submissions",
    "replace": "Replacement submissions",
}


@dataclass
class ArxivListingReplica:
    """Answers at ``/list/``; give it to a ReplicaServer."""

    archive: Archive
    announced: list[tuple[str, str]] = field(default_factory=list)
    """(identifier, announce type) of today."""

    def __call__(self, request: ReceivedRequest) -> Reply:
        kind, _, rest = request.path.strip("/").partition("/")
        category, _, which = rest.partition("/")
        if kind != "list" or which != "new":
            return NOT_FOUND
        day = f"{self.archive.today:%A}, {self.archive.today.day} {self.archive.today:%B %Y}"
        parts = [f"<h3>Showing new listings for {day}</h3>"]
        for announcement, title in _PARTS.items():
            names = [
                name
                for name, each in self.announced
                if each == announcement and category in self.archive.papers[name].categories
            ]
            entries = "".join(
                f"<dt><a name='item{number}'>[{number}]</a>\n<a href =\"/abs/{name}\" "
                f'title="Abstract" id="{name}">\n arXiv:{name}\n</a> [<a href="/pdf/{name}">pdf</a>]'
                f"</dt><dd><div class='list-title'>{self.archive.papers[name].title}</div></dd>"
                for number, name in enumerate(names, 1)
            )
            total = f"showing {len(names)} of {len(names)} entries"
            parts.append(f"<h3>{title} ({total})</h3><dl id='articles'>{entries}</dl>")
        body = f"<!DOCTYPE html><html><body>{''.join(parts)}</body></html>"
        return Reply(body, content_type="text/html; charset=utf-8")
