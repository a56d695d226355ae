"""Adding papers to a Zotero library by its API, without doubles.

The items of the library are read first. A paper whose identifier one of them has is not added
again; it is put into the collection if it is not there. Writes name the version that was read, so a
library that changed meanwhile refuses them (412), and everything is read and decided anew.
https://www.zotero.org/support/dev/web_api/v3/write_requests
"""

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from broadsheet.domain.errors import (
    InvalidInputError,
    RecordError,
    SourceRefusedError,
    SourceUnavailableError,
)
from broadsheet.domain.paper import Paper
from broadsheet.export.zotero import OWN_NAME, compose_item
from broadsheet.ingest.formats.zotero import Zotero
from broadsheet.net.client import user_agent
from broadsheet.net.waiting import parse_retry_after

ENDPOINT = "https://api.zotero.org"
BATCH = 50
"""Items of one write; the most that Zotero takes."""
_PAGE = 100
_TRIES = 5
_LONGEST_WAIT = 300.0
"""Seconds."""
_OWN_LINE = re.compile(rf"^{OWN_NAME}: (\S+)$", re.MULTILINE)
_T = TypeVar("_T")
_LIBRARY = re.compile(r"(?:users|groups)/\d{1,12}")


@dataclass(frozen=True, slots=True)
class Pushed:
    """The outcome of a push, in papers."""

    added: int
    collected: int
    """Items that were in the library and are in the collection now."""
    present: int
    """Items that needed no change."""
    refused: Sequence[str] = ()
    """The ids of papers that Zotero refused, with its words."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the library."""

    key: str
    version: int
    collections: tuple[str, ...]
    names: frozenset[str]
    """Its identifiers, and the id of its paper here if it was pushed."""


class LibraryChangedError(Exception):
    """The library has another version than the one that a write named."""


def read_item(values: Mapping[str, Any]) -> Item | None:
    """Return an item of an answer; None if it is no work."""
    try:
        record = Zotero().parse(json.dumps(values).encode())
    except RecordError:
        return None
    data = values["data"]
    own = _OWN_LINE.findall(str(data.get("extra", "")))
    return Item(
        record.key,
        int(values["version"]),
        tuple(data.get("collections") or ()),
        frozenset((*map(str, record.identifiers), *own)),
    )


def decide_push(
    papers: Sequence[Paper], items: Sequence[Item], collection: str
) -> tuple[list[Paper], list[Item], int]:
    """Return the papers to add, the items to put into the collection (a key, or ""), and the number
    of papers that are there already."""
    by_name = {name: item for item in items for name in item.names}
    new, collected, present = [], {}, 0
    for paper in papers:
        names = (paper.id, *map(str, paper.identifiers))
        item = next((by_name[name] for name in names if name in by_name), None)
        if item is None:
            new.append(paper)
        elif collection and collection not in item.collections:
            collected[item.key] = item
        else:
            present += 1
    return new, list(collected.values()), present


