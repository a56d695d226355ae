"""Scripts, fractions and roots in one line of text."""

import re

from broadsheet.text.latex import symbols

_UNICODE_SCRIPT = frozenset("0123456789+-−=()")
_DECIMAL = re.compile(r"\d+\.\d+")
_ONE_THING = re.compile(
    r"\w(?:[₀-₉]|[⁰-⁹²³¹]){0,3}|[A-Za-z0-9.]+(?:\([^()]*\))?|\w\^(?:\w|\([^()]*\))"
)
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_SUM_OF_TERMS = re.compile(r"[+−=,±∑∫]|(?<=.)-")


def script(mark: str, content: str) -> str:
    """A sub- or superscript ("_", "^") as text: Unicode digits, else marked."""
    content = content.strip().lstrip(",")
    if not content:
        return ""
    if mark == "^":
        if content in ("∘", "°"):
            return "°"
        if content in ("*", "∗", "⋆"):
            return "*"
        if content in ("th", "st", "nd", "rd", "′", "''", "'", "†", "‡", "⊤"):
            return content
        if content == "TM":
            return "™"
    if mark == "_" and _DECIMAL.fullmatch(content):
        return content.translate(symbols.SUBSCRIPTS)  # PM₂.₅
    if _UNICODE_SCRIPT.issuperset(content):
        return content.translate(symbols.SUPERSCRIPTS if mark == "^" else symbols.SUBSCRIPTS)
    if len(content) == 1 or content.isalnum():
        return mark + content
    return mark + in_parentheses(content)


def in_parentheses(text: str) -> str:
    """``text`` with parentheses around it, unless one pair is there already."""
    whole = text[:1] == "(" and text[-1:] == ")" and text.count("(") == 1
    return text if whole else f"({text})"


def atom(text: str) -> str:
    """In parentheses unless it reads as one thing."""
    text = text.strip()
    return text if not text or _ONE_THING.fullmatch(text) else in_parentheses(text)


def fraction(above: str, below: str) -> str:
    """``above/below`` with the parentheses that keep its meaning."""
    above = above.strip()
    if _SUM_OF_TERMS.search(_IN_PARENTHESES.sub("", above)):
        above = f"({above})"
    return f"{above}/{atom(below)}"
