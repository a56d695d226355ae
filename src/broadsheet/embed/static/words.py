r"""Split text into lower-case words, fast, the same way when training and when running.

Input   any text: prose, titles in capitals, LaTeX, several scripts.
Output  words as UTF-8 bytes: runs of letters and digits, accents dropped, everything else a
        separator (``State-of-the-Art`` gives ``state of the art``, ``$\alpha_1$`` gives
        ``alpha 1``).
Speed   about 100,000 abstracts a second for ASCII text: one table look-up a byte and one
        split, no regular expression.  Other text takes a slower path with the same result.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")
_SEPARATORS = re.compile(r"[\W_]+")


def _ascii_table() -> bytes:
    """Return the 256-byte table that lowers ASCII letters and turns all but letters and digits into
    blanks.
    """
    table = bytearray(range(256))
    for code in range(128):
        letter = chr(code)
        table[code] = ord(letter.lower()) if letter.isalnum() else ord(" ")
    return bytes(table)


_TABLE = _ascii_table()


def split_words(text: str) -> list[bytes]:
    """Return the words of ``text`` in order, lower-cased, as UTF-8 bytes."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text).casefold()
        text = _SEPARATORS.sub(" ", _ACCENTS.sub("", decomposed))
    return text.encode("utf-8", "replace").translate(_TABLE).split()
