"""``broadsheet zotero push`` against the API as a real server."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import PAPERS, Command
from replicas.server import ReceivedRequest, ReplicaServer, Reply, json_reply
from replicas.zotero import ZoteroReplica

KEY = "SecretKey123"
LIBRARY = "users/12345"
COMMON = {
    "itemType",
    "title",
    "creators",
    "abstractNote",
    "date",
    "url",
    "tags",
    "extra",
    "collections",
}
FIELDS = {
    "preprint": COMMON | {"repository", "archiveID", "DOI"},
    "journalArticle": COMMON
    | {"publicationTitle", "series", "volume", "issue", "pages", "ISSN", "DOI"},
}
"""Of https://api.zotero.org/items/new?itemType=…, those that are used."""


class WritableZotero(ZoteroReplica):
    """The replica, with collections and writes as Zotero checks them."""

    def __init__(self) -> None:
        super().__init__(LIBRARY, KEY)
        self.collections: dict[str, str] = {}
        self.writes: list[int] = []
        self._keys = (f"NEW{number:05d}" for number in itertools.count())

    def __call__(self, request: ReceivedRequest) -> Reply:
        allowed = request.headers.get("zotero-api-key") == self.api_key
        path = request.path.removeprefix(f"/{self.library}/")
        if allowed and request.method == "POST":
            return self._write(path, request)
        if allowed and path == "collections":
            values = [
                {"key": key, "version": 1, "data": {"key": key, "name": name}}
                for key, name in self.collections.items()
            ]
            headers = {
                "Last-Modified-Version": str(self.version),
                "Total-Results": str(len(values)),
            }
            return json_reply(values, headers=headers)
        return super().__call__(request)

    def _write(self, path: str, request: ReceivedRequest) -> Reply:
        if int(request.headers["if-unmodified-since-version"]) < self.version:
            return Reply(b"Library has been modified", status=412)
        objects: list[dict[str, Any]] = request.json
        assert len(objects) <= 50
        self.writes.append(len(objects))
        self.version += 1
        answer: dict[str, dict[str, Any]] = {"successful": {}, "unchanged": {}, "failed": {}}
        for place, values in enumerate(objects):
            if problem := self._problem(path, values):
                answer["failed"][str(place)] = {"code": 400, "message": problem}
                continue
            key = values.get("key") or next(self._keys)
            if path == "collections":
                self.collections[key] = values["name"]
            else:
                old = self.items[key]["data"] if key in self.items else {}
                version = self.version
                own = ("key", "version")
                fields = {**old, **values}
                self.put(key, **{name: each for name, each in fields.items() if name not in own})
                # One write raises the version once.
                self.version = self.items[key]["version"] = version
            answer["successful"][str(place)] = {"key": key, "version": self.version}
        return json_reply(answer, headers={"Last-Modified-Version": str(self.version)})

    def _problem(self, path: str, values: dict[str, Any]) -> str:
        if path == "collections":
            return ""
        if "key" in values:
            stale = self.items[values["key"]]["version"] != values["version"]
            return "item has been modified" if stale else ""
        unknown = set(values) - FIELDS[values["itemType"]]
        if unknown:
            return f"'{min(unknown)}' is not a valid field for type '{values['itemType']}'"
        return "" if values["title"] else "no title"


