"""The ACL Anthology, from the XML files of its repository or of a mirror of it.

A listing names the files: the repository's tree from GitHub's API, or the index page of any web
server that serves the folder. Each file is requested with the validators of the last answer, so an
unchanged file costs a request and no more.
https://github.com/acl-org/acl-anthology/tree/master/data/xml
"""

import io
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.acl_xml import AclXml
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.markup import root_name
from broadsheet.net.port import Answer, Client
from broadsheet.sources.source import Page, Policy, SyncRequest
from broadsheet.sources.troubles import FAILURES, Troubles

_FORMAT = AclXml()
_REPOSITORY = "acl-org/acl-anthology"
_FILE = re.compile(rb"(?<![\w.])((?:[A-Z]\d\d|\d{4}\.[a-z0-9_]+))\.xml\b")
_COLLECTION = r"^(?:[A-Z]\d\d|\d{4}\.[a-z0-9_]+)$"


class AclAnthologyOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field(
        f"https://raw.githubusercontent.com/{_REPOSITORY}/master/data/xml",
        description="Address of the folder with the XML files.",
    )
    listing: str = Field(
        f"https://api.github.com/repos/{_REPOSITORY}/git/trees/master:data/xml",
        description="Address of a list of the files; a mirror's index page will do.",
    )
    years: list[int] = Field([], description="Years to fetch; this one and the last where empty.")
    venues: list[str] = Field(
        [], description='Venues to fetch, as ["acl", "emnlp", "findings"]; all where empty.'
    )
    collections: list[Annotated[str, Field(pattern=_COLLECTION)]] = Field(
        [], description='Files to fetch instead, whatever their year, as ["2024.acl", "P19"].'
    )


class AclAnthologySource:
    """See the module. It needs no cursor: the validators of each file are stored for it."""

    name = "acl-anthology"
    title = "ACL Anthology"
    # GitHub lets 60 requests an hour without a key to its API, and many more to its files.
    policy = Policy(spacing=0.5, daily_budget=3_000)
    Options: type[BaseModel] = AclAnthologyOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: AclAnthologyOptions = request.options
        collections = list(dict.fromkeys(options.collections)) or _listed(client, request)
        troubles = Troubles()
        for collection in collections:
            address = f"{options.endpoint.rstrip('/')}/{collection}.xml"
            try:
                answer = client.get(address, if_changed=True)
                records = _records(answer)
            except FAILURES as error:
                troubles.add(collection, error)
                continue
            yield Page(_FORMAT.name, answer.address, records, dict(request.cursor))
        troubles.raise_any(len(collections), "files")


def _records(answer: Answer) -> list[RawRecord | Rejection]:
    """Return the records of a file; none if it has not changed. The page stores the validators."""
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return []
    if root_name(answer.body) != "collection":
        raise SourceRefusedError(f"{answer.address} is no collection of the Anthology")
    return list(split_stream(_FORMAT, io.BytesIO(answer.body)))


def _listed(client: Client, request: SyncRequest) -> list[str]:
    """The collections of the wanted years and venues, newest first."""
    options: AclAnthologyOptions = request.options
    answer = client.get(options.listing)
    files = {name.decode() for name in _FILE.findall(answer.body)}
    if not files:
        raise SourceRefusedError(f"{answer.address} lists no XML files of the Anthology")
    this_year = request.now.year
    years = set(options.years) or {this_year, this_year - 1}
    venues = {venue.lower() for venue in options.venues}
    chosen_files = [
        name for name in files if _year(name) in years and (not venues or _venue(name) in venues)
    ]
    return sorted(sorted(chosen_files), key=_year, reverse=True)


def _year(collection: str) -> int:
    if collection[0].isdigit():
        return int(collection[:4])
    two = int(collection[1:])
    return two + (1900 if two >= 60 else 2000)


def _venue(collection: str) -> str:
    """ "acl" of "2024.acl", "p" of "P19"."""
    return (collection[5:] if collection[0].isdigit() else collection[0]).lower()
