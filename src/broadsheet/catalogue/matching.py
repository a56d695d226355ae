"""The keys by which a batch finds papers: identifiers, and the titles of their records."""

from broadsheet.catalogue.identity import apart, by_preference, same_work
from broadsheet.catalogue.working_set import Fresh, PaperState, Reader, default_id
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ports import Library
from broadsheet.text.titles import normalise_title


class Names:
    """Names and titles, as the records of the batch so far have left them."""

    def __init__(self, library: Library, reader: Reader) -> None:
        self._library = library
        self._reader = reader
        self.owners: dict[Identifier, PaperState] = {}
        self.titles: dict[int, list[PaperState]] = {}
        self.taken: set[str] = set()
        """Ids that no new paper can have."""
        self.claims: list[tuple[Identifier, PaperState]] = []
        """Identifiers that had no owner before the batch."""

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
                and not apart(identifiers_seen, paper.identifiers, identifier)
            ):
                owners.append(paper)
                identifiers_seen |= paper.identifiers
        if not record.title:
            return sorted(owners, key=lambda paper: paper.key)
        for candidate in self.titles.get(fresh.title_key, ()):
            paper = candidate.root()
            if paper in owners or apart(identifiers_seen, paper.identifiers):
                continue
            if self._same_title(paper, fresh):
                owners.append(paper)
                identifiers_seen |= paper.identifiers
        return sorted(owners, key=lambda paper: paper.key)

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
        named_alike = self.titles.setdefault(fresh.title_key, [])
        if paper not in named_alike:
            named_alike.append(paper)

    def new_id(self, fresh: Fresh) -> str:
        for identifier in by_preference(fresh.arrival.record.identifiers):
            if identifier not in self.owners:
                return str(identifier)
        attempt, name = 1, default_id(fresh)
        while name in self.taken:
            attempt += 1
            name = default_id(fresh, attempt)
            self.taken.update(self._library.find_ids([name]))
        self.taken.add(name)
        return name
