"""Decide the writes for a batch of records against the library.

Every record of a batch becomes one of

* **new**: no paper matches it;
* **duplicate**: stored already, or readers see no difference;
* **updated**: readers see a change, or two papers turned out to be one.

Records are taken in order, each against the library after the ones before it, so the size of
batches does not matter. Nothing is written here: a few queries fetch everything from the library
that the batch may touch, and a ``Plan`` is returned.

Which paper. The record stored under the same source and key; the owner of one of its identifiers
(``identity.apart`` says when that does not count); a paper with a record of equal title and the
same first author or abstract (``identity.same_work``). If several match they are one paper, unless
identifiers show them apart: then the record goes to the earlier ones. The oldest keeps its id, the
others redirect to it. Papers that were parted by hand stay two.

Which record. Each version of each account of a source is stored under a name of its own
(``versions.name_of``). A record replaces the one of its name unless it says itself that it is older.
A notice ("withdrawn") about an unknown work waits on the rejected list and is used when the work
arrives.

Repeated content. A file may hold several states of a record. The later replaces the earlier, and
every content that arrived under a name is remembered. If the file is imported again, wholly or
after a crash, the earlier states are duplicates and change nothing. An earlier content counts as
new only if it returns in the very place of the one that replaced it (someone undid an edit).
"""

import datetime as dt
from collections.abc import Collection, Sequence

from broadsheet.catalogue.batch import Batch
from broadsheet.catalogue.working_set import Parse
from broadsheet.domain.ingest import Arrival, Plan
from broadsheet.domain.periods import RollOver
from broadsheet.domain.ports import Library


class Decider:
    """Implements Decide.

    ``parse`` reads kept records again when papers are merged. ``roll_over`` says on which day a
    paper without any date was added.
    """

    def __init__(self, parse: Parse, roll_over: RollOver | None = None) -> None:
        self._parse = parse
        self._roll_over = roll_over or RollOver()

    def __call__(self, arrivals: Sequence[Arrival], library: Library, now: dt.datetime) -> Plan:
        return Batch(self._parse, library, now, self._roll_over).decide(arrivals)

    def reread(self, keys: Collection[int], library: Library, now: dt.datetime) -> Plan:
        """See Decide."""
        return Batch(self._parse, library, now, self._roll_over).reread(keys)

    def join(self, key: int, other: int, library: Library, now: dt.datetime) -> Plan:
        """See Decide."""
        return Batch(self._parse, library, now, self._roll_over).join(key, other)

    def part(
        self,
        key: int,
        names: Collection[tuple[str, str]],
        library: Library,
        now: dt.datetime,
    ) -> Plan:
        """See Decide."""
        return Batch(self._parse, library, now, self._roll_over).part(key, names)
