"""Text as it comes → safe HTML with formulas as MathML.

Only the tags and attributes listed here ever come out, whatever went in: text is
escaped, a formula's element tree is rebuilt from an allow-list.
"""

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from broadsheet.text.latex import to_text
from broadsheet.text.latex_tokens import MAX_FORMULA, math_spans, tokens_of
from broadsheet.text.wordlists import words

TAGS = words(
    "em strong sub sup code math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup "
    "munder mover munderover mtable mtr mtd mstyle mpadded mphantom menclose"
)
ATTRIBUTES = words(
    "display mathvariant stretchy fence form separator accent accentunder movablelimits lspace rspace "
    "width height depth voffset minsize maxsize linethickness columnalign displaystyle scriptlevel "
    "notation"
)
_VALUE = re.compile(r"[A-Za-z0-9.%+ -]{1,40}")
_MAX_DEPTH = 60
_STYLES = {
    "emph": "em", "textit": "em", "textsl": "em", "em": "em", "it": "em", "textbf": "strong",
    "bf": "strong", "texttt": "code", "tt": "code", "textsubscript": "sub", "textsuperscript": "sup",
}  # fmt: skip


def to_html(source: str) -> str:
    """``source`` as HTML that may stand inside any element with text.

    Formulas between dollars, ``\\(…\\)`` and ``\\[…\\]`` become MathML; one that is
    too long, too deep or cannot be converted is readable text, as is all else.
    Never raises.
    """
    if "\\" not in source and "$" not in source and "{" not in source:
        return html.escape(to_text(source), quote=False)
    tokens = tokens_of(source)
    spans = math_spans(tokens)
    pieces: list[str] = []
    last = 0
    for start in sorted(spans):
        end = spans[start]
        pieces.append(_styled("".join(tokens[last:start])))
        display = "block" if tokens[start] in ("$$", "\\[") else "inline"
        formula = "".join(tokens[start + 1 : end])
        pieces.append(
            _formula(formula, display)
            or html.escape(to_text("".join(tokens[start : end + 1])), quote=False)
        )
        last = end + 1
    pieces.append(_styled("".join(tokens[last:])))
    return "".join(pieces)


_STYLED = re.compile(
    r"\\(emph|textit|textsl|textbf|texttt|textsubscript|textsuperscript)\{([^{}\\]*)\}"
    r"|\{\\(em|it|bf|tt) ([^{}\\]*)\}"
)


def _styled(text: str) -> str:
    """Text outside formulas: emphasis as tags, the rest readable and escaped."""
    marks: list[tuple[str, str]] = []

    def keep(found: re.Match[str]) -> str:
        tag = _STYLES[found.group(1) or found.group(3)]
        marks.append((tag, to_text(found.group(2) or found.group(4) or "")))
        return f"\ue000{len(marks) - 1}\ue001"

    if "\ue000" in text or "\ue001" in text or not text:
        return _escaped(text)
    marked = _escaped(_STYLED.sub(keep, text))

    def set_in(found: re.Match[str]) -> str:
        tag, inner = marks[int(found.group(1))]
        return f"<{tag}>{html.escape(inner, quote=False)}</{tag}>"

    return re.sub(r"\ue000(\d+)\ue001", set_in, marked)


def _escaped(text: str) -> str:
    return html.escape(to_text(text), quote=False)


@lru_cache(maxsize=4096)
def _formula(source: str, display: str) -> str | None:
    """A formula as MathML, or None where it cannot be converted."""
    if len(source) > MAX_FORMULA or source.count("{") > _MAX_DEPTH * 4 or _deep(source):
        return None
    # Imported here: its symbol tables cost 50 ms, and only pages need them.
    from latex2mathml.converter import Converter

    try:
        return _serialised(Converter(display=display).convert_to_element(source), 0)
    except Exception:  # the converter raises whatever its parser stumbles on
        return None


def _deep(source: str) -> bool:
    depth = 0
    for char in source:
        depth += (char == "{") - (char == "}")
        if depth > 20:
            return True
    return source.count("\\left") > 20 or source.count("\\begin") > 5


def _serialised(element: Element, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise RecursionError
    inner = [html.escape(html.unescape(element.text or ""), quote=False)]
    for child in element:
        inner.append(_serialised(child, depth + 1))
        inner.append(html.escape(html.unescape(child.tail or ""), quote=False))
    if element.tag not in TAGS:
        return "".join(inner)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and _VALUE.fullmatch(value)
    )
    return f"<{element.tag}{attributes}>{''.join(inner)}</{element.tag}>"
