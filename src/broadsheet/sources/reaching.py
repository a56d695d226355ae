"""Whether the addresses of sources answer, for a checkup."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from broadsheet.domain.errors import BroadsheetError
from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.client import user_agent
from broadsheet.net.transport import CheckedBackend, CheckedTransport
from broadsheet.sources.configured import ConfiguredSource

SECONDS = 15.0
"""How long an address may take to answer."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One address of a source, and whether it answered."""

    address: str
    problem: str = ""
    """Why it could not be reached; "" if it answered, whatever the answer was."""
    server_time: dt.datetime | None = None
    """What the server's clock says (UTC), if the answer names it."""


def reach_sources(
    sources: Sequence[ConfiguredSource],
    contact: str,
    private_hosts: Sequence[str],
    proxy: str,
) -> Iterator[Reach]:
    """Ask each server of these sources once (HEAD /), one after the other."""
    addresses = dict.fromkeys(each for source in sources for each in _servers_of(source))
    transport = CheckedTransport(CheckedBackend(PrivateHosts(private_hosts), proxy=proxy))
    headers = {"User-Agent": user_agent(contact)}
    with httpx.Client(transport=transport, headers=headers, timeout=SECONDS) as client:
        for address in addresses:
            yield _reach(client, address)


def _reach(client: httpx.Client, address: str) -> Reach:
    try:
        answer = client.head(address)
    except (httpx.HTTPError, BroadsheetError, OSError) as error:
        return Reach(address, f"cannot be reached: {str(error) or type(error).__name__}")
    try:
        server_time = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError, TypeError):
        server_time = None
    if server_time is not None and server_time.tzinfo is None:
        server_time = server_time.replace(tzinfo=dt.UTC)
    return Reach(address, server_time=server_time)


def _servers_of(source: ConfiguredSource) -> Iterator[str]:
    """The servers that a source's options name, as https://host/."""
    options = source.options
    addresses = [getattr(options, "endpoint", ""), *getattr(options, "addresses", ())]
    for address in addresses:
        parts = urlsplit(str(address))
        if parts.scheme in ("http", "https") and parts.netloc:
            yield f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
