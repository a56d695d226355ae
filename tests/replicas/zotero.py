"""The Zotero API, version 3: items, versions, deletions of one library."""

import re
from typing import Any

from replicas.server import NOT_FOUND, ReceivedRequest, Reply, json_reply

_DEFAULT = 25
_MOST = 100
_MOST_KEYS = 50


class ZoteroReplica:
    """One library. ``put`` and ``delete`` raise its version, as a reader at work does."""

    def __init__(self, library: str = "users/12345", api_key: str = "") -> None:
        self.library = library
        self.api_key = api_key
        self.version = 0
        self.items: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, int] = {}
        self.keeps_deletions = True
        """False for the Zotero on a reader's machine."""

    def put(self, key: str, **fields: Any) -> None:
        self.version += 1
        kind, number = self.library.split("/")
        content = {
            "key": key,
            "version": self.version,
            "itemType": "journalArticle",
            "title": f"Item {key}",
            "creators": [{"creatorType": "author", "firstName": "Leila", "lastName": "Haddad"}],
            "abstractNote": "",
            "date": "2026",
            "DOI": "",
            "url": "",
            "extra": "",
            "tags": [],
            "collections": [],
            "relations": {},
            "dateAdded": "2026-03-06T08:00:00Z",
            "dateModified": "2026-03-07T08:00:00Z",
            **fields,
        }
        self.items[key] = {
            "key": key,
            "version": self.version,
            "library": {"type": kind.removesuffix("s"), "id": int(number), "name": "reader"},
            "links": {"self": {"href": f"https://api.zotero.org/{self.library}/items/{key}"}},
            "meta": {"parsedDate": content["date"], "numChildren": 0},
            "data": content,
        }

    def delete(self, key: str) -> None:
        self.version += 1
        del self.items[key]
        self.deleted[key] = self.version

    def __call__(self, request: ReceivedRequest) -> Reply:
        path = request.path.removeprefix(f"/{self.library}/")
        if self.api_key and request.headers.get("zotero-api-key") != self.api_key:
            return Reply(b"Forbidden", status=403, content_type="text/plain")
        if path == request.path:
            return NOT_FOUND
        if path == "deleted":
            return self._deletions(int(request.params["since"]))
        items = self._of(path)
        return NOT_FOUND if items is None else self._items(request, items)

    def _of(self, path: str) -> list[dict[str, Any]] | None:
        top = [each for each in self.items.values() if "parentItem" not in each["data"]]
        if path == "items":
            return list(self.items.values())
        if path == "items/top":
            return top
        if inside := re.fullmatch(r"collections/(\w+)/items/top", path):
            return [each for each in top if inside.group(1) in each["data"]["collections"]]
        return None

    def _items(self, request: ReceivedRequest, items: list[dict[str, Any]]) -> Reply:
        params = request.params
        since = int(params.get("since", "0"))
        items = [each for each in items if each["version"] > since]
        headers = {"Last-Modified-Version": str(self.version), "Total-Results": str(len(items))}
        if params.get("format") == "versions":
            return json_reply({each["key"]: each["version"] for each in items}, headers=headers)
        if "itemKey" in params:
            requested = params["itemKey"].split(",")
            if len(requested) > _MOST_KEYS:
                return Reply(b"Too many keys", status=400, content_type="text/plain")
            items = [each for each in items if each["key"] in requested]
        start, limit = int(params.get("start", "0")), int(params.get("limit", _DEFAULT))
        if "itemKey" in params:
            limit = _MOST_KEYS
        page = items[start : start + min(limit, _MOST)]
        if start + len(page) < len(items):
            host = request.headers["host"]
            more = (
                f"http://{host}{request.path}?format=json&limit={limit}&start={start + len(page)}"
            )
            headers["Link"] = f'<{more}>; rel="next"'
        return json_reply(page, headers=headers)

    def _deletions(self, since: int) -> Reply:
        if not self.keeps_deletions:
            return NOT_FOUND
        keys = [key for key, version in self.deleted.items() if version > since]
        return json_reply(
            {"items": keys, "collections": [], "searches": [], "tags": [], "settings": []},
            headers={"Last-Modified-Version": str(self.version)},
        )
