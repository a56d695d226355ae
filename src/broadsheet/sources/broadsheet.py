"""Another Broadsheet, over OAI-PMH: all of its papers, then its changes.

The cursor holds ``endpoint``, ``set`` and ``since``: the time, by the other library's clock, at which
a completed harvest began. During a harvest it holds ``then`` (the future value of ``since``) and
``token`` too. Tokens do not expire; if one is refused, since the library was restored with another
key, the harvest begins again at ``since``.
"""

import datetime as dt
from collections.abc import Iterator

from pydantic import BaseModel, Field, SecretStr

from broadsheet.domain.errors import InvalidInputError, SourceRefusedError, SourceUnavailableError
from broadsheet.ingest.formats.broadsheet import PREFIX, Broadsheet
from broadsheet.net.port import Answer, Client
from broadsheet.sources.oai_listing import Listing, parse_listing
from broadsheet.sources.schedule import Every
from broadsheet.sources.source import Page, Policy, SyncRequest
from broadsheet.text.arxiv_sets import set_of_category

_OVERLAP = dt.timedelta(minutes=10)
"""A change is timed within its transaction, and readable at its end."""
_ATTEMPTS = 3
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class BroadsheetOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field(
        "", description="Address of the other library, as in a browser: https://papers.example.org."
    )
    category: str = Field(
        "",
        description='A category ("cs.LG") or archive ("cs") of which to fetch papers; '
        "none means all papers.",
    )
    token: SecretStr | None = Field(
        None, description="An access token with the scope `read`, for a library of members only."
    )


class BroadsheetSource:
    """See the module."""

    name = "broadsheet"
    title = "Another Broadsheet"
    policy = Policy(spacing=0.5, daily_budget=20_000, rhythm=Every(1))
    Options: type[BaseModel] = BroadsheetOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: BroadsheetOptions = request.options
        library = _Library(client, options)
        place = {"endpoint": library.address, "set": library.set}
        state = dict(request.cursor)
        if {name: state.get(name, "") for name in place} != place:
            state = dict(place)
        if request.since is not None:
            since = dt.datetime.combine(request.since, dt.time(), dt.UTC)
            # What changed between the last complete harvest and that day must not be lost.
            state = place | {"since": min(since.strftime(_TIME), state.get("since", "9999"))}
        note = ""
        while True:
            answer, listing = library.ask(state.get("token", ""), state.get("since", ""))
            if listing.error == "badResumptionToken" and state.get("token"):
                state.pop("token")
                note = "the resumption token is no longer known there: began the harvest again"
                continue
            if listing.error and listing.error != "noRecordsMatch":
                raise SourceRefusedError(
                    f"{answer.address}: the library answered {listing.error}: {listing.said}"
                )
            if listing.token and listing.token == state.get("token"):
                raise SourceRefusedError(
                    f"{answer.address}: the library gave the same resumption token again, so its "
                    "list has no end; update that library"
                )
            if not state.get("token"):
                state["then"] = listing.answered_at
            state["token"] = listing.token
            if not listing.token:
                state = place | {"since": state["then"]}
            yield Page(
                Broadsheet.name, answer.address, listing.records, dict(state), listing.total, note
            )
            if not listing.token:
                return
            note = ""


class _Library:
    """The repository of another library."""

    def __init__(self, client: Client, options: BroadsheetOptions) -> None:
        if not options.endpoint:
            raise InvalidInputError(
                "broadsheet has no endpoint: set the address of the other library in "
                '[sources.broadsheet], as endpoint = "https://papers.example.org"'
            )
        set_name = set_of_category(options.category) if options.category else ""
        if set_name is None:
            raise InvalidInputError(
                f"[sources.broadsheet]: there is no category {options.category!r}; give one like "
                "cs.LG or hep-th, or a whole archive like cs"
            )
        self._client = client
        self.address = f"{options.endpoint.rstrip('/').removesuffix('/oai')}/oai"
        self.set = set_name
        self._headers = {}
        if options.token:
            self._headers["Authorization"] = f"Bearer {options.token.get_secret_value()}"

    def ask(self, token: str, since: str) -> tuple[Answer, Listing]:
        """Return the answer to a token, or to the beginning of a harvest of what changed."""
        params = {"verb": "ListRecords"}
        if token:
            params["resumptionToken"] = token
        else:
            params["metadataPrefix"] = PREFIX
            if since:
                params["from"] = _earlier(since)
            if self.set:
                params["set"] = self.set
        for _ in range(_ATTEMPTS):
            answer = self._client.get(self.address, params, self._headers)
            listing = parse_listing(answer, Broadsheet())
            if listing is not None:
                return answer, listing
        raise SourceUnavailableError(
            f"{answer.address}: the answer ended early, {_ATTEMPTS} times; "
            "the next run goes on from here"
        )


def _earlier(since: str) -> str:
    time = dt.datetime.strptime(since, _TIME)
    return (time - _OVERLAP).strftime(_TIME)
