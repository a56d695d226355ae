"""Whether a record says that its work is withdrawn, retracted or removed. Pure.

Sources say it in many ways: a status word, a marked title, and at arXiv a comment or
abstract ("This paper has been withdrawn by the author due to …"). Readers see one of
``domain.paper.MARKS``.
"""

import re

from broadsheet.domain.paper import (
    MARKS,
    PARTLY_RETRACTED,
    QUESTIONED,
    REMOVED,
    RETRACTED,
    WITHDRAWN,
    Record,
)

SUBMISSIONS = frozenset({"openreview", "papers-jsonl", "starter"})
"""Sources whose status is a venue's decision on a submission.

A submission withdrawn there is not a withdrawn work if the work is known elsewhere.
"""

_WORDS = {
    RETRACTED: ("retracted", "retraction", "retracted publication", "retracted article"),
    WITHDRAWN: ("withdrawn", "withdraw", "withdrawal", "withdrawn article", "withdrawn submission"),
    REMOVED: ("removed", "removal", "deleted"),
    PARTLY_RETRACTED: ("partly retracted", "partial retraction"),
    QUESTIONED: ("expression of concern", "concern"),
}
_MARK_OF_WORD = {word: mark for mark, words in _WORDS.items() for word in words}

_TITLE = re.compile(
    r"\s*[\[(*]*\s*(?:paper\s+|article\s+)?(retracted|withdrawn)\s*(?:[\])*:]|by\s+authors?\b)",
    re.IGNORECASE,
)
_THIS = (
    r"(?:(?:this|the|our|present)\s+)*(?:current\s+)?"
    r"(?:paper|article|submission|manuscript|work|report|preprint|thesis|draft|note|version)"
)
_GONE = r"withdr?awa?n?\b"
_ELSEWHERE = (
    r"(?!\s+(?:from|at)\s+(?!(?:the\s+)?(?:arxiv|archive|public))|\s+in\s+(?:\w+\s+)?(?:19|20)\d\d)"
)
_SAID = re.compile(
    rf"\b{_THIS}\s+(?:(?:is|was|has|have|had|been|being|be|temporarily|to)\s+)+{_GONE}{_ELSEWHERE}"
    rf"|\b(?:paper|manuscript|article)\s+{_GONE}{_ELSEWHERE}"
    rf"|^\W*withdraw(?:n|ing)?\b{_ELSEWHERE}"
    rf"|[.;,]\s+withdrawn[.\s]*$"
    rf"|\bwithdrawn\s+(?:temporarily\s+)?(?:by|due\s+to|pending)\b"
    rf"|\bwithdraw(?:n|ing)?\s+(?:this|the|our|my|it)\b{_ELSEWHERE}"
    rf"|\bwithdrawal\s+of\s+(?:this|the|our|my)\b",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(
    r"(?:accepted|submitted|appeared|presented)\b[^.;]{0,120}\b(?:but|however|later|was|were)\b"
    r"[^.;]{0,30}$",
    re.IGNORECASE,
)
_NEAR = 300
"""Characters of an abstract that may say it instead of telling of the work."""


def mark_of(record: Record) -> str:
    """Return one of ``MARKS``, or "". A venue's decision on a submission is not one."""
    # Our own export says it in our own words.
    if record.status and (record.source not in SUBMISSIONS or record.status in MARKS):
        marked = mark_of_status(record.status)
        if marked:
            return marked
    title_mark = _TITLE.match(record.title)
    if title_mark:
        return title_mark.group(1).lower()
    if says_withdrawn(record.comment) or says_withdrawn(record.abstract[:_NEAR]):
        return WITHDRAWN
    return ""


def mark_of_status(status: str) -> str:
    """ "Retracted Publication" → "retracted"; empty for a status of another kind."""
    return _MARK_OF_WORD.get(status.strip().casefold().replace("_", " "), "")


def says_withdrawn(text: str) -> bool:
    """Whether a comment or the start of an abstract says that its own work is withdrawn."""
    if "ithdr" not in text and "ITHDR" not in text:
        return False
    return any(
        not _OF_ANOTHER.search(text[max(0, match.start() - 160) : match.start()])
        for match in _SAID.finditer(text)
    )
