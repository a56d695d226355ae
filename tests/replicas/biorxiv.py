"""The API of bioRxiv and medRxiv: ``/details/SERVER/FROM/TO/CURSOR/json``."""

from collections.abc import Iterable
from typing import Any

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply


class BiorxivReplica:
    """Serves ``entries`` by server, day and subject, ``size`` an answer."""

    def __init__(self, entries: Iterable[Any] = (), size: int = 30) -> None:
        self.entries = list(entries)
        self.size = size

    def __call__(self, request: ReceivedRequest) -> Reply:
        match request.path.strip("/").split("/"):
            case ["details", server, begin, end, cursor, "json"]:
                return self._details(
                    server, begin, end, int(cursor), request.params.get("category")
                )
        return NOT_FOUND

    def _details(self, server: str, begin: str, end: str, cursor: int, category: Any) -> Reply:
        details = [
            entry
            for entry in self.entries
            if not isinstance(entry, dict)
            or (
                entry["server"].lower() == server
                and begin <= entry["date"] <= end
                and category in (None, entry["category"].replace(" ", "_"))
            )
        ]
        page = details[cursor : cursor + self.size]
        if not page:
            return json_reply({"messages": [{"status": "no posts found"}], "collection": []})
        message = {
            "status": "ok",
            "category": category or "all",
            "interval": f"{begin}:{end}",
            "cursor": cursor,
            "count": len(page),
            "count_new_papers": str(len(details)),
            "total": str(len(details)),
        }
        return json_reply({"messages": [message], "collection": page})


def entry(number: int, day: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """One version of preprint ``number``, with true field names and shapes."""
    doi = f"10.1101/2026.11.{number % 28 + 1:02d}.{number:06d}"
    return {
        "title": f"Preprint number {number} on currents in the cortex",
        "authors": "Okafor, N. B.; de la Cruz, M.",
        "author_corresponding": "Maria de la Cruz",
        "author_corresponding_institution": "Institute of Hearing, Lima",
        "doi": doi,
        "date": day,
        "version": str(version),
        "type": "new results",
        "license": "cc_by",
        "category": "neuroscience",
        "jatsxml": f"https://www.biorxiv.org/content/early/{number}.source.xml",
        "abstract": f"We followed current {number} through forty cortices, version {version}.",
        "funder": "NA",
        "published": "NA",
        "server": "bioRxiv",
        **more,
    }
