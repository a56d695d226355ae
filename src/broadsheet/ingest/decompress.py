"""Read a file's bytes, decompressed if necessary; damage is reported, not raised.

Compression is recognised by its magic bytes. All bytes before the damage are returned; then the
stream ends and ``damage`` holds the reason.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import zstandard

from broadsheet.ingest.blocks import BlockReader


class _Codec(NamedTuple):
    name: str
    magics: tuple[bytes, ...]
    """How a member of the file can begin."""
    make: Callable[[], Any]
    bounded: bool = False
    """Whether ``decompress`` takes the most that it may give."""


_CODECS = (
    _Codec("gzip", (b"\x1f\x8b\x08",), lambda: zlib.decompressobj(wbits=31)),
    _Codec(
        "zstd",
        (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),  # the second is a skippable frame
        lambda: zstandard.ZstdDecompressor().decompressobj(),
    ),
    _Codec("bzip2", (b"BZh",), bz2.BZ2Decompressor, bounded=True),
    _Codec("xz", (b"\xfd7zXZ\x00",), lzma.LZMADecompressor, bounded=True),
)
_ERRORS = (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, ValueError)
_BLOCK = 256 * 1024
_STEP = 256
"""Bytes given to a decompressor at a time. Small, because the output of one step is held in memory
(256 bytes of zstd can become 8 MiB) and lost if the step fails.
"""
_LONGEST_MAGIC = 6


class SourceReader(BlockReader):
    """Read ``file`` (any binary stream), decompressed. Never raises for its content.

    ``bytes_read`` counts the bytes taken from ``file`` so far. Closing also closes ``file`` if it
    is ``owned``.
    """

    def __init__(self, file: BinaryIO, owned: bool = True) -> None:
        super().__init__()
        self._file = file
        self._owned = owned
        self.bytes_read = 0
        self.damage = ""
        """Why the stream ended early; "" if it did not."""
        self._taken = self._take()
        while 0 < len(self._taken) < _LONGEST_MAGIC and (more := self._take()):
            self._taken += more
        self._codec = next((each for each in _CODECS if self._taken.startswith(each.magics)), None)
        self._member: Any = self._codec.make() if self._codec else None
        self._full = False
        """The member holds more than it was allowed to give."""

    @property
    def compression(self) -> str:
        """ "gzip", "zstd", "bzip2", "xz", or empty."""
        return self._codec.name if self._codec else ""

    def close(self) -> None:
        if self._owned and not self.closed:
            self._file.close()
        super().close()

    def _take(self) -> bytes:
        try:
            block = self._file.read(_BLOCK)
        except (OSError, ValueError) as error:
            self.damage = f"the input cannot be read on: {error}"
            return b""
        self.bytes_read += len(block)
        return block

    def _next_block(self) -> bytes:
        if self._codec is None:
            block, self._taken = self._taken, b""
            return block or self._take()
        made = bytearray()
        while not made and not self.damage:
            block, self._taken = self._taken, b""
            if not block and not self._full:
                block = self._take()
            if not block and not self._full:
                if self._member is not None:
                    self.damage = f"compressed data ends early ({self.compression})"
                break
            self._decompress(self._codec, block, made)
        return bytes(made)

    def _decompress(self, codec: _Codec, block: bytes, made: bytearray) -> None:
        """Add the content of ``block`` to ``made``; the part beyond _BLOCK waits in ``_taken``."""
        start = 0
        while start < len(block) or self._full:
            if len(made) >= _BLOCK:
                self._taken = block[start:]
                return
            if self._member is None:
                if not _begins_member(codec, block, start):
                    if block[start:].strip(b"\0"):
                        self.damage = f"something else follows the compressed data ({codec.name})"
                    return
                self._member = codec.make()
            step = b"" if self._full else block[start : start + _STEP]
            start += len(step)
            try:
                limit = (_BLOCK,) if codec.bounded else ()
                made += self._member.decompress(step, *limit)
            except _ERRORS as error:
                self.damage = f"compressed data is damaged ({codec.name}: {error})"
                return
            self._full = codec.bounded and not (self._member.eof or self._member.needs_input)
            if self._member.eof:
                start -= len(self._member.unused_data)
                self._member = None


def _begins_member(codec: _Codec, block: bytes, start: int) -> bool:
    # A magic cut by the end of the block counts.
    return any(
        block[start : start + len(magic)] == magic[: len(block) - start] for magic in codec.magics
    )
