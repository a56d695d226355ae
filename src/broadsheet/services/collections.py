"""Keeping and sharing collections; implements CollectionService."""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from broadsheet.domain.access import Principal, is_allowed, require
from broadsheet.domain.collections import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_COLLECTIONS,
    MOST_PAPERS,
    Collection,
    CollectionNotFoundError,
    CollectionStore,
    Entry,
    check_sharing,
)
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import Store

_MOST_LISTED = 200


class LocalCollectionService:
    """See CollectionService."""

    def __init__(
        self,
        papers: Store,
        store: CollectionStore,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._clock = clock

    def create(
        self, principal: Principal, title: str, description: str = "", sharing: str = "private"
    ) -> Collection:
        """See CollectionService."""
        require(principal, "keep_personal" if sharing == "private" else "contribute")
        if len(self._store.of_account(principal.id)) >= MOST_COLLECTIONS:
            raise InvalidInputError(f"you have {MOST_COLLECTIONS} collections; delete one first")
        now = self._clock()
        collection = Collection(
            secrets.token_urlsafe(12),
            principal.id,
            principal.name,
            _check_title(title),
            _check_text(description),
            check_sharing(sharing),
            now,
            now,
        )
        self._store.save(collection)
        return collection

    def get(self, principal: Principal, collection_id: str) -> Collection:
        """See CollectionService."""
        collection = self._store.find(collection_id)
        if collection is None or not is_allowed(
            principal,
            "read_object",
            collection.account,
            "private" if collection.sharing == "private" else "public",
        ):
            raise CollectionNotFoundError
        return collection

    def _get_own(self, principal: Principal, collection_id: str) -> Collection:
        collection = self.get(principal, collection_id)
        require(principal, "change_object", collection.account)
        return collection

    def papers(self, principal: Principal, collection_id: str) -> Sequence[tuple[Paper, str]]:
        """See CollectionService."""
        entries = self._store.entries(self.get(principal, collection_id).id)
        papers = self._papers.get_many([entry.paper for entry in entries])
        return [(papers[entry.paper], entry.note) for entry in entries if entry.paper in papers]

    def own(self, principal: Principal) -> Sequence[Collection]:
        """See CollectionService."""
        require(principal, "keep_personal")
        return self._store.of_account(principal.id)

    def public(self) -> Sequence[Collection]:
        """See CollectionService."""
        return self._store.public(_MOST_LISTED)

    def change(
        self, principal: Principal, collection_id: str, title: str, description: str, sharing: str
    ) -> Collection:
        """See CollectionService."""
        collection = self._get_own(principal, collection_id)
        if sharing != "private":
            require(principal, "contribute")
        changed = replace(
            collection,
            title=_check_title(title),
            description=_check_text(description),
            sharing=check_sharing(sharing),
            changed_at=self._clock(),
        )
        self._store.save(changed)
        return changed

    def delete(self, principal: Principal, collection_id: str) -> None:
        """See CollectionService."""
        collection = self.get(principal, collection_id)
        require(principal, "remove_object", collection.account)
        self._store.delete(collection.id)

    def add(self, principal: Principal, collection_id: str, name: str, note: str = "") -> Paper:
        """See CollectionService."""
        collection = self._get_own(principal, collection_id)
        if collection.size >= MOST_PAPERS:
            raise InvalidInputError(f"a collection has at most {MOST_PAPERS:,} papers")
        paper = self._papers.get(name)
        self._store.set_entry(collection.id, Entry(paper.key, _check_text(note)), self._clock())
        return paper

    def remove(self, principal: Principal, collection_id: str, name: str) -> None:
        """See CollectionService."""
        collection = self._get_own(principal, collection_id)
        self._store.remove_entry(collection.id, self._papers.get(name).key, self._clock())

    def move(self, principal: Principal, collection_id: str, name: str, by: int) -> None:
        """See CollectionService."""
        collection = self._get_own(principal, collection_id)
        self._store.move_entry(collection.id, self._papers.get(name).key, by, self._clock())


def _check_title(title: str) -> str:
    title = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise InvalidInputError(f"a collection has a title of 1 to {LONGEST_TITLE} characters")
    return title


def _check_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise InvalidInputError(f"a note has at most {LONGEST_TEXT:,} characters")
    return text.replace("\0", "").strip()
