"""The readable text of a paper as bytes, so that it is shown without reading its LaTeX again.

Form    uint32 checksum of the text as it came, bytes of the title (or ``_AS_IT_CAME``) and
        number of places; the places, uint32 each, at which the sentences of the abstract begin
        and at which one more would; title and abstract in UTF-8, unless readable as they came.
"""

import struct

from broadsheet.index.documents import IndexDocument, ReadableText, StoredText

_HEAD = struct.Struct("<III")
_AS_IT_CAME = 0xFFFFFFFF


def pack_text(document: IndexDocument) -> bytes:
    """Return the bytes to store for a paper's text."""
    stored = StoredText.of(document)
    text = stored.text
    starts = struct.pack(f"<{len(text.starts)}I", *text.starts)
    if stored.as_it_came:
        return _HEAD.pack(stored.checksum, _AS_IT_CAME, len(text.starts)) + starts
    title, abstract = (part.encode(errors="replace") for part in (text.title, text.abstract))
    head = _HEAD.pack(stored.checksum, len(title), len(text.starts))
    return b"".join((head, starts, title, abstract))


def unpack_text(packed: bytes | memoryview) -> StoredText | None:
    """Return the text that was packed; None if there is none.

    Raises ValueError or struct.error for bytes that ``pack_text`` did not make.
    """
    if not packed:
        return None
    checksum, title, count = _HEAD.unpack_from(packed)
    starts = struct.unpack_from(f"<{count}I", packed, _HEAD.size)
    if title == _AS_IT_CAME:
        return StoredText(checksum, ReadableText("", "", starts), as_it_came=True)
    at = _HEAD.size + 4 * count
    end = at + title
    text = ReadableText(str(packed[at:end], "utf-8"), str(packed[end:], "utf-8"), starts)
    return StoredText(checksum, text, as_it_came=False)
