"""HTML, as feeds and catalogues put it into a field, → plain text."""

import re
from typing import Any

from lxml import etree, html

from broadsheet.ingest.formats.fields import single_spaced
from broadsheet.ingest.formats.markup import SCRIPTS, script_source

_IGNORED = frozenset(("script", "style", "template", "noscript", "iframe", "object"))
_INLINE = frozenset(
    (
        "a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small",
        "span", "strong", "sub", "sup", "tt", "u", "var", "wbr", "math", "inline-formula",
    )
)  # fmt: skip
"""Elements that do not separate words: the 2 of H<sub>2</sub>O belongs to it."""

_MARKUP = re.compile(
    r"</?(?:[abipqsuABIPQSU]|[A-Za-z][\w:-]+)(?:\s+[\w:-]+\s*=[^<>]*)?\s*/?>"
    r"|&(?:[A-Za-z]{2,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});|<!--"
)


def looks_like_html(text: str) -> bool:
    """Whether there is a tag or an entity in it. "a<b and c>d" has none."""
    return _MARKUP.search(text) is not None


def html_to_text(text: str) -> str:
    """One line: no tags, entities resolved, words of different paragraphs apart, scripts as LaTeX.

    Of a formula in MathML the text that its author gave for it (``alttext``).
    """
    parser = html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    try:
        root = html.fragment_fromstring(
            text.encode("utf-8", "replace"), create_parent="div", parser=parser
        )
    except (etree.LxmlError, ValueError):
        return single_spaced(re.sub(r"<[^<>]*>", " ", text))
    pieces: list[str] = []
    _collect(root, pieces)
    return single_spaced("".join(pieces))


def _collect(root: Any, pieces: list[str]) -> None:
    """Walks without recursion: feeds nest as deep as they like."""
    ignored = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        formula = element.get("alttext") if tag == "math" else None
        is_script = tag in SCRIPTS
        hides = tag in _IGNORED or formula is not None or is_script
        if event == "start":
            if tag not in _INLINE:
                pieces.append(" ")
            if formula is not None and not ignored:
                pieces.append(formula)
            elif is_script and not ignored:
                pieces.append(script_source(tag, "".join(element.itertext())))
            ignored += hides
            if not ignored:
                pieces.append(element.text or "")
            continue
        if event == "end":
            ignored -= hides
            if tag not in _INLINE:
                pieces.append(" ")
        if not ignored and element is not root:
            pieces.append(element.tail or "")
