"""Turn one field of a source into one field of a record; shared by all formats."""

import datetime as dt
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.identifiers import find_field_identifiers, identifier_url, parse_identifier
from broadsheet.text.titles import normalise_title

TITLE_LIMIT = 2000
"""Characters; longer titles are abstracts or damage."""

# Every control character below the space, and DEL. The range above (C1) stays: in mojibake it
# shows the cleaner which letter it was.
_CONTROLS = dict.fromkeys((*range(9), *range(14, 28), 127))
_OTHER_SCHEME = re.compile(r"([a-z][a-z0-9_.+-]{0,30}):(?!//)(\S{1,200})")
_NOT_PLAIN = re.compile(r"[\s{}\\&$\u00ad\u2010\u2011\u200b-\u200d\u2060\ufeff]")
_GMT = re.compile(r"[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) \d\d:\d\d:\d\d GMT")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


def one_line(text: str) -> str:
    """Strip ``text`` and remove line breaks, tabs and control characters.

    If there are any, all white space becomes single spaces. Half a surrogate pair (possible in
    JSON, storable nowhere) becomes U+FFFD.
    """
    return text.strip(" ") if text.isprintable() else single_spaced(text)


def single_spaced(text: str) -> str:
    """Like ``one_line``, and all white space becomes single spaces in any case:
    for formats in which its amount means nothing."""
    text = " ".join(text.translate(_CONTROLS).split())
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text_of(value: Any) -> str:
    """A JSON value as one line of text: numbers as written, null and structures as ""."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def texts_of(value: Any) -> tuple[str, ...]:
    """A JSON list (or a single value) as its non-empty texts, each once."""
    if not isinstance(value, list):
        value = [value]
    return tuple(dict.fromkeys(text for part in value if (text := text_of(part))))


def checked_title(title: str) -> str:
    """Return a usable title; raise RecordError for none and for more than 2,000 characters."""
    if not title:
        raise RecordError("it has no title")
    if len(title) > TITLE_LIMIT:
        raise RecordError(f"its title has {len(title):,} characters; the limit is {TITLE_LIMIT:,}")
    return title


def authors_of(names: Iterable[str]) -> tuple[Author, ...]:
    """Authors from names as printed, the empty ones left out."""
    return tuple([Author(name) for name in names if name])


def identifier_of(text: str, default_scheme: str | None = None) -> Identifier | None:
    """Like ``parse_identifier``; "scheme:value" of an unknown scheme is kept as it is.

    LaTeX, entities, labels and blanks are read as in ``find_field_identifiers``.
    """
    if not text:
        return None
    if _NOT_PLAIN.search(text):
        return next(iter(find_field_identifiers(text, default_scheme)), None)
    if identifier := parse_identifier(text, default_scheme):
        return identifier
    other = _OTHER_SCHEME.fullmatch(text)
    if other is None:
        return None
    opaque = Identifier(other.group(1), other.group(2))
    # A scheme with addresses has a form of its own, and this is not it.
    return None if identifier_url(opaque) else opaque


def identifiers_of(*candidates: Identifier | None) -> tuple[Identifier, ...]:
    """The identifiers among the candidates, each once, in order."""
    return tuple(dict.fromkeys(identifier for identifier in candidates if identifier is not None))


_PAGES = re.compile(r"\s*([A-Za-z]{0,3}\d[\w.:]*)\s*(?:-{1,3}|[–—−])\s*([A-Za-z]{0,3}\d[\w.:]*)\s*")


def page_range(first: str, last: str = "") -> str:
    """Pages as "1–10": from one text ("1--10", "1-10") or from first and last page."""
    text = f"{first}-{last}" if first and last and first != last else first or last
    match = _PAGES.fullmatch(text)
    return f"{match.group(1)}–{match.group(2)}" if match else single_spaced(text)


def title_key(title: str) -> str:
    """Return the key of a record without a name: its normalised title.

    A title without a letter or digit is its own key.
    """
    return normalise_title(title) or title


def partial_date(text: str, extra: dict[str, Any], name: str) -> PartialDate | None:
    """Parse ``YYYY[-MM[-DD]]…``; of a day that does not exist, return the month or year.

    If anything had to be left out, ``extra[name]`` holds the original text.
    """
    if not text:
        return None
    date, whole = _read_date(text)
    if not whole:
        extra[name] = text
    return date


@lru_cache(maxsize=50_000)
def _read_date(text: str) -> tuple[PartialDate | None, bool]:
    if date := PartialDate.parse(text):
        # A time of day may follow and is no loss.
        return date, text[len(str(date)) :][:1] in ("", "T", " ")
    return PartialDate.parse(text[:7]) or PartialDate.parse(text[:4]), False


def date_in_words(text: str) -> PartialDate | None:
    """An RFC 822 date ("Mon, 2 Apr 2007 19:18:42 GMT") as its day in UTC, else its year."""
    if plain := _GMT.fullmatch(text):  # by far the most frequent form
        day, month, year = plain.groups()
        return PartialDate.parse(f"{year}-{month_number(month):02d}-{day:0>2}")
    try:
        moment = parsedate_to_datetime(text)
        return PartialDate.from_date(
            (moment.astimezone(dt.UTC) if moment.tzinfo else moment).date()
        )
    except (ValueError, TypeError, IndexError, OverflowError):
        year = _YEAR.search(text)
        return PartialDate(int(year.group())) if year else None
