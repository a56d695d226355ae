"""Text that may stand in an XML document."""

import re
from xml.sax.saxutils import escape

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_xml(text: str) -> str:
    """Return text without the characters that XML 1.0 forbids (2.2, Char)."""
    return _FORBIDDEN.sub("", text)


def escape_xml(text: str) -> str:
    """Return text to put between tags, or between double quotes as an attribute."""
    return escape(clean_xml(text), {'"': "&quot;"})
