"""Small pieces of plain English for the pages: counts, names, dates, signals."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeGuard

from broadsheet.domain.categories import category_name
from broadsheet.domain.daily import Edition
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import (
    PARTLY_RETRACTED,
    QUESTIONED,
    REMOVED,
    RETRACTED,
    WITHDRAWN,
    Author,
    Paper,
)
from broadsheet.domain.periods import Period
from broadsheet.domain.signals import names_of
from broadsheet.domain.summary import find_summary
from broadsheet.domain.sync import Outcome, SourceRun, SourceStatus
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.sentences import finish, split_sentences

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


_MARKS = {
    RETRACTED: ("Retracted", "The journal has taken this paper back: do not rely on it."),
    WITHDRAWN: ("Withdrawn", "Its authors or its archive have taken this paper back."),
    REMOVED: ("Removed", "Its source does not list this paper any more."),
    PARTLY_RETRACTED: ("Partly retracted", "The journal has taken back a part of this paper."),
    QUESTIONED: ("In doubt", "The journal has expressed concern about this paper."),
}


@lru_cache(maxsize=2048)
def readable(text: str) -> str:
    """``to_text``, remembered: readers turn the same pages again and again."""
    return to_text(text)


def count(number: int, one: str, many: str = "") -> str:
    """As in "1 paper", "2,836 papers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """As in "1st", "12th", "103rd"."""
    teen = 10 < number % 100 < 14
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def long_day(day: dt.date) -> str:
    """As in "Tuesday, 2 June 2026": as a newspaper dates itself, in any locale."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: dt.date, seen_from: dt.date) -> str:
    """Compose "Tue 2 June"; add the year if it is not that of ``seen_from``."""
    text = f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1]}"
    return text if day.year == seen_from.year else f"{text} {day.year}"


def long_period(period: Period) -> str:
    """As in "Tuesday, 2 June 2026", "Week 23, 1 to 7 June 2026", "June 2026" or "2026"."""
    match period.kind:
        case "day":
            return long_day(period.first)
        case "week":
            first, last = period.first, period.last
            begin = str(first.day)
            if first.month != last.month:
                begin += f" {_MONTHS[first.month - 1]}"
            if first.year != last.year:
                begin += f" {first.year}"
            number = first.isocalendar().week
            return f"Week {number}, {begin} to {partial_date(PartialDate.from_date(last))}"
        case "month":
            return f"{_MONTHS[period.first.month - 1]} {period.first.year}"
        case "year":
            return f"{period.first.year}"


def short_period(period: Period, seen_from: Period) -> str:
    """As in "Tue 2 June", "Week 23", "June" or "2026"; with the year if it is another."""
    if period.kind == "day":
        return short_day(period.first, seen_from.first)
    if period.kind == "year":
        return str(period)
    year = period.first.isocalendar().year if period.kind == "week" else period.first.year
    name = f"Week {str(period)[-2:].lstrip('0')}"
    if period.kind == "month":
        name = _MONTHS[period.first.month - 1]
    return name if str(seen_from).startswith(f"{year:04d}") else f"{name} {year}"


def listing(listed: PartialDate) -> str:
    """As in "Tuesday, 2 June 2026", or "June 2026" if no day is known."""
    return long_period(Period.of_listing(listed))


def filter_label(term: str) -> str:
    """A filter of a query as people say it: "Robotics" for ``cat:cs.RO``."""
    field, _, value = term.partition(":")
    value = value.strip('"')
    match field.lower():
        case "cat":
            return category_name(value)
        case "author" | "venue" | "source":
            return value
        case "has":
            return f"With {value}"
        case "after":
            return f"From {value}"
        case "before":
            return f"Before {value}"
    return term


def edition_rule(edition: Edition) -> str:
    """Describe an edition in a sentence."""
    parts = []
    if edition.query:
        parts.append(f"that match “{edition.query}”")
    if edition.categories:
        parts.append(f"in {either([category_name(name) for name in edition.categories])}")
    if edition.authors:
        parts.append(f"by {either(edition.authors)}")
    if edition.sources:
        parts.append(f"from {either(edition.sources)}")
    if edition.featured:
        parts.append("on lists curated elsewhere or here")
    return f"Papers {', '.join(parts)}." if parts else "Everything that is followed."


