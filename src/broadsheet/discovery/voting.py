"""How much the votes of readers here count for trends, so that no crowd of accounts moves them.

Shown everywhere is the plain number: every vote counts the same. For trends

age      a vote that was given within the first day of its account counts nothing;
rings    voters of a paper whose votes are nearly the same papers (Jaccard index of at least
         ``SAME`` over the votes of each) are one group, and g voters of a group count as 1 + ln g.
         So thirty accounts that vote for the same papers only count as 4.4, and each reader who
         votes like nobody else counts as 1. A single vote says little about a reader: readers with
         no other vote are a group too.

Source   Grouping by equal behaviour as in Beutel et al., "CopyCatch", WWW 2013,
         doi:10.1145/2488388.2488400; the logarithm is our own choice.
"""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from broadsheet.domain.community import Vote

YOUNG = dt.timedelta(days=1)
SAME = 0.5
"""Jaccard index from which on two readers vote alike."""
MOST_COMPARED = 300
"""Voters of one paper that are compared pair by pair; of more, only equal votes make a group."""


def weigh_votes(votes: Sequence[Vote], papers: Collection[int]) -> Mapping[int, float]:
    """Return how much the votes for each of these papers (keys) count.

    ``votes`` are all votes of all accounts that voted for any of them.
    """
    by_account: dict[str, set[int]] = defaultdict(set)
    voters: dict[int, list[str]] = {paper: [] for paper in papers}
    for vote in votes:
        by_account[vote.account].add(vote.paper)
        is_young = vote.joined_at is not None and vote.at - vote.joined_at < YOUNG
        if vote.paper in voters and not is_young:
            voters[vote.paper].append(vote.account)
    return {
        paper: sum(1 + math.log(size) for size in _group_sizes(accounts, by_account))
        for paper, accounts in voters.items()
    }


def _group_sizes(accounts: Sequence[str], votes: Mapping[str, set[int]]) -> Collection[int]:
    """Sizes of the groups of accounts that vote alike, joined by single links."""
    equal = Counter(frozenset(votes[account]) for account in accounts)
    if len(equal) > MOST_COMPARED:
        return list(equal.values())
    sets = list(equal)
    group = list(range(len(sets)))

    def find(place: int) -> int:
        while group[place] != place:
            place = group[place]
        return place

    for later, second in enumerate(sets):
        for earlier in range(later):
            first = sets[earlier]
            common = len(first & second)
            if common >= SAME * (len(first) + len(second) - common):
                group[find(later)] = find(earlier)
    sizes: Counter[int] = Counter()
    for place, each in enumerate(sets):
        sizes[find(place)] += equal[each]
    return list(sizes.values())