@pytest.fixture
def library(broadsheet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A library of 121 papers, of which three are those of ``PAPERS``."""
    monkeypatch.setenv("BROADSHEET_ZOTERO_KEY", KEY)
    many = [
        {"id": f"arxiv:2405.{number:05d}", "title": f"Rivers {number}", "date": "2024-05-02"}
        for number in range(118)
    ]
    published = {"doi": "10.5555/b", "venue": "Journal of Songs"}
    papers = [PAPERS[0], {**PAPERS[1], **published, "id": "doi:10.5555/b"}, PAPERS[2], *many]
    file = tmp_path / "all.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in papers), encoding="utf-8")
    assert broadsheet("import", str(file)).status == 0
    return broadsheet


def test_papers_are_added_once_and_put_into_the_collection(library: Command) -> None:
    zotero = WritableZotero()
    zotero.put("AAAA0001", title="Sparse surrogates", archiveID="arXiv:2401.00001")
    with ReplicaServer(zotero) as server:
        arguments = ("zotero", "push", "--library", LIBRARY, "--endpoint", server.address)
        into = (*arguments, "--collection", "From the paper", "--json", "after:2024 before:2025")
        (first,) = library(*into, "-n", "200").lines
        assert first == {"added": 120, "collected": 1, "present": 0, "refused": []}
        assert zotero.writes == [1, 50, 50, 20, 1]
        (key,) = zotero.collections
        assert all(each["data"]["collections"] == [key] for each in zotero.items.values())
        (again,) = library(*into, "-n", "200").lines
        assert again == {"added": 0, "collected": 0, "present": 121, "refused": []}
        assert (len(zotero.items), len(zotero.collections)) == (121, 1)
    by_title = {each["data"]["title"]: each["data"] for each in zotero.items.values()}
    birds = by_title["Counting birds by their songs"]
    assert birds["itemType"] == "journalArticle"
    assert (birds["publicationTitle"], birds["DOI"]) == ("Journal of Songs", "10.5555/b")
    assert birds["creators"] == [
        {"creatorType": "author", "firstName": "Rachel", "lastName": "Carson"}
    ]
    spikes = by_title["Surrogate gradients for spiking networks"]
    assert (spikes["itemType"], spikes["archiveID"]) == ("preprint", "arXiv:2403.00003")


def test_a_library_that_changes_meanwhile_is_read_again(library: Command) -> None:
    zotero = WritableZotero()
    with ReplicaServer(zotero) as server:
        # The reader adds one of the papers between our reading and our writing.
        reading = Reply(b"[]", headers={"Last-Modified-Version": "0", "Total-Results": "0"})
        zotero.put(
            "AAAA0001", title="Sparse surrogates", DOI="", url="https://arxiv.org/abs/2401.00001"
        )
        server.interject(reading)
        arguments = ("--library", LIBRARY, "--endpoint", server.address, "--json", "surrogates")
        (pushed,) = library("zotero", "push", *arguments).lines
    assert (pushed["added"], pushed["present"]) == (1, 1)
    assert len(zotero.items) == 2


def test_pauses_are_kept_and_errors_have_words(
    library: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zotero = WritableZotero()
    with ReplicaServer(zotero) as server:
        arguments = ("zotero", "push", "--library", LIBRARY, "--endpoint", server.address)
        server.interject(Reply(status=503, headers={"Retry-After": "1"}))
        assert library(*arguments, "birds").status == 0
        server.interject(Reply(status=429, headers={"Backoff": "3600"}))
        held = library(*arguments, "birds")
        assert (held.status, "a pause of 3600 seconds" in held.err) == (2, True)
        monkeypatch.setenv("BROADSHEET_ZOTERO_KEY", "Wrong")
        refused = library(*arguments, "birds")
        assert (refused.status, "refuses the key" in refused.err) == (2, True)
        monkeypatch.delenv("BROADSHEET_ZOTERO_KEY")
        assert "has no key of Zotero" in library(*arguments, "birds").err
        file = tmp_path / "key"
        file.write_text(KEY + "\n")
        kept = library(*arguments, "birds", "--key-file", str(file))
        assert (kept.status, kept.out) == (
            0,
            "0 added, 0 put into the collection, 1 there already\n",
        )
        assert library(*arguments, "qqqq", "--key-file", str(file)).status == 1
    away = ("zotero", "push", "birds", "--key-file", str(file), "--library")
    assert "is no library" in library(*away, "12345").err
    assert "by https only" in library(*away, LIBRARY, "--endpoint", "http://example.org").err
    assert "cannot be reached" in library(*away, LIBRARY, "--endpoint", "http://127.0.0.1:1").err