def either(names: Sequence[str]) -> str:
    """As in "A, B or C"."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def partial_date(date: PartialDate) -> str:
    """As in "2 June 2026", "June 2026" or "2026": no more than is known."""
    parts = [str(date.day)] if date.day else []
    if date.month:
        parts.append(_MONTHS[date.month - 1])
    return " ".join([*parts, f"{date.year:04d}"])


def moment(when: dt.datetime) -> str:
    """As in "Tue 2 June 2026, 14:05"; the page says that times are UTC."""
    return f"{short_day(when.date(), dt.date.min)}, {when:%H:%M}"


_STATES: dict[Outcome, str] = {
    "running": "Running now",
    "done": "Up to date",
    "unchanged": "Up to date",
    "unavailable": "Will try again",
    "refused": "Needs you",
    "broken": "Broken off",
    "stopped": "Stopped",
}


def source_state(source: SourceStatus) -> str:
    """How a source stands, in two or three words."""
    if source.last_run is None:
        return "Not run yet"
    return _STATES[source.last_run.outcome]


def tally_sources(sources: Sequence[SourceStatus]) -> str:
    """Compose "2 up to date, 1 needs you"; "" if none is switched on."""
    states = Counter(source_state(source).lower() for source in sources if source.on)
    return ", ".join(f"{number} {state}" for state, number in states.items())


def harvest(run: SourceRun) -> str:
    """Compose the counts of a run: "3 new, 1 changed, 20 known, 2 rejected"; without zeros."""
    counts = run.counts
    parts = (
        (counts.new, "new"),
        (counts.updated, "changed"),
        (counts.duplicates, "known"),
        (counts.rejected, "rejected"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in parts if number) or "nothing"


def sentence(message: str) -> str:
    """A message as a sentence of its own; an address it begins with stays as it is."""
    message = message.strip()
    if not message:
        return ""
    first = message.split()[0]
    if not re.search(r"[.:/]\w", first):
        message = message[0].upper() + message[1:]
    return message + ("" if message[-1] in ".!?…" else ".")


def byline(authors: Sequence[Author], limit: int = 3) -> str:
    """As in "A, B, C and 5 others"; one name too many is named rather than counted."""
    names = [readable(author.name) for author in authors]
    if len(names) > limit + 1:
        return f"{', '.join(names[:limit])} and {count(len(names) - limit, 'other')}"
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return "".join(names)


def headline(title: str, limit: int = 300) -> str:
    """Return a title as text, never empty; cut between words if it is too long for a title."""
    return shorten(readable(title), limit) or "Untitled"


def shorten(text: str, limit: int) -> str:
    """Return the text, cut between words with an ellipsis if it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    start = text[:limit].rpartition(" ")[0].rstrip(",;:. ") or text[:limit]
    return f"{start}\N{NO-BREAK SPACE}…"


def standfirst(abstract: str, limit: int = 280) -> str:
    """Return the first sentences of an abstract as text: about ``limit`` characters.

    Whole sentences if one ends between two thirds and four thirds of the limit, so that
    neighbouring stories have about one length; else cut between words.
    """
    text = readable(abstract)
    best = ""
    for sentence in split_sentences(text[: limit * 2]):
        if len(best) >= limit * 2 // 3 or len(best) + len(sentence) > limit * 4 // 3:
            break
        best = f"{best} {sentence}".lstrip()
    if len(best) >= limit * 2 // 3 or len(text) <= limit:
        return best or text
    return shorten(text, limit)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def signals(paper: Paper) -> list[tuple[str, str]]:
    """Return the signals of a paper as (kind, words); only known ones that are not 0."""
    values = paper.signals
    result = []
    for kind, keys, one in (
        ("votes", names_of("votes"), "vote"),
        ("stars", names_of("stars"), "star"),
        ("citations", names_of("citations"), "citation"),
    ):
        positive = (value for key in keys if _is_number(value := values.get(key)) and value > 0)
        if value := next(positive, 0):
            result.append((kind, count(int(value), one)))
    rating = values.get("rating_avg")
    if isinstance(rating, int | float) and rating > 0:
        result.append(("rating", f"rated {rating:.3g} by reviewers"))
    return result


def mark(paper: Paper) -> tuple[str, str] | None:
    """A warning as (label, sentence) for a paper that was taken back or is in doubt."""
    return _MARKS.get(paper.status)


def summary(paper: Paper) -> tuple[str, str]:
    """A summary that a source gave, and whose it is; ("", "") for none."""
    summary_text = find_summary(paper.signals)
    return (
        (finish(to_text(summary_text.text)), summary_text.writer.label)
        if summary_text
        else ("", "")
    )


def paragraphs(text: str) -> list[str]:
    """A text as it came, cut at its blank lines."""
    return [part for part in map(str.strip, re.split(r"\n\s*\n", text)) if part]
