"""Text as it comes → safe HTML with formulas as MathML.

Only the tags and attributes listed here ever come out, whatever went in: text is
escaped, a formula's element tree is rebuilt from an allow-list.
"""

import html
import re
from collections.abc import Callable
from functools import lru_cache
from xml.etree.ElementTree import Element

from broadsheet.text.latex.author_macros import expand
from broadsheet.text.latex.formula_tree import correct
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.latex.tokens import MAX_FORMULA, math_spans, tokens_of
from broadsheet.text.wordlists import words

TAGS = words(
    "em strong sub sup code math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup "
    "munder mover munderover mtable mtr mtd mstyle mpadded mphantom menclose span"
)
ATTRIBUTES = words(
    "display mathvariant stretchy fence form separator accent accentunder movablelimits lspace rspace "
    "width height depth voffset minsize maxsize linethickness columnalign displaystyle scriptlevel "
    "notation class"
)
_VALUE = re.compile(r"[A-Za-z0-9.%+ -]{1,40}")
_MAX_DEPTH = 60
_STYLES = {
    "emph": "em", "textit": "em", "textsl": "em", "em": "em", "it": "em", "textbf": "strong",
    "bf": "strong", "texttt": "code", "tt": "code", "textsubscript": "sub", "textsuperscript": "sup",
}  # fmt: skip


_LETTER_WITH_ACCENT = re.compile(
    r"\s*\\(?:acute|grave|hat|tilde|ddot|check|breve|bar|dot)\s*(?:\{\s*\\?[A-Za-z]\s*\}|\\?[A-Za-z])\s*"
)
_TIED = re.compile(r"[(\[“‘]*<math.*?</math>[,.;:!?)\]’”%-]*")
# A script that stayed in one line of text: of a letter or bracket that stands alone, or of a limit.
_SCRIPT = re.compile(
    r"(?:((?<![\w^/.@=&#-])[^\W\d_]|(?<=[\w)])[)\]‖|])([_^])"
    r"(?:\(([^()<>&]{1,40})\)|([^\W_]{1,3}|[*∞⊤†])(?![\w(]))"
    r"|((?<![\w^/.@=&#-])(?:(?:arg ?)?(?:min|max)|sup|inf|lim|log))(_)(?:\(([^()<>&]{1,40})\)|([^\W_])(?![\w(])))"
)
_STYLED = re.compile(
    r"\\(emph|textit|textsl|textbf|texttt|textsubscript|textsuperscript)\{([^{}\\]*)\}"
    r"|\{\\(em|it|bf|tt) ([^{}\\]*)\}"
)
# Stand in the text for markup that is put in after everything is escaped.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(rf"{_OPEN}(\d+){_CLOSE}")


def to_html(source: str) -> str:
    """``source`` as HTML that may stand inside any element with text.

    Formulas between dollars, ``\\(…\\)`` and ``\\[…\\]`` become MathML; one that is
    too long, too deep or cannot be converted is readable text, as is all else.
    Never raises.
    """
    if _OPEN in source or _CLOSE in source or ("\\" not in source and "$" not in source):
        return _with_scripts(_escaped(source))
    marks: list[str] = []

    def mark(markup: str) -> str:
        marks.append(markup)
        return f"{_OPEN}{len(marks) - 1}{_CLOSE}"

    def style(match: re.Match[str]) -> str:
        tag = _STYLES[match.group(1) or match.group(3)]
        return mark(f"<{tag}>{_escaped(match.group(2) or match.group(4) or '')}</{tag}>")

    def resolve(markup: str, depth: int) -> str:
        # A mark refers only to earlier ones.
        def put_in(match: re.Match[str]) -> str:
            number = int(match.group(1))
            return resolve(marks[number], number) if number < depth else _OPEN

        return _MARK.sub(put_in, markup)

    text = _with_scripts(_escaped(_STYLED.sub(style, _with_formulas(source, mark))))
    markup = resolve(text, len(marks))
    if _OPEN in markup or _CLOSE in markup:
        # A macro outside took half a mark for its argument: readable text it is.
        return _with_scripts(_escaped(source))
    return _TIED.sub(_tied, markup)


def text_to_html(text: str) -> str:
    """The answer of ``to_text`` as safe HTML in one line, its scripts (``ℓ_p``, ``x^(i+1)``) typeset."""
    return _with_scripts(html.escape(text, quote=False))


def _with_scripts(escaped: str) -> str:
    if "_" not in escaped and "^" not in escaped:
        return escaped

    def script(match: re.Match[str]) -> str:
        base, mark, in_parentheses, short = match.groups()[4 * (match[1] is None) :][:4]
        tag = "sub" if mark == "_" else "sup"
        inner = _with_scripts(in_parentheses) if in_parentheses else short
        return f"{base}<{tag}>{inner}</{tag}>"

    return _SCRIPT.sub(script, escaped)


def _tied(match: re.Match[str]) -> str:
    """A formula with the signs around it, which no line may part from it."""
    whole = match.group()
    return (
        whole if whole[:5] == "<math" and whole[-1] == ">" else f'<span class="tied">{whole}</span>'
    )


def _escaped(text: str) -> str:
    return html.escape(to_text(text), quote=False)


def _with_formulas(source: str, mark: Callable[[str], str]) -> str:
    """``source`` with a mark in the place of each formula that could be converted."""
    tokens = expand(tokens_of(source))
    pieces: list[str] = []
    last = 0
    for start, end in sorted(math_spans(tokens).items()):
        display = "block" if tokens[start] in ("$$", "\\[") else "inline"
        formula = "".join(tokens[start + 1 : end])
        if _LETTER_WITH_ACCENT.fullmatch(formula) and _in_word(tokens, start, end):
            continue  # caf$\acute{e}$
        markup = _formula(formula, display)
        if markup is not None:
            pieces += (*tokens[last:start], mark(markup))
            last = end + 1
    return "".join((*pieces, *tokens[last:]))


def _in_word(tokens: list[str], start: int, end: int) -> bool:
    before = tokens[start - 1][-1:] if start else ""
    after = tokens[end + 1][:1] if end + 1 < len(tokens) else ""
    return before.isalpha() or after.isalpha()


@lru_cache(maxsize=4096)
def _formula(source: str, display: str) -> str | None:
    """Return a formula as MathML, or None if it cannot be converted."""
    if len(source) > MAX_FORMULA or source.count("{") > _MAX_DEPTH * 4 or _deep(source):
        return None
    # Imported here: its symbol tables cost 50 ms, and only pages need them.
    from latex2mathml.converter import Converter

    try:
        tree = Converter(display=display).convert_to_element(source)
        correct(tree, _MAX_DEPTH)
        return _serialised(tree, 0)
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
    inner = [html.escape(element.text or "", quote=False)]
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
