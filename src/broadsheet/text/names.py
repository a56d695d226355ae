"""Names of people and organisations: the forms in which they are written, and lists of them."""

import re
from collections.abc import Sequence

from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.titles import fold
from broadsheet.text.wordlists import words

_SUFFIX = re.compile(r"(?:jr|sr|[iv]{2,3}|iv|2nd|3rd)\.?", re.IGNORECASE)
_NO_NAME = re.compile(r"[.,‐‑‒–-]")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NOBODY = {"", "others", "et al", "et al.", "anonymous", "and"}
_NAMESAKE = re.compile(r"\s+0\d{3}$")
"""DBLP's number of a person among namesakes: "Ping Li 0001"."""
_DEGREE = re.compile(
    r"(?:Ph\.? ?D|D\.? ?Phil|M\.? ?D|M\.? ?Sc|B\.? ?Sc|M\.? ?S|B\.? ?S|M\.?A|B\.?A|M\.? ?Phil|Sc\.? ?D|"
    r"Dr|Prof|Eng|M\.?P\.?H|M\.?B\.?A|M\.?B\.?B\.?S|MBChB|D\.?D\.?S|D\.?M\.?D|D\.?V\.?M|Pharm\.?D|R\.?N|"
    r"Ed\.? ?D|J\.? ?D|LL\.?[BM]|FRCP|FRCS|FACS|FACC|FAHA|FRS|FIEEE|MRCP|D\.?O|P\.?E|Ph\.? ?D\.? candidate)"
    r"\.?",
)
_COMPANY_FORM = re.compile(
    r"(?:inc|incorporated|ltd|limited|llc|llp|l\.l\.c|gmbh|mbh|ag|corp|corporation|co|company|plc|pty"
    r"(?: ltd)?|s\.?a|s\.?l|s\.?p\.?a|s\.?r\.?l|b\.?v|n\.?v|a\.?s|oy|ab|kg|k\.?k)\.?",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"^the\s|\b(?:universit\w+|college|school of|faculty of|institut\w*|laborator\w+|labs?|"
    r"cent(?:er|re)s?|department|hospital|clinic|ministry|agency|administration|organi[sz]ations?|"
    r"association|society|academy|foundation|council|commission|committee|consortium|"
    r"collaborations?|network|alliance|initiative|programme|project|group|team|task force|division|"
    r"museum of|observatory|federation|authority|corporation|company|inc|ltd|llc|gmbh|corp|panel|"
    r"investigators|working party|experiment)\b",
    re.IGNORECASE,
)
_INITIALS = re.compile(
    r"(?:[^\W\d_a-z]{1,3}|[^\W\d_]\.)(?:[\s-]?(?:[^\W\d_a-z]|[^\W\d_]\.)){0,4}\.?"
)
_FAMILY_INITIALS = re.compile(r"[^\W\d_][\w'’´ -]*[^\W\d_]\s+[A-ZÀ-Þ]{1,3}")


def is_organisation(name: str) -> bool:
    """Whether a printed author is a body, not a person."""
    return _ORGANISATION.search(name) is not None


def given_first(name: str) -> str:
    """ "Family, Given" and "Family, Jr., Given" as they are spoken; other names as they are.

    LaTeX accents become letters. Degrees and DBLP's numbers of namesakes go; the commas of
    organisations ("University of California, Berkeley"; "NVIDIA, Inc.") stay.
    """
    name = " ".join(to_text(name).split()).strip(" ,;")
    name = _NAMESAKE.sub("", name)
    if "," not in name:
        return name
    parts = [part.strip() for part in name.split(",") if part.strip()]
    while len(parts) > 1 and _DEGREE.fullmatch(parts[-1]):
        parts.pop()
    if len(parts) == 1 or _is_organisation_in_parts(parts):
        return ", ".join(parts)
    return _spoken(parts)


