"""Web addresses in a paper's text as links."""

import html
import re

from broadsheet.text.links import find_addresses

_TAG = re.compile(r"(<[^<>]*>)")
_NO_LINKS = ("math", "a", "code")


def link_addresses(markup: str) -> str:
    """``markup`` (safe HTML) with each web address in its text as a link to it."""
    pieces = _TAG.split(markup)
    inside = 0
    for number, piece in enumerate(pieces):
        if number % 2:
            name = piece.strip("</>").partition(" ")[0]
            if name in _NO_LINKS:
                inside += -1 if piece.startswith("</") else 1
        elif not inside and piece:
            pieces[number] = _linked(piece)
    return "".join(pieces)


def _linked(escaped: str) -> str:
    text = html.unescape(escaped)
    found = find_addresses(text)
    if not found:
        return escaped
    linked, last = [], 0
    for start, end, address in found:
        linked += [
            html.escape(text[last:start], quote=False),
            f'<a href="{html.escape(address)}" rel="nofollow noreferrer external">',
            html.escape(text[start:end], quote=False),
            "</a>",
        ]
        last = end
    return "".join((*linked, html.escape(text[last:], quote=False)))