def push(
    papers: Sequence[Paper],
    library: str,
    key: str,
    collection: str = "",
    endpoint: str = ENDPOINT,
    contact: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Pushed:
    """Add papers to a library ("users/123" or "groups/123"), into the collection of this name,
    which is made if there is none.

    Raises InvalidInputError, SourceRefusedError, SourceUnavailableError.
    """
    if not _LIBRARY.fullmatch(library):
        raise InvalidInputError(
            f"--library: {library[:60]!r} is no library; write users/NUMBER (from "
            "zotero.org/settings/keys) or groups/NUMBER (from the group's address)"
        )
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise InvalidInputError(f"--endpoint: {endpoint!r}: the key is sent by https only")
    with httpx.Client(
        headers={
            "Zotero-API-Version": "3",
            "Zotero-API-Key": key,
            "User-Agent": user_agent(contact),
        },
        timeout=httpx.Timeout(60, connect=10),
    ) as client:
        api = _Api(client, f"{endpoint.rstrip('/')}/{library}", sleep)
        added = collected = 0
        for _ in range(_TRIES):
            part = _Part(api)
            try:
                part.push(papers, collection)
            except LibraryChangedError:
                continue
            finally:
                added, collected = added + part.added, collected + part.collected
            present = part.present - (added - part.added) - (collected - part.collected)
            return Pushed(added, collected, present, part.refused)
    raise SourceUnavailableError(
        f"{library} is changed all the time by another program; {added} papers were added. Push "
        "again later: nothing is added twice"
    )


class _Part:
    """One try to push, until the end or until the library is changed by another."""

    def __init__(self, api: "_Api") -> None:
        self._api = api
        self.added = 0
        self.collected = 0
        self.present = 0
        self.refused: list[str] = []

    def push(self, papers: Sequence[Paper], collection: str) -> None:
        """Raises LibraryChangedError."""
        into = self._api.find_collection(collection) if collection else ""
        version, items = self._api.read_items()
        new, outside, self.present = decide_push(papers, items, into)
        for batch in _batches(new):
            objects = [
                compose_item(paper) | {"collections": [into] if into else []} for paper in batch
            ]
            version, failed = self._api.write("items", objects, version)
            self.refused += [f"{batch[place].id}: {words}" for place, words in failed.items()]
            self.added += len(batch) - len(failed)
        for block in _batches(outside):
            objects = [
                {"key": each.key, "version": each.version, "collections": [*each.collections, into]}
                for each in block
            ]
            version, failed = self._api.write("items", objects, version)
            self.refused += [f"item {block[place].key}: {words}" for place, words in failed.items()]
            self.collected += len(block) - len(failed)


def _batches(things: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]


class _Api:
    """One library of the API. Obeys Backoff and Retry-After."""

    def __init__(self, client: httpx.Client, address: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._address = address
        self._sleep = sleep
        self._pause = 0.0

    def find_collection(self, name: str) -> str:
        """Return the key of the collection of this name, which is made if there is none. Raises
        InvalidInputError if several have the name."""
        version, values = self._read_all("collections")
        keys = [str(each["key"]) for each in values if each["data"].get("name") == name]
        if len(keys) > 1:
            raise InvalidInputError(
                f"--collection: the library has {len(keys)} collections named {name!r}; rename all "
                "but one"
            )
        if keys:
            return keys[0]
        response = self._send("POST", "collections", version, [{"name": name}])
        made = response.json().get("successful", {}).get("0")
        if not made:
            raise SourceRefusedError(f"Zotero made no collection {name!r}: {response.text[:200]}")
        return str(made["key"])

    def read_items(self) -> tuple[int, list[Item]]:
        """Return the library's version and its items. Raises LibraryChangedError if it changed
        between two pages."""
        version, values = self._read_all("items/top")
        return version, [item for each in values if (item := read_item(each)) is not None]

    def write(
        self, path: str, objects: Sequence[Mapping[str, Any]], version: int
    ) -> tuple[int, Mapping[int, str]]:
        """Write new and changed objects; return the library's new version, and Zotero's words about
        those that it refused, by their place. Raises LibraryChangedError."""
        response = self._send("POST", path, version, objects)
        failed = response.json().get("failed", {})
        words = {int(place): str(each.get("message", "refused")) for place, each in failed.items()}
        return _version(response), words

    def _read_all(self, path: str) -> tuple[int, list[dict[str, Any]]]:
        values: list[dict[str, Any]] = []
        version = None
        while True:
            response = self._send("GET", f"{path}?format=json&limit={_PAGE}&start={len(values)}")
            if version is not None and version != _version(response):
                raise LibraryChangedError
            version = _version(response)
            page = response.json()
            values += page
            if not page or len(values) >= int(response.headers.get("Total-Results", "0")):
                return version, values

    def _send(
        self, method: str, path: str, version: int | None = None, objects: Any = None
    ) -> httpx.Response:
        headers = {} if version is None else {"If-Unmodified-Since-Version": str(version)}
        for _ in range(_TRIES):
            if self._pause:
                self._sleep(self._pause)
                self._pause = 0.0
            try:
                response = self._client.request(
                    method, f"{self._address}/{path}", headers=headers, json=objects
                )
            except httpx.HTTPError as error:
                # A write whose answer is lost is not repeated: it may have been made.
                raise SourceUnavailableError(
                    f"Zotero cannot be reached ({error}); push again later: nothing is added twice"
                ) from error
            busy = response.status_code in (429, 503)
            self._pause = _pause_of(response, busy)
            if self._pause > _LONGEST_WAIT:
                raise SourceUnavailableError(
                    f"Zotero asks for a pause of {self._pause:.0f} seconds; push again later: "
                    "nothing is added twice"
                )
            if not busy:
                return _checked(response)
        raise SourceUnavailableError("Zotero is busy; push again later: nothing is added twice")


def _pause_of(response: httpx.Response, busy: bool) -> float:
    """Seconds before the next request."""
    stated = response.headers.get("Backoff") or response.headers.get("Retry-After") or ""
    pause = parse_retry_after(stated, dt.datetime.now(dt.UTC)) if stated else None
    return pause if pause is not None else 5.0 if busy else 0.0


def _checked(response: httpx.Response) -> httpx.Response:
    """Return a usable answer; raises the error of any other."""
    if response.status_code == 412:
        raise LibraryChangedError
    if response.status_code in (401, 403):
        raise SourceRefusedError(
            "Zotero refuses the key: make one at zotero.org/settings/keys that may write to this "
            "library, and put it into BROADSHEET_ZOTERO_KEY or the file of --key-file",
            response.status_code,
        )
    if response.status_code == 404:
        raise SourceRefusedError("Zotero has no such library; check --library", 404)
    if response.status_code >= 500:
        raise SourceUnavailableError(f"Zotero answers with status {response.status_code}")
    try:
        usable = response.status_code == 200 and isinstance(response.json(), list | dict)
    except ValueError:
        usable = False
    if not usable:
        words = " ".join(response.text.split())[:200]
        raise SourceRefusedError(
            f"Zotero answers with status {response.status_code}: {words}", response.status_code
        )
    return response


def _version(response: httpx.Response) -> int:
    text = response.headers.get("Last-Modified-Version", "")
    if not text.isdecimal():
        raise SourceRefusedError("this is no answer of Zotero: it has no version; check --endpoint")
    return int(text)