def _is_organisation_in_parts(parts: Sequence[str]) -> bool:
    if _COMPANY_FORM.fullmatch(parts[-1]) and not _SUFFIX.fullmatch(parts[-1]):
        # "Co" and "Ab" are names of people too, if the other part is one word.
        return "." in parts[-1] or len(parts[-1]) > 2 or " " in parts[0] or parts[-1].isupper()
    return is_organisation(parts[0]) and " " in parts[0]


def _spoken(parts: Sequence[str]) -> str:
    """Family name, perhaps suffix, given name → "given family suffix"."""
    if len(parts) == 2:
        family, given_name = parts
        # "Etesami, SR" has initials, "King, Jr." a suffix.
        is_suffix = _SUFFIX.fullmatch(given_name) and given_name not in ("SR", "JR")
        return f"{family} {given_name}" if is_suffix else f"{given_name} {family}"
    if len(parts) == 3:
        family, first, second = parts
        if _SUFFIX.fullmatch(first):
            return f"{second} {family} {first}"
        if _SUFFIX.fullmatch(second):
            return f"{first} {family} {second}"
    return ", ".join(parts)


# BibTeX ----------------------------------------------------------------------------------


def split_bibtex_authors(field: str) -> list[str]:
    """A BibTeX or BibLaTeX name list → names, given name first; braced names stay whole.

    ``field`` is the value within its outer delimiters. "others" is left out.
    """
    field = _without_wrapper(field.strip())
    names = _split_outside_braces(field, _AND)
    return [
        name
        for each in names
        if each.strip(" {}").lower() not in _NOBODY and (name := _bibtex_name(each))
    ]


def _without_wrapper(field: str) -> str:
    """Some writers put a whole list of "Family, Given" in a second pair of braces."""
    if not _is_one_group(field):
        return field
    inner = field[1:-1]
    names = _split_outside_braces(inner, _AND)
    listed = len(names) > 1 and all(
        len(parts := name.split(",")) == 2 and not _COMPANY_FORM.fullmatch(parts[1].strip())
        for name in names
        if name.strip().lower() not in _NOBODY
    )
    return inner if listed else field


def _is_one_group(text: str) -> bool:
    if text[:1] != "{" or text[-1:] != "}":
        return False
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return index == len(text) - 1
    return False


def _split_outside_braces(text: str, separator: re.Pattern[str]) -> list[str]:
    """Split ``text`` at matches of ``separator`` outside braces."""
    parts: list[str] = []
    depth = last = at = 0
    while at < len(text):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth = max(0, depth - 1)
        elif depth == 0 and (match := separator.match(text, at)):
            parts.append(text[last:at])
            last = at = match.end()
            continue
        at += 1
    parts.append(text[last:])
    return parts


_COMMA = re.compile(",")
_EXTENDED = re.compile(
    r"\s*(family|given|prefix|suffix|useprefix|[a-z]+-i|id|hash)\s*=\s*(.*)", re.DOTALL
)
_GROUP_SUFFIX = re.compile(r"(.*?)\s*,\s*((?:jr|sr|[iv]{2,3})\.?)", re.IGNORECASE | re.DOTALL)


def _bibtex_name(name: str) -> str:
    name = name.strip()
    if _is_one_group(name):
        # An organisation: its commas do not part family from given name.
        return _readable(name)
    parts = [part.strip() for part in _split_outside_braces(name, _COMMA)]
    if any(_EXTENDED.match(part) for part in parts):
        return _extended_name(parts)
    readable = [_readable(part) for part in parts]
    if not any("," in part for part in readable):
        return given_first(", ".join(readable))
    # {Bell, II}, Edwin V.: a comma within braces belongs to the family name.
    suffix = ""
    if match := _GROUP_SUFFIX.fullmatch(readable[0]):
        readable[0], suffix = match.group(1), match.group(2)
    return f"{_spoken(readable)} {suffix}".strip()


def _readable(text: str) -> str:
    """LaTeX as text, without the braces that only group."""
    while _is_one_group(text):
        text = text[1:-1].strip()
    return " ".join(re.sub(r"[{}]", "", to_text(text)).split())


