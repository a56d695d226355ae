"""Months as bibliographies write them."""

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = re.compile(r"[a-z]{3,}")
_NUMBER = re.compile(r"\s*(\d{1,2})\s*")


def month_number(text: str) -> int:
    """Return the month of "jul", "July", "June–July" (the first) or "07" as 1 … 12; 0 for others."""
    if match := _NUMBER.fullmatch(text):
        number = int(match.group(1))
        return number if 1 <= number <= 12 else 0
    for word in _WORD.findall(text.lower()):
        if word[:3] in _MONTHS:
            return _MONTHS.index(word[:3]) + 1
    return 0
