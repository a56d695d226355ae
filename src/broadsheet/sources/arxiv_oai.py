"""arXiv over OAI-PMH: the whole archive or some sets of it, and later changes.

The format is ``arXivRaw``: it alone has the history of versions. The repository's finest unit is a
day, and a day's changes may appear late in it, so an increment begins a day before the start of
the last run.

The cursor holds, for each set, ``done SET``: the day on which a completed harvest began. During a
harvest it holds ``set``, ``from`` (a day, or "" for the beginning), ``then`` (the future value of
``done``), ``token``, and ``seen``: the latest datestamp, or "" once the datestamps did not ascend.
A token lives for a day; after it expires the harvest continues from ``seen``, else from ``from``.

Source  https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

import datetime as dt
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field, field_validator

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.ingest.formats.oai_pmh import OaiPmh
from broadsheet.net.port import Answer, Client
from broadsheet.sources.arxiv import POLICY, checked_categories
from broadsheet.sources.arxiv_listing import LISTING, QUERY, fetch_left_out, names_in
from broadsheet.sources.oai_listing import Listing, parse_listing
from broadsheet.sources.source import Cursor, Page, SyncRequest
from broadsheet.text.arxiv_sets import set_of_category

PREFIX = "arXivRaw"
_OVERLAP = dt.timedelta(days=1)
_MOST_COMPARED = 100_000
"""Names of a harvest that are compared with listings; an increment has some thousands."""
_ATTEMPTS = 3
"""How often an answer that ends early is asked for."""
_BEGINNING = "1991-01-01"
_STATE = ("set", "from", "then", "token", "seen")


class ArxivOaiOptions(BaseModel):
    """Settings of the source "arxiv"."""

    endpoint: str = Field(
        "https://oaipmh.arxiv.org/oai", description="Address of the OAI-PMH repository."
    )
    categories: list[str] = Field(
        [],
        description='Categories ("cs.LG") or whole archives ("cs", "hep-th") to harvest; '
        "none means all of arXiv.",
    )
    first_days: int = Field(
        7,
        ge=0,
        description="How many days back the first run reaches; 0 for the whole archive "
        "(2.8 million papers, some two hours at arXiv's pace).",
    )

    listing: str = Field(
        LISTING,
        description="Where listings of new submissions are, which are compared with what came.",
    )
    query_endpoint: str = Field(
        QUERY, description="The query API, asked for papers that were left out."
    )

    _check_categories = field_validator("categories")(checked_categories)


class ArxivOaiSource:
    """See the module."""

    name = "arxiv"
    title = "arXiv (OAI-PMH)"
    policy = POLICY
    Options: type[BaseModel] = ArxivOaiOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        state = dict(request.cursor)
        names = sets_of(request.options.categories)
        if "set" in state and (request.since is not None or state["set"] not in names):
            _give_up(state)
        if request.since is not None:
            _reach_back(state, names, request.since)
        under_way = state.get("set")
        names_so_far: set[str] = set()
        for name in sorted(names, key=lambda name: name != under_way):
            for page in _Harvest(client, request, state, name, len(names) == 1).pages():
                if len(names_so_far) < _MOST_COMPARED:
                    names_so_far |= names_in(page.records)
                yield page
        yield from fetch_left_out(
            client, request, request.options.endpoint, names_so_far, dict(state)
        )


def _give_up(state: dict[str, str]) -> None:
    """Abandon the harvest in progress, but remember its position.

    A later run without a date fetches the rest.
    """
    name, start, latest = state["set"], state["from"], state["seen"]
    state.setdefault(f"done {name}", latest or start or _BEGINNING)
    for each in _STATE:
        del state[each]


def _reach_back(state: dict[str, str], names: Sequence[str], since: dt.date) -> None:
    """Let every set be due from ``since`` on, also those that a run which is killed early
    never comes to."""
    for name in names:
        due = (since + _OVERLAP).isoformat()
        state[f"done {name}"] = min(state.get(f"done {name}", due), due)


def sets_of(categories: Sequence[str]) -> list[str]:
    """The sets to harvest, without those that another one holds; "" is all of arXiv."""
    names = [name for each in categories if (name := set_of_category(each)) is not None]
    if not names:
        return [""]
    return [
        name
        for name in dict.fromkeys(names)
        if not any(name.startswith(f"{other}:") for other in names)
    ]


class _Harvest:
    """One set, from the position in ``state`` (the cursor, changed in place) to its end."""

    def __init__(
        self, client: Client, request: SyncRequest, state: dict[str, str], name: str, only: bool
    ) -> None:
        self._client = client
        self._request = request
        self._endpoint: str = request.options.endpoint
        self._state = state
        self._name = name
        self._only = only
        self._restarted_from: str | None = None
        self._note = ""

    def pages(self) -> Iterator[Page]:
        if "set" not in self._state:
            self._begin()
        while True:
            try:
                answer, listing = self._ask()
            except SourceRefusedError as error:
                # Some servers refuse an expired token with a status in place of a code.
                if not self._state["token"]:
                    raise
                self._restart(str(error))
                continue
            if listing.error == "badResumptionToken" and self._state["token"]:
                self._restart(listing.said)
                continue
            if listing.error and listing.error != "noRecordsMatch":
                raise SourceRefusedError(
                    f"{answer.address}: the repository answered {listing.error}: {listing.said}"
                )
            more = self._advance(answer, listing)
            total = listing.total if self._only else None
            yield Page(
                "oai-pmh", answer.address, listing.records, self._cursor(), total, self._note
            )
            self._note = ""
            if not more:
                return

    def _begin(self) -> None:
        done = self._state.get(f"done {self._name}")
        since = self._request.since
        today = self._request.now.date()
        then = today
        if since is not None:
            start = since.isoformat()
            if done is not None and done < start:
                # Between the two days something would be left out for ever.
                then = dt.date.fromisoformat(done)
        elif done:
            start = (dt.date.fromisoformat(done) - _OVERLAP).isoformat()
        elif days := self._request.options.first_days:
            start = (today - dt.timedelta(days=days)).isoformat()
            self._note = (
                f"first run: papers that changed since {start}; "
                f"`--since {_BEGINNING}` fetches the whole archive"
            )
        else:
            start = ""
        state = {"set": self._name, "from": start, "then": then.isoformat()}
        self._state.update(state, token="", seen=start)

    def _ask(self) -> tuple[Answer, Listing]:
        token = self._state["token"]
        params = {"verb": "ListRecords"}
        if token:
            params["resumptionToken"] = token
        else:
            params["metadataPrefix"] = PREFIX
            params |= {"from": self._state["from"]} if self._state["from"] else {}
            params |= {"set": self._name} if self._name else {}
        for _ in range(_ATTEMPTS):
            answer = self._client.get(self._endpoint, params)
            listing = parse_listing(answer, OaiPmh())
            if listing is not None:
                return answer, listing
        raise SourceUnavailableError(
            f"{answer.address}: the answer ended early, {_ATTEMPTS} times; "
            "the next run goes on from here"
        )

    def _restart(self, message: str) -> None:
        """The token has expired: go on from the last day seen."""
        start = self._state["seen"] or self._state["from"]
        if start == self._restarted_from:
            raise SourceUnavailableError(
                f"{self._endpoint}: resumption tokens expire before they can be used ({message}); "
                f"the harvest stands at {start or 'its beginning'}, a later run goes on from there"
            )
        self._restarted_from = start
        self._state.update({"from": start, "seen": start, "token": ""})
        self._note = f"a resumption token had expired: went on from {start or 'the beginning'}"

    def _advance(self, answer: Answer, listing: Listing) -> bool:
        """Write the position after ``listing`` to the cursor; return whether the harvest continues."""
        state = self._state
        if listing.token and listing.token == state["token"]:
            raise SourceRefusedError(
                f"{answer.address}: the repository gave the same resumption token again, "
                "so its list has no end"
            )
        if not state["token"] and listing.answered_at:
            state["then"] = min(state["then"], listing.answered_at[:10])
        state["seen"] = _latest(state["seen"] or None, listing.stamps, bool(state["token"]))
        state["token"] = listing.token
        if listing.token:
            return True
        state[f"done {self._name}"] = state["then"]
        for name in _STATE:
            del state[name]
        return False

    def _cursor(self) -> Cursor:
        return dict(self._state)


def _latest(latest: str | None, stamps: Sequence[str], continued: bool) -> str:
    """Return the latest datestamp so far; "" if they do not ascend, since none is then safe to
    continue from.
    """
    if latest is None and continued:
        return ""
    for stamp in stamps:
        if latest and stamp < latest:
            return ""
        latest = stamp
    return latest or ""