def _extended_name(parts: Sequence[str]) -> str:
    """BibLaTeX's form "family=Meer, given=Vincent, prefix=van der" (manual, section 3.4)."""
    named: dict[str, str] = {}
    last = ""
    for part in parts:
        if match := _EXTENDED.match(part):
            last = match.group(1)
            named[last] = _readable(match.group(2).strip(' "'))
        elif last:  # a comma that should have been in braces
            named[last] += f", {_readable(part)}"
    order = ("given", "prefix", "family", "suffix")
    return " ".join(text for name in order if (text := named.get(name, "")))


# Lists in one line of text -----------------------------------------------------------------


def split_author_list(text: str) -> list[str]:
    """ "A. Smith, B. Jones (Univ. of X) and C. Roe" → names as written, given name first.

    Affiliations in parentheses are left out, so are collaborations' commas: a list with
    semicolons is split at these only. "Smith, A., Jones, B. C." is read as pairs.
    """
    text = " ".join(to_text(_without_parentheses(text)).split())
    if ";" in text:
        return [
            name
            for part in text.split(";")
            if part.strip().lower() not in _NOBODY and (name := given_first(part))
        ]
    parts = re.split(r"\s*,\s*(?:and\s+|&\s+)?|\s+and\s+|\s+&\s+", text.strip(" ,"))
    parts = [part.strip() for part in parts if part.strip().lower() not in _NOBODY]
    if pairs := _pairs(parts):
        return pairs
    if parts and all(_FAMILY_INITIALS.fullmatch(part) for part in parts):
        return [_initials_first(part) for part in parts]
    names: list[str] = []
    for part in parts:
        if names and (_SUFFIX.fullmatch(part) or _COMPANY_FORM.fullmatch(part)):
            names[-1] += f" {part}" if _SUFFIX.fullmatch(part) else f", {part}"
        elif not (names and _DEGREE.fullmatch(part)):
            names.append(_NAMESAKE.sub("", part))
    return names


def _pairs(parts: Sequence[str]) -> list[str]:
    """ "van den Berg", "J.", "Li", "W." as two names; empty if they are no such pairs."""
    names: list[str] = []
    at = 0
    while at < len(parts):
        family = parts[at]
        given_name = parts[at + 1] if at + 1 < len(parts) else ""
        if not given_name or _INITIALS.fullmatch(family) or not _INITIALS.fullmatch(given_name):
            return []
        at += 2
        suffix = ""
        if at < len(parts) and _SUFFIX.fullmatch(parts[at]) and len(parts[at]) > 1:
            suffix, at = f" {parts[at]}", at + 1
        names.append(f"{given_name} {family}{suffix}")
    return names


def _initials_first(name: str) -> str:
    family, _, initials = name.rpartition(" ")
    return f"{initials} {family.strip()}"


def _without_parentheses(text: str) -> str:
    parts: list[str] = []
    depth = 0
    for char in text:
        if char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            parts.append(char)
    return "".join(parts)


_PARTICLES = words(
    "von van de der den del della da di do dos du la le el al bin ibn ben ten ter zu zur af av st"
)


def family_and_given(name: str) -> tuple[str, str]:
    """A printed name ("John von Neumann") → ("von Neumann", "John"); one word is the family's.

    A suffix stays with the given names ("Martin King Jr." → ("King", "Martin Jr.")).
    """
    words = given_first(name).split()
    suffix = ""
    if len(words) > 2 and _SUFFIX.fullmatch(words[-1]):
        suffix = f" {words.pop()}"
    start = len(words) - 1
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return " ".join(words[start:]), (" ".join(words[:start]) + suffix).strip()


def split_suffix(given_name: str) -> tuple[str, str]:
    """Given names and the suffix that ``family_and_given`` left with them."""
    before, _, last = given_name.rpartition(" ")
    return (before, last) if before and _SUFFIX.fullmatch(last) else (given_name, "")


def fold_name(text: str) -> str:
    """A name as typed in any common way: lower case, no accents, no dots, commas or hyphens."""
    return " ".join(_NO_NAME.sub(" ", fold(text)).split())
