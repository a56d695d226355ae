"""The keys by which a batch finds papers: identifiers, and the titles of their records."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

from broadsheet.catalogue.evidence import names_two_works, same_work
from broadsheet.catalogue.identity import apart, by_preference
from broadsheet.catalogue.working_set import (
    Fresh,
    PaperState,
    Reader,
    local_names,
    numbered_name,
)
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ports import Library
from broadsheet.text.titles import normalise_title

MOST_CANDIDATES = 40
"""Papers of one title that a record is compared with: the newest. A title with more names
no work, and comparing each with all would cost the square of their number."""


class Names:
    """Names and titles, as the records of the batch so far have left them."""

    def __init__(self, library: Library, reader: Reader) -> None:
        self._library = library
        self._reader = reader
        self.owners: dict[Identifier, PaperState] = {}
        self.titles: dict[int, dict[PaperState, None]] = {}
        """Papers with a record of each title key, oldest first."""
        self.taken: set[str] = set()
        """Ids that no new paper can have."""
        self._asked: set[str] = set()
        """Ids of which the library was asked whether they are taken."""
        self.claims: list[tuple[Identifier, PaperState]] = []
        """Identifiers that had no owner before the batch."""
        self.parted: Mapping[int, Collection[int]] = {}
        """The papers (keys) that were parted by hand from each."""

    def lead_nowhere(self, fresh: Fresh) -> bool:
        """Whether neither title nor identifiers lead to any paper."""
        return fresh.title_key not in self.titles and self.owners.keys().isdisjoint(
            fresh.arrival.record.identifiers
        )

    def matches(self, fresh: Fresh, owner: PaperState | None) -> list[PaperState]:
        """The papers this record tells of, oldest first."""
        record = fresh.arrival.record
        owners = [owner] if owner else []
        identifiers_seen = set(record.identifiers)
        if owner:
            identifiers_seen |= owner.identifiers
        for identifier in by_preference(record.identifiers):
            holder = self.owners.get(identifier)
            paper = holder.root() if holder else None
            if (
                paper
                and paper not in owners
                and not self._is_parted(paper, owners)
                and not apart(identifiers_seen, paper.identifiers, identifier)
                and not names_two_works(record, paper.view, identifier)
            ):
                owners.append(paper)
                identifiers_seen |= paper.identifiers
        if not record.title:
            return sorted(owners, key=lambda paper: paper.key)
        for candidate in self._candidates(fresh):
            paper = candidate.root()
            if (
                paper in owners
                or self._is_parted(paper, owners)
                or apart(identifiers_seen, paper.identifiers)
            ):
                continue
            if self._same_title(paper, fresh):
                owners.append(paper)
                identifiers_seen |= paper.identifiers
        return sorted(owners, key=lambda paper: paper.key)

    def _is_parted(self, paper: PaperState, owners: Iterable[PaperState]) -> bool:
        parted = self.parted.get(paper.key, ())
        return any(owner.key in parted for owner in owners)

    def _candidates(self, fresh: Fresh) -> list[PaperState]:
        """The newest papers with a record of this title, oldest first."""
        papers = self.titles.get(fresh.title_key, {})
        return list(islice(reversed(papers), MOST_CANDIDATES))[::-1]

    def _same_title(self, paper: PaperState, fresh: Fresh) -> bool:
        for entry in paper.entries:
            own_record = self._reader.record_of(entry)
            if (
                own_record is not None
                and normalise_title(own_record.title) == fresh.title
                and same_work(fresh.arrival.record, own_record, fresh.title)
            ):
                return True
        return False

    def claim(self, paper: PaperState, fresh: Fresh) -> None:
        """Let ``paper`` be found by the names and the title of a record."""
        for identifier in fresh.arrival.record.identifiers:
            paper.identifiers.add(identifier)
            if identifier not in self.owners:
                self.owners[identifier] = paper
                self.claims.append((identifier, paper))
        self.titles.setdefault(fresh.title_key, {})[paper] = None

    def new_id(self, fresh: Fresh) -> str:
        for identifier in by_preference(fresh.arrival.record.identifiers):
            if identifier not in self.owners:
                return str(identifier)
        name = self.free_local_name(fresh)
        self.taken.add(name)
        return name

    def look_up_local_names(self, fresh: Sequence[Fresh]) -> None:
        """Ask which names of papers without identifiers are taken, all at once."""
        names = [local_names(each) for each in fresh if not each.arrival.record.identifiers]
        first = [name for name, _ in names]
        self._ask(first)
        repeated = {name for name, count in Counter(first).items() if count > 1}
        self._ask([second for name, second in names if name in self.taken or name in repeated])

    def free_local_name(self, fresh: Fresh) -> str:
        """An id for a paper without identifiers that no paper has or had."""
        for name in local_names(fresh):
            if not self._is_taken(name):
                return name
        number = 2
        while self._is_taken(name := numbered_name(fresh, number)):
            number += 1
        return name

    def _is_taken(self, name: str) -> bool:
        if name not in self.taken and name not in self._asked:
            self._ask([name])
        return name in self.taken

    def _ask(self, names: Sequence[str]) -> None:
        self._asked.update(names)
        self.taken.update(self._library.find_ids(set(names)) if names else ())
