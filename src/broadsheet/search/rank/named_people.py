"""A boost for papers of people whom the query names without saying ``author:``.

``query.people`` recognises the names; docs/decisions/0019 has the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broadsheet.domain.query import Query
from broadsheet.domain.search import NamedPerson
from broadsheet.index.port import DocumentField, Scores
from broadsheet.search.rank.boosts import Pool

WEIGHT = 0.75
"""Spreads of the scores that papers of a person get who is surely named."""


@dataclass(frozen=True)
class NamedPeople:
    """Implements ``Boost``.

    Each person's papers get ``WEIGHT`` spreads times the share of evidence for the person. If the
    whole query is the name, they come first, the latest published ahead, whatever their scores.
    """

    people: Sequence[NamedPerson]

    name = "named authors"
    fields: Sequence[DocumentField] = ("day",)

    @property
    def filters(self) -> Sequence[Query]:
        return list(dict.fromkeys(person.filter for person in self.people))

    def score(self, pool: Pool, scores: Scores) -> Scores:
        added = np.zeros(len(scores), np.float32)
        if not len(scores):
            return added
        spread = float(scores.std()) or 1.0
        for person in self.people:
            by_them = pool.passes[person.filter]
            if person.leads:
                papers = np.flatnonzero(by_them)
                latest_last = papers[np.lexsort((pool.keys[papers], pool.documents.days[papers]))]
                steps = np.arange(1, len(papers) + 1) / max(1, len(papers))
                added[latest_last] = scores.max() + spread * steps - scores[latest_last]
            else:
                more = np.where(by_them, WEIGHT * spread * person.share, 0.0)
                added = np.maximum(added, more.astype(np.float32))
        return added

    def explain(self, pool: Pool, at: int) -> str:
        if any(person.leads and pool.passes[person.filter][at] for person in self.people):
            return "Your query is the name of one of its authors, whose papers come first."
        return "You named one of its authors, which puts it ahead."
