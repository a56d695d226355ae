"""Text as UTF-8, whatever encoding it came in."""

import codecs
import re
from typing import Any, BinaryIO

from broadsheet.ingest.blocks import BlockReader

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Without a mark: the first letter of any format, in two bytes.
_UNMARKED = re.compile(rb"(?:(?P<le>[\x20-\x7e]\0){4})|(?:(?P<be>\0[\x20-\x7e]){4})")
_DECLARED = re.compile(
    rb"""\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([A-Za-z][\w.:-]{1,30})["']"""
)
_BLOCK = 256 * 1024
_LONGEST_SEQUENCE = 4


class Utf8Reader(BlockReader):
    """Reads ``source`` as UTF-8 without byte order mark. Never raises for its content.

    UTF-16 and UTF-32 are told by their mark or their zeros, other encodings by
    an XML declaration. Bytes that are not UTF-8 in what should be are read as
    Windows-1252 (the rest of the text is not touched); ``note`` then says so.
    """

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._kept = source.read(_BLOCK)
        self.note = ""
        self._offset = 0
        self._decoder: Any = None
        encoding = self._encoding()
        if encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self.note = f"read as {encoding}"

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

    def _encoding(self) -> str:
        for mark, name in _BOMS:
            if self._kept.startswith(mark):
                self._kept = self._kept[len(mark) :]
                self._offset = len(mark)
                return name
        if match := _UNMARKED.match(self._kept):
            return "utf-16-le" if match.group("le") else "utf-16-be"
        if declared := _DECLARED.match(self._kept[:300]):
            return _supported_encoding(declared.group(1).decode())
        return "utf-8"

    def _next_block(self) -> bytes:
        while True:
            block = self._source.read(_BLOCK)
            text = self._kept + block
            self._kept = b""
            if not text:
                return b""
            if self._decoder is not None:
                made = self._decoder.decode(text, final=not block).encode("utf-8", "replace")
            else:
                made = self._valid(text, final=not block)
            if made or not block:
                return bytes(made)

    def _valid(self, text: bytes, final: bool) -> bytes:
        try:
            text.decode()
        except UnicodeDecodeError as error:
            cut_at_end = error.reason == "unexpected end of data" and not final
            if cut_at_end and len(text) - error.start < _LONGEST_SEQUENCE:
                text, self._kept = text[: error.start], text[error.start :]
            else:
                return self._repaired(text, error.start, final)
        self._offset += len(text)
        return text

    def _repaired(self, text: bytes, first: int, final: bool) -> bytes:
        if not self.note:
            self.note = (
                "not all of it is UTF-8: other bytes are read as Windows-1252, "
                f"the first at byte {self._offset + first + 1:,}"
            )
        if not final:
            # A letter cut by the end of the block waits for its rest.
            cut = re.search(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z", text)
            if cut:
                text, self._kept = text[: cut.start()], text[cut.start() :]
        self._offset += len(text)
        return text.decode("utf-8", _WINDOWS_1252).encode()


def _supported_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return "utf-8"
    # "utf-16" in a declaration that could be read byte by byte is not true.
    if not codec._is_text_encoding or codec.name.startswith(("utf", "us-ascii", "ascii")):
        return "utf-8"
    return codec.name


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


_WINDOWS_1252 = "broadsheet-windows-1252"
codecs.register_error(_WINDOWS_1252, _as_windows_1252)
