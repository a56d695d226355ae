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
    an XML declaration. A text of which little is UTF-8 is read in the encoding that
    charset-normalizer thinks most likely; in one that is UTF-8 but for some bytes, these
    are read as Windows-1252. ``note`` describes the repair.
    """

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._kept = source.read(_BLOCK)
        self.note = ""
        self._offset = 0
        self._is_utf8 = False
        """Whether letters beyond ASCII came that were valid UTF-8."""
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
                return self._not_utf8(text, error.start, final)
        self._is_utf8 = self._is_utf8 or not text.isascii()
        self._offset += len(text)
        return text

    def _not_utf8(self, text: bytes, first: int, final: bool) -> bytes:
        if not self.note and not self._is_utf8 and (encoding := guess_encoding(text)):
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self.note = f"not UTF-8: read as {encoding}, by the look of its letters"
            return bytes(self._decoder.decode(text, final=final).encode("utf-8", "replace"))
        return self._repaired(text, first, final)

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


_CANDIDATES = (
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "iso2022_jp", "cp1252", "cp1250", "cp1251",
    "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "iso8859_2", "iso8859_7", "mac_roman",
)  # fmt: skip
_WESTERN = ("cp1252", "latin_1", "iso8859_1", "iso8859_15")
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_SAMPLE = 32 * 1024


def guess_encoding(text: bytes) -> str:
    """The likeliest encoding of a text that is not UTF-8; "" for Windows-1252 and for
    UTF-8 with some stray bytes, which ``Utf8Reader`` mends byte by byte."""
    # The lines with other letters say most, and the detector is slow.
    lines = [line for line in text.splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(lines)
    if len(sample) > _SAMPLE:
        sample = sample[:_SAMPLE].rpartition(b"\n")[0] or sample[:_SAMPLE]
    others = len(_NOT_ASCII.findall(sample))
    in_utf8 = sum(map(len, _UTF8_LETTER.findall(sample)))
    if not others or in_utf8 > 0.7 * others:
        return ""
    for japanese in ("euc_jp", "shift_jis"):
        if _is_japanese(sample, japanese):
            return japanese
    from charset_normalizer import from_bytes  # only texts that are not UTF-8 need it

    best = from_bytes(sample, cp_isolation=list(_CANDIDATES)).best()
    if best is None or best.encoding in _WESTERN:
        return ""
    return "" if _same_text(sample, best.encoding) else str(best.encoding)


_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]")
_WIDE = re.compile(r"[^\x00-\x7f]")


def _is_japanese(sample: bytes, encoding: str) -> bool:
    """Whether it reads as Japanese: the detector takes EUC-JP for Korean in short texts."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return len(_KANA.findall(text)) > 0.15 * len(_WIDE.findall(text))


def _same_text(sample: bytes, encoding: str) -> bool:
    """Whether Windows-1252 reads the same letters."""
    return sample.decode(encoding, "replace") == sample.decode("cp1252", "replace")


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
