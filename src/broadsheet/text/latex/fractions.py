"""Fractions that lost their first braces: ``1{n h^d}`` was ``\\frac{1}{n h^d}``."""

import re

from broadsheet.text.latex.symbols import GREEK

_NUMERATOR = re.compile(
    r"(?:\\sqrt\{[^{}]{1,60}\}|(?<![\w.^\\}])\d+|(?<![\w\\^])[A-Za-z](?:_\w)?"
    r"|\\[A-Za-z]+(?:\{\})?|\([^(){}]{1,60}\))$"
)
_EXTREMUM = re.compile(r"(?:min|max|inf|sup)$")
_REACH = 80  # characters before the brace in which the numerator must lie
_LONG_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")
_SIGNS_ONLY = re.compile(r"[-+±/=<>,.:~ ]*|\\[A-Za-z]+(?:\{\})?")
# Of "1{\beta}" alone nobody can say whether it was \frac1\beta or "IL-1{beta}", as bioRxiv
# writes; a formula elsewhere in the text decides.
_FORMULA = re.compile(r"[\^_]\{|\^\d|frac|sqrt|[A-Za-z]_\w")
_COMPOUND = re.compile(r"[A-Za-z]-\d+$")
_ACCENT = re.compile(r"\\(?:[^A-Za-z]|[cvuHkrdbt] )")
_RAISED = re.compile(r"\^(\d)\{(\d+)\}")
_HALF_LOST = re.compile(r"\\frac\{(?=[^{}]*\{[^{}]*\}\}(?!\{))")
_BRACE = re.compile(r"(?<!\\)[{}]")


def restore_fractions(text: str) -> str:
    """``text`` with its fractions as ``\\frac{…}{…}`` and its sets in ``\\{…\\}``; linear.

    Only for a text known to have lost its backslashes: elsewhere a number
    before a brace means something else.
    """
    text = _RAISED.sub(r"^{\1/\2}", text)
    text = _HALF_LOST.sub("{", text)
    certain = _FORMULA.search(text) is not None
    edits: list[tuple[int, int, str]] = []  # from, to, replacement
    last = 0
    for start, end in sorted(_closing(text).items()):
        before = text[max(last, start - _REACH) : start]
        inner = text[start + 1 : end][:300]
        if _EXTREMUM.search(before) and "," in inner:
            edits += ((start, start, "\\"), (end, end, "\\"))  # max{a, b}: a set
        elif (numerator := _NUMERATOR.search(before)) and _is_denominator(
            numerator.group(), inner, certain and not _COMPOUND.search(before)
        ):
            begin = start - len(numerator.group())
            edits.append((begin, start, f"\\frac{{{numerator.group()}}}"))
            last = start
    pieces: list[str] = []
    done = 0
    for begin, end, replacement in sorted(edits):
        pieces += (text[done:begin], replacement)
        done = end
    return "".join((*pieces, text[done:]))


def _is_denominator(numerator: str, inner: str, certain: bool) -> bool:
    if not inner.strip() or len(inner) > 200 or _LONG_WORD.search(inner) or _ACCENT.match(inner):
        return False
    if numerator[0] == "\\":
        name = numerator[1:].split("{")[0]
        is_symbol = name in GREEK or numerator.startswith("\\sqrt{")
        return is_symbol and not _SIGNS_ONLY.fullmatch(inner)
    if numerator.isdigit():
        if inner[0] == "\\" and inner[1:-2] in GREEK:
            return certain
        return not _SIGNS_ONLY.fullmatch(inner)
    if numerator[0] == "(" or "_" in numerator:
        return not re.fullmatch(r"[-+=<>,.:~ ]*", inner)
    formula = "\\" in inner or inner.startswith(("log ", "ln "))
    return formula and not _SIGNS_ONLY.fullmatch(inner)


def _closing(text: str) -> dict[int, int]:
    """Position of each matched opening brace → position of its closing brace."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            stack.append(match.start())
        elif stack:
            pairs[stack.pop()] = match.start()
    return pairs
