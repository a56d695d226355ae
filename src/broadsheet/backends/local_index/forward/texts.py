"""The readable text of a paper as bytes, so that it is shown without reading its LaTeX again.

Form    uint32 checksum of the text as it came, bytes of the title (or ``_AS_IT_CAME``) and
        number of places; the places, uint32 each, where the sentences of the abstract begin
        and where one more would; title and abstract in UTF-8, unless readable as they came.
"""

import struct

from broadsheet.domain.paper import Paper
from broadsheet.index.documents import IndexDocument, ReadableText, checksum_of

_HEAD = struct.Struct("<III")
_AS_IT_CAME = 0xFFFFFFFF


def pack_text(document: IndexDocument) -> bytes:
    """What is stored of a paper's text."""
    text = ReadableText.of(document.title, document.abstract)
    starts = struct.pack(f"<{len(text.starts)}I", *text.starts)
    if checksum_of(text.title, text.abstract) == document.checksum:
        return _HEAD.pack(document.checksum, _AS_IT_CAME, len(text.starts)) + starts
    title, abstract = (part.encode(errors="replace") for part in (text.title, text.abstract))
    head = _HEAD.pack(document.checksum, len(title), len(text.starts))
    return b"".join((head, starts, title, abstract))


def unpack_text(stored: bytes | memoryview, paper: Paper) -> ReadableText | None:
    """The paper's readable text; None where what is stored was made of another text.

    Raises ValueError, struct.error for what ``pack_text`` did not make.
    """
    if not stored:
        return None
    checksum, title, count = _HEAD.unpack_from(stored)
    if checksum != checksum_of(paper.title, paper.abstract):
        return None
    starts = struct.unpack_from(f"<{count}I", stored, _HEAD.size)
    if title == _AS_IT_CAME:
        return ReadableText(paper.title, paper.abstract, starts)
    at = _HEAD.size + 4 * count
    end = at + title
    return ReadableText(str(stored[at:end], "utf-8"), str(stored[end:], "utf-8"), starts)
