"""How likely somebody who means one word types another.

Cost    −ln of the share of slips that are this one, for the cheapest way from the meant word to
        the typed one; each further slip in a word costs ``FURTHER`` more. The costs of kinds were
        set by their usual shares in typed English (transpositions, omissions and doubled letters
        are frequent, letters from elsewhere on the keyboard rare), not fitted to a collection.
Source  the noisy channel of Kernighan, Church & Gale, COLING 1990, doi:10.3115/997939.997975.
"""

from broadsheet.text.keyboard import NEIGHBOURS

SWAPPED, LEFT_OUT, LEFT_OUT_DOUBLE = 3.0, 3.3, 2.7
DOUBLED, EXTRA_BESIDE, EXTRA = 3.0, 3.5, 4.5
BESIDE, VOWEL, OTHER = 3.3, 3.7, 5.5
FIRST_LETTER = 1.5
"""More for a wrong first letter, which people seldom mistype."""
FURTHER = 1.0
_VOWELS = frozenset("aeiouy")
_SUFFIXES = frozenset(
    [
        "s",
        "es",
        "ed",
        "d",
        "er",
        "r",
        "ers",
        "or",
        "ors",
        "al",
        "ally",
        "ly",
        "ic",
        "ics",
        "ical",
        "y",
        "ity",
        "ive",
        "ion",
        "ions",
        "ing",
        "ings",
        "ness",
        "able",
        "ible",
        "ist",
        "ists",
        "ism",
        "ary",
        "ation",
        "ations",
        "ised",
        "ized",
        "ise",
        "ize",
        "ment",
        "ments",
        "ian",
        "ous",
    ]
)
_PREFIXES = frozenset(
    [
        "un",
        "re",
        "de",
        "in",
        "im",
        "co",
        "bi",
        "be",
        "en",
        "non",
        "pre",
        "sub",
        "dis",
        "mis",
        "anti",
        "multi",
        "over",
    ]
)
_SHORTEST_STEM = 4


def slip_cost(typed: str, meant: str) -> float:
    """Return the cost of typing ``typed`` for ``meant``; both in lower case, and different."""
    before: list[float] = []
    above = [0.0]
    for j in range(1, len(meant) + 1):
        above.append(above[-1] + FURTHER + _left_out(meant, j))
    for i in range(1, len(typed) + 1):
        row = [above[0] + FURTHER + _extra(typed, i)]
        for j in range(1, len(meant) + 1):
            cost = above[j - 1]
            if typed[i - 1] != meant[j - 1]:
                cost += FURTHER + _replaced(typed[i - 1], meant[j - 1])
                cost += FIRST_LETTER if i == j == 1 else 0.0
            cost = min(
                cost,
                above[j] + FURTHER + _extra(typed, i),
                row[j - 1] + FURTHER + _left_out(meant, j),
            )
            if i > 1 and j > 1 and typed[i - 1] == meant[j - 2] and typed[i - 2] == meant[j - 1]:
                cost = min(cost, before[j - 2] + FURTHER + SWAPPED)
            row.append(cost)
        before, above = above, row
    return above[-1] - FURTHER


def is_other_form(first: str, second: str) -> bool:
    """Return whether two words differ by a prefix or by endings alone, as derived words do.

    >>> is_other_form("unbiased", "biased"), is_other_form("transforms", "transformer")
    (True, True)
    >>> is_other_form("transfomer", "transformer")
    False
    """
    short, long = sorted((first, second), key=len)
    if long.endswith(short) and long[: -len(short)] in _PREFIXES:
        return True
    stem = 0
    while stem < len(short) and short[stem] == long[stem]:
        stem += 1
    endings = {"", *_SUFFIXES}
    return any(
        short[at:] in endings and long[at:] in endings for at in range(stem, _SHORTEST_STEM - 1, -1)
    )


def _left_out(meant: str, j: int) -> float:
    """Return the cost of leaving out the letter number ``j``, from 1."""
    if j > 1 and meant[j - 1] == meant[j - 2]:
        return LEFT_OUT_DOUBLE
    return LEFT_OUT + (FIRST_LETTER if j == 1 else 0.0)


def _extra(typed: str, i: int) -> float:
    """Return the cost of the letter number ``i``, from 1, if it is one too many."""
    letter, around = typed[i - 1], typed[max(0, i - 2) : i + 1]
    if i > 1 and letter == typed[i - 2]:
        return DOUBLED
    beside = any(other in NEIGHBOURS.get(letter, "") for other in around)
    return (EXTRA_BESIDE if beside else EXTRA) + (FIRST_LETTER if i == 1 else 0.0)


def _replaced(typed: str, meant: str) -> float:
    if typed in NEIGHBOURS.get(meant, ""):
        return BESIDE
    return VOWEL if typed in _VOWELS and meant in _VOWELS else OTHER
