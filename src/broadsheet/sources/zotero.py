"""A Zotero library: items added or changed since its last version, and deleted ones.

As Zotero recommends for copies: first the changed items with their versions, then the items by
their keys. Versions only grow, so the cursor is the last version that is stored completely, after
every page. https://www.zotero.org/support/dev/web_api/v3/syncing
"""

import io
from collections.abc import Iterator
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, Field, SecretStr

from broadsheet.domain.errors import InvalidInputError, SourceRefusedError
from broadsheet.domain.ingest import RawRecord
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.zotero import DELETED, Zotero
from broadsheet.net.port import Answer, Client
from broadsheet.sources.json_services import decode
from broadsheet.sources.source import Page, Policy, SyncRequest

_FORMAT = Zotero()
_BATCH = 50
"""Keys a request; the most that Zotero takes."""
_VERSION = "last-modified-version"


class ZoteroOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field(
        "https://api.zotero.org",
        description="Address of the API; http://127.0.0.1:23119/api for the Zotero on this machine.",
    )
    library_type: Literal["user", "group"] = Field(
        "user", description="Whose library it is: user or group."
    )
    library_id: int | None = Field(
        None, ge=0, description="The library's number; 0 for the Zotero on this machine."
    )
    collections: list[Annotated[str, Field(pattern=r"^[A-Z0-9]{8}$")]] = Field(
        [], description="Keys of the collections to fetch; the whole library where empty."
    )
    api_key: SecretStr | None = Field(None, description="A key; public libraries need none.")


class ZoteroSource:
    """See the module. Its cursor holds a version for all items, or for each collection, and one for
    deletions.

    ``since`` fetches everything, as versions have no dates.
    """

    name = "zotero"
    title = "Zotero library"
    policy = Policy(spacing=1.0, daily_budget=5_000)
    Options: type[BaseModel] = ZoteroOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: ZoteroOptions = request.options
        if options.library_id is None:
            raise InvalidInputError(
                "zotero has no library_id: it is the number under zotero.org/settings/keys, or in "
                "a group's address. Set it in [sources.zotero]"
            )
        library = _Library(client, options)
        # A version belongs to one library; another one begins at the beginning.
        owner = f"{options.library_type}s/{options.library_id}"
        cursor = dict(request.cursor) if request.cursor.get("library") == owner else {}
        is_first = "deleted" not in cursor
        if request.since:
            cursor = {"deleted": cursor["deleted"]} if not is_first else {}
        cursor["library"] = owner
        for collection in options.collections or [""]:
            cursor_key = collection or "all"
            since = int(cursor.get(cursor_key, "0"))
            place = f"collections/{collection}/items/top" if collection else "items/top"
            latest, changed = library.fetch_versions(place, since)
            # Items deleted before this cannot be in the library.
            cursor.setdefault("deleted", str(latest))
            for keys, reached in _batches(changed):
                answer = library.get("items", {"itemKey": ",".join(keys)})
                records = list(split_stream(_FORMAT, io.BytesIO(answer.body)))
                cursor[cursor_key] = str(max(since, reached))
                yield Page(_FORMAT.name, answer.address, records, dict(cursor), len(changed))
            cursor[cursor_key] = str(latest)
            yield Page(_FORMAT.name, library.address, [], dict(cursor))
        if not is_first:
            yield from _deletions(library, request, cursor)


def _deletions(library: "_Library", request: SyncRequest, cursor: dict[str, str]) -> Iterator[Page]:
    """Items that were deleted since the last run, as far as they are in the library here."""
    latest, deleted = library.fetch_deleted(int(cursor["deleted"]))
    library_keys = {i.value for i in request.identifiers("zotero")} if deleted else set()
    day = request.now.date().isoformat()
    records = [
        RawRecord(orjson.dumps({DELETED: key, "on": day}), f"item {key}")
        for key in deleted
        if key in library_keys
    ]
    if latest:
        cursor["deleted"] = str(latest)
        yield Page(_FORMAT.name, f"{library.address}/deleted", records, dict(cursor))


def _batches(versions: dict[str, int]) -> Iterator[tuple[list[str], int]]:
    """Keys by rising version, and the version up to which nothing is left after each batch."""
    ordered = sorted(versions, key=lambda key: (versions[key], key))
    for start in range(0, len(ordered), _BATCH):
        batch, rest = ordered[start : start + _BATCH], ordered[start + _BATCH :]
        whole = not rest or versions[rest[0]] > versions[batch[-1]]
        yield batch, versions[batch[-1]] - (0 if whole else 1)


class _Library:
    """One library of the API."""

    def __init__(self, client: Client, options: ZoteroOptions) -> None:
        self._client = client
        owner = f"{options.library_type}s/{options.library_id}"
        self.address = f"{options.endpoint.rstrip('/')}/{owner}"
        self._headers = {"Zotero-API-Version": "3"}
        if options.api_key:
            self._headers["Zotero-API-Key"] = options.api_key.get_secret_value()

    def get(self, path: str, params: dict[str, str]) -> Answer:
        address = f"{self.address}/{path}"
        return self._client.get(address, {"format": "json", **params}, self._headers)

    def fetch_versions(self, path: str, since: int) -> tuple[int, dict[str, int]]:
        """The library's version, and those of the items that changed after ``since``."""
        answer = self.get(path, {"format": "versions", "since": str(since)})
        versions = {
            key: version
            for key, version in decode(answer, "Zotero").items()
            if isinstance(version, int) and version > since
        }
        return max(_version(answer), since), versions

    def fetch_deleted(self, since: int) -> tuple[int, list[str]]:
        """The library's version, and the keys deleted after ``since``.

        (0, []) from a Zotero that keeps no such list, as the one on a reader's machine.
        """
        try:
            answer = self.get("deleted", {"since": str(since)})
        except SourceRefusedError:
            return 0, []
        keys = decode(answer, "Zotero").get("items")
        deleted = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
        return max(_version(answer), since), deleted


def _version(answer: Answer) -> int:
    text = answer.headers.get(_VERSION, "")
    if not text.isdecimal():
        raise SourceRefusedError(f"{answer.address} is no answer of Zotero: it has no version")
    return int(text)
