"""OpenReview: submissions of chosen venues, and their decisions.

A submission's ``venueid`` follows its decision: under review below ".../Submission", accepted at
the venue's own id, or below ".../Withdrawn_Submission" and the like. For each of these, a run
fetches the notes changed last, until one was changed before the last run. The cursor holds, for
each, the time of the latest change. Source: docs.openreview.net, "Using the API", API 2 (notes by
content.venueid, at most 1,000 a request, by offset); no limit is published.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from broadsheet.ingest.formats.json_values import children, count_of
from broadsheet.ingest.formats.openreview import RECORDS
from broadsheet.net.port import Client
from broadsheet.sources.json_services import decode, nothing_chosen, records_of
from broadsheet.sources.source import Page, Policy, SyncRequest

Fate = Literal["accepted", "submitted", "rejected", "withdrawn", "desk-rejected"]

# Below the venue's id. Journals have short ids ("TMLR") and other groups than conferences.
_CONFERENCE: dict[Fate, tuple[str, ...]] = {
    "accepted": ("",),
    "submitted": ("/Submission",),
    "rejected": ("/Rejected_Submission",),
    "withdrawn": ("/Withdrawn_Submission",),
    "desk-rejected": ("/Desk_Rejected_Submission",),
}
_JOURNAL: dict[Fate, tuple[str, ...]] = {
    "accepted": ("", "/Retracted_Acceptance"),
    "submitted": ("/Submitted", "/Under_Review", "/Decision_Pending"),
    "rejected": ("/Rejected",),
    "withdrawn": ("/Withdrawn_Submission",),
    "desk-rejected": ("/Desk_Rejected",),
}
_PAGE_SIZE = 1000
_PAGE_SIZE_WITH_REVIEWS = 25
"""A submission's discussion can be a hundred times its abstract."""


class OpenReviewOptions(BaseModel):
    """Venues as in the addresses of their pages at OpenReview."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field(
        "https://api2.openreview.net", description="Address of the API, version 2."
    )
    token: SecretStr | None = Field(
        None, description="Token of an account, for venues that are not public."
    )
    venues: list[str] = Field(
        [], description='Venues by their ids ("ICLR.cc/2026/Conference", "TMLR").'
    )
    fates: list[Fate] = Field(
        ["accepted", "submitted", "rejected", "withdrawn", "desk-rejected"],
        description="Which submissions: accepted, submitted (under review) …",
    )
    ratings: bool = Field(
        False, description="Fetch public reviews too, for their ratings; many more requests."
    )


class OpenReviewSource:
    """See the module."""

    name = "openreview"
    title = "OpenReview"
    policy = Policy(spacing=2.0, daily_budget=2_000)
    Options: type[BaseModel] = OpenReviewOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """See Source."""
        options: OpenReviewOptions = request.options
        if not options.venues:
            raise nothing_chosen("openreview", "venues")
        names = list(_groups(options))
        state = dict(request.cursor)
        if request.since is not None:
            midnight = dt.datetime.combine(request.since, dt.time(), dt.UTC)
            state = {_seen_key(name): str(int(midnight.timestamp() * 1000)) for name in names}
        # A run that was broken off goes on with the group it was at.
        at = state.get("group", "")
        for number in range(names.index(at) if at in names else 0, len(names)):
            following = names[number + 1] if number + 1 < len(names) else ""
            yield from _Walk(client, options, names[number], following, state).pages()


def _groups(options: OpenReviewOptions) -> Iterator[str]:
    for venue in options.venues:
        name = venue.strip("/ ")
        below = _CONFERENCE if "/" in name else _JOURNAL
        yield from (f"{name}{end}" for fate in options.fates for end in below[fate])


def _seen_key(name: str) -> str:
    return f"seen {name}"


@dataclass
class _Walk:
    """Through the notes of one group (venue and fate), the last changed first."""

    client: Client
    options: OpenReviewOptions
    name: str
    following: str
    """The group after this one; "" after the last."""
    state: dict[str, str]
    """The cursor as it grows."""

    def pages(self) -> Iterator[Page]:
        address = f"{self.options.endpoint.rstrip('/')}/notes"
        floor = int(self.state.get(_seen_key(self.name), "0"))
        resumed = self.state.get("group") == self.name
        # Notes changed meanwhile moved to the front: some come twice, none is missed.
        offset = int(self.state.get("offset", "0")) if resumed else 0
        latest = int(self.state.get("latest", "0")) if resumed else 0
        ended = False
        while not ended:
            answer = self.client.get(address, self._params(offset), self._headers())
            content = decode(answer, "OpenReview")
            records = records_of(content, answer, RECORDS, lambda note: note.get("id"))
            notes = content["notes"]
            changed = [when for note in children(content, "notes") if (when := _changed(note))]
            latest = max([latest, floor, *changed])
            offset += len(notes)
            total = count_of(content.get("count"))
            ended = (
                len(notes) < self._page_size
                or (total is not None and offset >= total)
                or any(when < floor for when in changed)
            )
            self._note(offset, latest, ended)
            yield Page("openreview", address, records, dict(self.state), total)

    @property
    def _page_size(self) -> int:
        return _PAGE_SIZE_WITH_REVIEWS if self.options.ratings else _PAGE_SIZE

    def _params(self, offset: int) -> dict[str, str]:
        params = {
            "content.venueid": self.name,
            "limit": str(self._page_size),
            "offset": str(offset),
            "sort": "tmdate:desc",
        }
        return params | ({"details": "directReplies"} if self.options.ratings else {})

    def _headers(self) -> dict[str, str]:
        token = self.options.token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    def _note(self, offset: int, latest: int, ended: bool) -> None:
        """Write the next position to the cursor."""
        if not ended:
            self.state |= {"group": self.name, "offset": str(offset), "latest": str(latest)}
            return
        self.state[_seen_key(self.name)] = str(latest)
        for name in ("group", "offset", "latest"):
            self.state.pop(name, None)
        if self.following:
            self.state["group"] = self.following


def _changed(note: dict[str, Any]) -> int:
    """Return when a note was last changed, in milliseconds; 0 if it does not say."""
    return count_of(note.get("tmdate")) or count_of(note.get("mdate")) or 0
