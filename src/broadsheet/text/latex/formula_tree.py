"""Corrections to the MathML that the converter makes of a formula.

The tree follows MathML Core (W3C, 2025): a name of several letters stands in one ``mi`` and is
upright, a function is set apart from its operand by a thin space, signs have the operator class
that TeX gives them.
"""

import html
from itertools import pairwise
from xml.etree.ElementTree import Element

from broadsheet.text.latex import symbols

_THIN_SPACE = "0.167em"
_SIGNS = symbols.GREEK | symbols.SIGNS
_SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
_OPERANDS = ("mi", "mn", "mtext", "mfrac", "msqrt", "mroot", *_SCRIPTED)
_CLOSING = frozenset(")]}|‖⟩⌉⌋!′")


def correct(element: Element, depth: int) -> None:
    """Change a tree in place. Raises RecursionError if it is deeper than ``depth``."""
    if depth < 0:
        raise RecursionError
    for child in element:
        correct(child, depth - 1)
    if len(element):
        _merge_names(element)
        _merge_definitions(element)
        if element.tag in ("mrow", "math", "mtd", "mstyle"):
            _part_functions(element)
    else:
        _correct_leaf(element)


def _correct_leaf(element: Element) -> None:
    text = element.text = html.unescape(element.text or "")
    if element.tag == "mi" and text[:1] == "\\" and text[1:].isalpha():
        name = text[1:]
        element.text = _SIGNS.get(name) or symbols.RELATIONS.get(name, name)
        if name in symbols.RELATIONS or element.text in symbols.BINARY:
            element.tag = "mo"
    elif element.tag == "mo" and len(text) > 1 and text.replace(" ", "").isalpha():
        element.tag = "mi"  # \operatorname{poly}, \max
        element.attrib.clear()
    elif text == "⧵":
        element.tag, element.text = "mo", "∖"
    elif element.tag == "mo" and text == "∞":
        element.tag = "mi"
    elif element.tag == "mo" and text == "/":
        element.attrib |= {"lspace": "0", "rspace": "0"}


def _merge_names(row: Element) -> None:
    r"""``\mathrm{poly}`` came letter by letter."""
    children = list(row)
    if row.tag != "mrow" or len(children) < 2:
        return
    variant = children[0].get("mathvariant")
    if variant is None or not all(
        child.tag == "mi" and child.get("mathvariant") == variant and len(child.text or "") == 1
        for child in children
    ):
        return
    name = Element("mi", {} if variant == "normal" else {"mathvariant": variant})
    name.text = "".join(child.text or "" for child in children)
    for child in children:
        row.remove(child)
    row.append(name)


def _merge_definitions(row: Element) -> None:
    """``:=`` came as two signs."""
    for first, second in pairwise(list(row)):
        if first.text == ":" and second.tag == "mo" and second.text == "=":
            first.tag, first.text = "mo", ":="
            row.remove(second)


def _part_functions(row: Element) -> None:
    r"""A thin space around the function in ``2\log n``."""
    children = list(row)
    inserted = 0
    for index, (first, second) in enumerate(pairwise(children), 1):
        apart = (_is_function(first) and _is_operand(second)) or (
            _is_function(second) and _ends_operand(first)
        )
        if apart:
            row.insert(index + inserted, Element("mspace", {"width": _THIN_SPACE}))
            inserted += 1


def _is_function(element: Element) -> bool:
    while element.tag in (*_SCRIPTED, "mrow") and len(element):
        if element.tag == "mrow" and len(element) > 1:
            return False
        element = element[0]
    text = (element.text or "").strip()
    return element.tag == "mi" and len(text) > 1 and text.isascii() and text.isalpha()


def _is_operand(element: Element) -> bool:
    if element.tag in ("mrow", "mstyle"):
        return bool(len(element)) and _is_operand(element[0])
    return element.tag in _OPERANDS


def _ends_operand(element: Element) -> bool:
    if element.tag == "mrow" and len(element):
        return _ends_operand(element[-1])
    if element.tag == "mo":
        return (element.text or "") in _CLOSING
    return element.tag in _OPERANDS
