"""A binary stream made of blocks, of whatever sizes they come in."""

import io
from typing import Any


class BlockReader(io.RawIOBase):
    """Gives out the bytes of the blocks that a subclass makes one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pending:
            self._pending = memoryview(self._next_block())
        size = min(len(buffer), len(self._pending))
        buffer[:size] = self._pending[:size]
        self._pending = self._pending[size:]
        return size

    def _next_block(self) -> bytes:
        """The next bytes, b"" at the end."""
        raise NotImplementedError
