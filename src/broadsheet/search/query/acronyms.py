"""Acronyms in a query, offered in their other form.

The library itself explains its acronyms: an abstract with "long form (LF)" puts both into
the index. Readers are offered a search for either form; nothing is added to a ranking by itself,
since that lost more than it gained (docs/decisions/0018).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from broadsheet.domain.query import Or, Phrase, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.domain.search import OtherForm
from broadsheet.index.port import CompletionRequest, IndexSnapshot
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.text import words

MOST_WORDS = 8
"""A longer query says enough."""
_LONGEST_ACRONYM = 10
_LONGEST_FORM = 5
_FEWEST_PAPERS = 2
"""That introduce an acronym, before it is believed."""
_SHARE = 0.1
"""Of the papers with a word in small letters, those that introduce it as an acronym. In 60,000
papers: .57 for "gan", .43 for "svm", .03 for "cat", .01 for "map"."""
_OFTEN = 0.25
"""Of the papers that introduce an acronym, those for one long form, before it is offered."""
_USUAL = 0.1
"""Of the papers with a long form, those that spell it one way, before it is so shown."""


def acronym_words(query: Query) -> list[str]:
    """Return the words whose frequencies ``other_forms`` needs, to fetch them beforehand."""
    parts = _parts(query)
    runs = (_plain_words(parts[at:]) for at in range(len(parts)))
    return [word for run in runs for word in (*_initials(run), *run[:1])]


def other_forms(
    query: Query, snapshot: IndexSnapshot, frequencies: Frequencies
) -> tuple[OtherForm, ...]:
    """Return other forms of words of the query, in the order of the query."""
    parts = _parts(query)
    long_forms = _fetch_long_forms(parts, snapshot, frequencies)
    offered: list[OtherForm] = []
    at = 0
    while at < len(parts):
        typed, length, others = _forms_at(parts[at:], long_forms, frequencies)
        for other, papers in others:
            either = Or((typed, other))
            whole = (*parts[:at], either, *parts[at + length :])
            expanded = str(SideBySide(whole) if len(whole) > 1 else either)
            offered.append(OtherForm(typed.text, other.text, papers, expanded))
        at += length
    return tuple(offered)


LongForms = Mapping[str, Sequence[tuple[str, int]]]
"""By acronym: the long forms that many papers give for it, with these papers, the most first."""


def _parts(query: Query) -> tuple[Query, ...]:
    parts = query.children if isinstance(query, SideBySide) else (query,)
    return parts if len(parts) <= MOST_WORDS else ()


def _plain_words(parts: Sequence[Query]) -> list[str]:
    """Return the first words of the parts that may be the long form of an acronym."""
    plain: list[str] = []
    for part in parts[:_LONGEST_FORM]:
        if not (isinstance(part, Word) and part.text.replace("-", "").isalnum()):
            break
        plain.append(part.text)
    return plain


def _initials(run: Sequence[str]) -> list[str]:
    """Return the initials of the first two words or more, longest first."""
    letters = "".join(word[0] for word in run).lower()
    return [letters[:length] for length in range(len(run), 1, -1)]


def _acronym_of(word: str) -> str:
    """Return an acronym without the s of a plural."""
    plural = word.endswith("s") and word[:-1].isupper()
    return word[:-1] if plural else word


def _may_be_acronym(run: Sequence[str]) -> bool:
    return bool(run) and 2 <= len(run[0]) <= _LONGEST_ACRONYM


def _fetch_long_forms(
    parts: Sequence[Query], snapshot: IndexSnapshot, frequencies: Frequencies
) -> LongForms:
    acronyms: dict[str, None] = {}
    for at in range(len(parts)):
        run = _plain_words(parts[at:])
        for initials in _initials(run):
            if frequencies.of_word(initials) >= _FEWEST_PAPERS:
                acronyms[initials] = None
        if _may_be_acronym(run):
            acronyms[_acronym_of(run[0]).lower()] = None
    if not acronyms:
        return {}
    answers = snapshot.complete([CompletionRequest("acronym", each, None) for each in acronyms])
    return {acronym: _count_forms(forms) for acronym, forms in zip(acronyms, answers, strict=True)}


def _count_forms(counted: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the forms that many papers use, spellings of one form counted together."""
    spellings: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for text, papers in counted:
        spellings[tuple(words.terms(text))][text] = papers
    totals = [(sum(each.values()), each) for each in spellings.values()]
    fewest = max(_FEWEST_PAPERS, _OFTEN * sum(total for total, _ in totals))
    often = [(_usual(each), total) for total, each in totals if total >= fewest]
    return sorted(often, key=lambda pair: (-pair[1], pair[0]))


def _usual(spellings: dict[str, int]) -> str:
    """Return the spelling with the fewest capitals that is not rare; of these the most frequent."""
    fewest = _USUAL * sum(spellings.values())
    usual = [text for text, papers in spellings.items() if papers >= fewest]
    return min(usual or spellings, key=lambda text: (sum(map(str.isupper, text)), -spellings[text]))


def _forms_at(
    parts: Sequence[Query], long_forms: LongForms, frequencies: Frequencies
) -> tuple[Word | Phrase, int, list[tuple[Word | Phrase, int]]]:
    """Return the words at the beginning of the parts, their number, and other forms with papers."""
    run = _plain_words(parts)
    for length, initials in zip(range(len(run), 1, -1), _initials(run), strict=True):
        text = " ".join(run[:length])
        for other, papers in long_forms.get(initials, ()):
            if words.terms(other) == words.terms(text):
                return Phrase(text), length, [(Word(initials.upper()), papers)]
    if not _may_be_acronym(run):
        return Word(run[0] if run else ""), 1, []
    acronym = _acronym_of(run[0])
    fewest = 0.0
    if sum(map(str.isupper, acronym)) <= 1:
        fewest = _SHARE * frequencies.of_word(acronym)
    forms = long_forms.get(acronym.lower(), ())
    return Word(run[0]), 1, [(Phrase(text), n) for text, n in forms if n >= fewest]
