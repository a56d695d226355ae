"""The papers API of Hugging Face: daily lists, search, one paper."""

from collections.abc import Mapping
from typing import Any

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply

MOST = 100


class HfPapersReplica:
    """Serves ``days`` (day → entries). A day that is not there is answered with ``[]``."""

    def __init__(self, days: Mapping[str, list[Any]] | None = None) -> None:
        self.days = dict(days or {})

    def __call__(self, request: ReceivedRequest) -> Reply:
        params = request.params
        match request.path.strip("/").split("/"):
            case ["api", "daily_papers"]:
                return self._daily(params)
            case ["api", "papers", "search"]:
                words = params.get("q", "").lower()
                matches = [e for e in self._entries() if words in e["title"].lower()]
                return json_reply(matches[: int(params.get("limit", "20"))])
            case ["api", "papers", name]:
                return self._paper(name)
        return NOT_FOUND

    def _daily(self, params: Mapping[str, str]) -> Reply:
        limit, page = int(params.get("limit", "50")), int(params.get("p", "0"))
        if not 1 <= limit <= MOST:
            return json_reply({"error": "limit must be between 1 and 100"}, status=400)
        latest = max(self.days, default="")
        entries = self.days.get(params.get("date", latest), [])
        return json_reply(entries[page * limit : (page + 1) * limit])

    def _entries(self) -> list[Any]:
        return [e for day in self.days.values() for e in day if isinstance(e.get("paper"), dict)]

    def _paper(self, name: str) -> Reply:
        for entry in self._entries():
            if entry["paper"]["id"] == name:
                inner = dict(entry["paper"])
                inner["publishedAt"] = entry["paper"]["publishedAt"]
                return json_reply(inner)
        return json_reply({"error": "Paper not found"}, status=404)


def entry(number: int, upvotes: int = 1, **more: Any) -> dict[str, Any]:
    """An entry of a daily list, with true field names and shapes. ``more`` goes into ``paper``."""
    title = f"Daily paper number {number} on folding maps"
    summary = f"We fold map {number}.\nIt stays folded."
    submitter = {"_id": "64a", "user": "ak", "fullname": "A. K.", "type": "user", "isPro": False}
    return {
        "paper": {
            "id": f"2611.{number:05d}",
            "authors": [
                {"_id": "a1", "name": "Ines Moreau", "hidden": False},
                {"_id": "a2", "name": "Tomasz Zielinski", "hidden": False},
            ],
            "publishedAt": "2026-11-17T17:59:59.000Z",
            "title": title,
            "submittedOnDailyBy": submitter,
            "summary": summary,
            "upvotes": upvotes,
            "discussionId": f"d{number}",
            "githubRepo": f"https://github.com/fold/map{number}",
            "githubStars": 10 * upvotes,
            "ai_summary": "Maps are folded.",
            "ai_keywords": ["folding"],
            **more,
        },
        "publishedAt": "2026-11-18T14:00:00.000Z",
        "title": title,
        "summary": summary,
        "thumbnail": "https://cdn.example/x.png",
        "numComments": 2,
        "submittedBy": submitter,
        "isAuthorParticipating": False,
    }
