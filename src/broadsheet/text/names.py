"""Names of people: "Family, Given" ↔ "Given Family", and lists of authors."""

import re

from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.titles import fold
from broadsheet.text.wordlists import words

_SUFFIX = re.compile(r"(?:jr|sr|[iv]{2,3})\.?", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NOBODY = {"", "others", "et al", "et al.", "anonymous", "and"}


def given_first(name: str) -> str:
    """ "Family, Given" and "Family, Jr., Given" as they are spoken; other names as they are.

    LaTeX accents become letters.
    """
    name = " ".join(to_text(name).split()).strip(" ,;")
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 2 and _SUFFIX.fullmatch(parts[1]):
        return f"{parts[0]} {parts[1]}"
    if len(parts) == 2 and all(parts):
        return f"{parts[1]} {parts[0]}"
    if len(parts) == 3 and all(parts):
        family, first, second = parts
        if _SUFFIX.fullmatch(first):
            return f"{second} {family} {first}"
        if _SUFFIX.fullmatch(second):
            return f"{first} {family} {second}"
    return name


def split_bibtex_authors(field: str) -> list[str]:
    """A BibTeX author field → names, given name first; braced names stay whole."""
    names: list[str] = []
    depth = 0
    current: list[str] = []
    for token in re.split(r"([{}]|\s+and\s+)", field):
        if token == "{":
            depth += 1
        elif token == "}":
            depth = max(0, depth - 1)
        elif token and depth == 0 and _AND.fullmatch(token):
            names.append("".join(current))
            current = []
            continue
        current.append(token)
    names.append("".join(current))
    return [_bibtex_name(name) for name in names if name.strip(" {}").lower() not in _NOBODY]


def _bibtex_name(name: str) -> str:
    name = name.strip()
    if name.startswith("{") and name.find("}") == len(name) - 1:
        # An organisation: its commas do not part family from given name.
        return " ".join(to_text(name[1:-1]).split())
    return given_first(name)


def split_author_list(text: str) -> list[str]:
    """ "A. Smith, B. Jones (Univ. of X) and C. Roe" → names as written.

    Affiliations in parentheses are left out, so are collaborations' commas:
    a list with semicolons is split at these only.
    """
    text = " ".join(to_text(_without_parentheses(text)).split())
    if ";" in text:
        return [
            given_first(part) for part in text.split(";") if part.strip().lower() not in _NOBODY
        ]
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+&\s+", text)
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f" {part}"
        elif part.strip().lower() not in _NOBODY:
            names.append(part.strip())
    return names


def _without_parentheses(text: str) -> str:
    kept: list[str] = []
    depth = 0
    for char in text:
        if char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    return "".join(kept)


_PARTICLES = words(
    "von van de der den del della da di do dos du la le el al bin ibn ben ten ter zu zur af av"
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


def fold_name(text: str) -> str:
    """A name as typed in any common way: lower case, no accents, no dots or commas."""
    return " ".join(fold(text).replace(".", " ").replace(",", " ").split())
