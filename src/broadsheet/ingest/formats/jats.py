"""Text out of the markup that publishers deposit: JATS, HTML, MathML, escaped twice.

Sub- and superscripts and TeX formulas become LaTeX, as the rest of the library
writes them; everything else is left out and its text kept. Never raises.
"""

import html
import re
from typing import Any

from lxml import etree

from broadsheet.ingest.formats.fields import single_spaced
from broadsheet.ingest.formats.markup import SCRIPTS, local_name, script_source

_NAMES = (
    # HTML
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code "
    "col dd del dfn div dl dt em figcaption figure font footer form h[1-6] head header hr html "
    "body i img input ins kbd label li link main map mark meta nav nobr ol option p picture pre q "
    "s samp script section select small span strike strong style sub sup svg table tbody td "
    "template textarea tfoot th thead title tr tt u ul var video wbr "
    # JATS elements, and those that publishers write instead
    "abstract alternatives break bold email fn graphic inf ital(?:ic)?s? list media monospace "
    "overline roman sc scp sec strike underline uri xref emph emphasis "
    # MathML
    "math menclose mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot "
    "mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none "
    "semantics annotation"
)  # fmt: skip
# In running text "<T>" is an average and no tag, so only names of elements count.
_TAG_BODY = (
    rf"/?(?:[A-Za-z][\w.-]*:[A-Za-z][\w.-]*|[A-Za-z]+(?:-[A-Za-z]+)+|{'|'.join(_NAMES.split())})"
    r"(?:\s+[\w:.-]+\s*=\s*[^<>]*)?\s*/?"
)
_TAG = re.compile(f"<{_TAG_BODY}>", re.IGNORECASE)
_ESCAPED_TAG = re.compile(f"&lt;{_TAG_BODY}&gt;", re.IGNORECASE)
_ENTITY = re.compile(r"(?<!\\)&(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_PREFIX = re.compile(r"(</?|\s)[A-Za-z][\w.-]*:(?=[A-Za-z])")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_BARE_LESS = re.compile(f"<(?!{_TAG_BODY}>)", re.IGNORECASE)
_DECLARATION = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^<>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_HEADING = re.compile(r"abstract|summary|zusammenfassung|résumé|resumen", re.IGNORECASE)

_LEFT_OUT = frozenset(("graphic", "inline-graphic", "media", "annotation", "script", "style"))
_BLOCKS = frozenset(("p", "sec", "title", "list", "list-item", "li", "div", "br", "break", "label"))


def plain_text(markup: str) -> str:
    """``markup`` as one line of text; text without any markup is only tidied."""
    if "&lt;" in markup and _ESCAPED_TAG.search(markup):
        markup = _ESCAPED_TAG.sub(lambda match: html.unescape(match.group()), markup)
    if "<" in markup and _TAG.search(markup):
        # If the parser gives up (nested too deep), remove only the tags.
        markup = _text(_parsed(markup)) or _TAG.sub(" ", markup)
    for _ in range(2):  # "&amp;lt;": deposited escaped, escaped again by the catalogue
        if not _ENTITY.search(markup):
            break
        markup = _ENTITY.sub(lambda match: html.unescape(match.group()), markup)
    return single_spaced(markup)


def _parsed(markup: str) -> Any:
    """Return the tree of a fragment without prefixes; None if lxml finds nothing in it."""
    fragment = _BARE_LESS.sub("&lt;", _DECLARATION.sub(" ", _PREFIX.sub(r"\1", markup)))
    fragment = _BARE_AMPERSAND.sub("&amp;", _ENTITY.sub(_known_entity, fragment))
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(f"<all>{fragment}</all>".encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _known_entity(match: re.Match[str]) -> str:
    """HTML's entities as their letters; those of XML stay, they keep the tree apart."""
    text = match.group()
    return text if text in ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;") else html.unescape(text)


def _text(root: Any) -> str:
    """Depth first without recursion: how deep markup goes is the sender's choice."""
    parts: list[str] = []
    waiting: list[Any] = [] if root is None else [root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            parts.append(each)
            continue
        before, after, enters = _around(each)
        parts.append(before)
        waiting.append(after)
        if not enters:
            continue
        for child in reversed(each):
            waiting.append(child.tail or "")
            waiting.append(child)
        waiting.append(each.text or "")
    return "".join(parts)


def _around(element: Any) -> tuple[str, str, bool]:
    """Return the text before and after an element, and whether its content counts."""
    name = local_name(element)
    if not name or name in _LEFT_OUT:
        return "", "", False
    if name == "tex-math":
        return _formula("".join(element.itertext())), "", False
    if name == "math":
        return " " + " ".join("".join(element.itertext()).split()) + " ", "", False
    if name in ("alternatives", "inline-formula", "disp-formula"):
        tex = next(element.iter("tex-math"), None)
        if tex is not None:
            return _formula("".join(tex.itertext())), "", False
    if name in SCRIPTS:
        return script_source(name, "".join(element.itertext())), "", False
    if name == "title":
        text = single_spaced("".join(element.itertext())).rstrip(" .:")
        return (" " if not text or _HEADING.fullmatch(text) else f" {text}: "), "", False
    space = " " if name in _BLOCKS else ""
    return space, space, True


def _formula(tex: str) -> str:
    """TeX between single dollars, out of the document that some publishers put around it."""
    if match := _TEX_BODY.search(tex):
        tex = match.group(1)
    tex = single_spaced(tex).strip("$ ").removeprefix(r"\(").removesuffix(r"\)").strip()
    return f"${tex}$" if tex else ""
