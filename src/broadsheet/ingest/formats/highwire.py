"""Text of bioRxiv and medRxiv without the marks of HighWire's typesetting.

The servers' API gives abstracts with marks for headings (``O_ST_ABS…C_ST_ABS``), list items
(``O_LI…C_LI``), small capitals (``O_SCPCAP…C_SCPCAP``), figures and tables, and writes Greek
letters and signs by name in braces (``TGF-{beta}``, ``10{+/-}2``).
"""

import re

from broadsheet.text.latex.symbols import GREEK, RELATIONS, SIGNS

_HEADING = re.compile(r"\s*O_ST_ABS\s*(.*?)\s*C_ST_ABS\s*", re.DOTALL)
_FLOAT = re.compile(
    r"O_(FIG|TBL|INLINEFIG|LINKSMALLFIG|LINKFIG|GIF)\b.*?(?:C_\1\b|(?=O_ST_ABS|O_LI\b)|\Z)",
    re.DOTALL,
)
# Within words and letters: these part nothing.
_INLINE = re.compile(r"[OC]_SCP(?:LOW|CAP)")
_OTHER = re.compile(
    r"\s*(?<![A-Za-z_])[OCM]_(?:[A-Z]{2,12}(?:_[A-Z]{2,12})*)(?![a-z_])|\s*C_LIO_LI\s*"
)
_ITEM = re.compile(r"\s*(?:C_LI)?\s*O_LI\s*|\s*C_LI\s*")
_NAMED = re.compile(r"\{([^{}]{1,40})\}")
_SIGNS = {
    "+/-": "±", "-/+": "∓", "+-": "±", "degrees": "°", "degree": "°", "micro": "μ",
    "middle dot": "·", "centerdot": "·", "bullet": "•", "per thousand": "‰", "permil": "‰",
    "angstrom": "Å", "A": "Å", "square root": "√", "radical": "√", "infinity": "∞", "inf": "∞",
    "approximately": "≈", "right arrow": "→", "left arrow": "←", "ohm": "Ω", "plusmn": "±",
    "asymptotically equal to": "≃", "similar": "∼", "tilde": "∼", "prime": "′", "'": "′",
    "euro": "€", "pound": "£", "yen": "¥", "cent": "¢", "registered": "®", "copyright": "©",
    "trademark": "™", "section": "§", "dagger": "†", "double dagger": "‡", "beta ": "β",
    "inverted exclamation mark": "¡", "inverted question mark": "¿", "down-arrow": "↓",
    "up-arrow": "↑", "downarrow": "↓", "uparrow": "↑", "half": "½", "quarter": "¼",
    "not equal": "≠", "<=": "≤", ">=": "≥", "<": "<", ">": ">", "o": "ø", "O": "Ø",
    "thinsp": " ", "hyphen": "-",
}  # fmt: skip


def highwire_text(text: str) -> str:
    """``text`` as it is printed: marks gone, headings with a colon, signs as characters."""
    if "{" in text:
        text = _NAMED.sub(_sign, text)
    if "O_" not in text and "C_" not in text and "M_" not in text:
        return text
    text = _FLOAT.sub(" ", text)
    text = _HEADING.sub(_heading, text)
    text = _INLINE.sub("", text)
    text = _ITEM.sub(" ", text)
    text = _OTHER.sub(" ", text)
    return " ".join(text.split())


def _heading(match: re.Match[str]) -> str:
    name = match.group(1).rstrip(" .:")
    return f" {name}: " if name else " "


def _sign(match: re.Match[str]) -> str:
    name = match.group(1)
    for table in (_SIGNS, GREEK, RELATIONS, SIGNS):
        if sign := table.get(name):
            return sign
    return match.group()
