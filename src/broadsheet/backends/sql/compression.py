"""Raw records, compressed one by one with what records of their format have in common.

A record of 1.5 KB alone shrinks to about 55 %; with a dictionary learned from
some hundred others of its format to about 38 %, in half the time. A dictionary is
learned once, from the first batch large enough, and kept for good. Records kept
before it, or of a format without one, stand alone. A frame names its dictionary.
"""

from collections.abc import Sequence

import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.tables import dictionaries

LEVEL = 3
SAMPLES = 1000
"""Records of one batch needed to learn a dictionary. Learning takes up to a second,
which a library of fewer records would never earn back."""
_SIZE = 112 * 1024
"""Bytes of a dictionary."""


class RawCompressor:
    """Compresses and restores raw records within one transaction. Not thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._alone = zstandard.ZstdCompressor(level=LEVEL)
        self._plain = zstandard.ZstdDecompressor()
        self._compressors: dict[str, zstandard.ZstdCompressor] = {}
        self._restorers: dict[int, zstandard.ZstdDecompressor] = {}

    def compress(self, format_name: str, raws: Sequence[bytes]) -> list[bytes]:
        """Frames for raw records of one format, in order."""
        compressor = self._compressors.get(format_name)
        if compressor is None:
            compressor = self._compressor(format_name, raws)
            self._compressors[format_name] = compressor
        return [compressor.compress(raw) for raw in raws]

    def restore(self, frame: bytes) -> bytes:
        """The raw record in ``frame``."""
        number = zstandard.get_frame_parameters(frame).dict_id
        restorer = self._restorers.get(number) if number else self._plain
        if restorer is None:
            wanted = sa.select(dictionaries.c.content).where(dictionaries.c.number == number)
            content = self._connection.execute(wanted).scalar_one()
            restorer = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))
            self._restorers[number] = restorer
        return restorer.decompress(frame)

    def _compressor(self, format_name: str, raws: Sequence[bytes]) -> zstandard.ZstdCompressor:
        wanted = sa.select(dictionaries.c.content).where(dictionaries.c.format == format_name)
        content = self._connection.execute(wanted).scalar()
        if content is not None:
            dictionary = zstandard.ZstdCompressionDict(content)
        elif len(raws) < SAMPLES or (learned := _learn(raws)) is None:
            return self._alone
        else:
            dictionary = learned
            self._connection.execute(
                sa.insert(dictionaries).values(
                    number=dictionary.dict_id(), format=format_name, content=dictionary.as_bytes()
                )
            )
        dictionary.precompute_compress(level=LEVEL)
        return zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)


def _learn(raws: Sequence[bytes]) -> zstandard.ZstdCompressionDict | None:
    """None where the records have too little in common, or too little text."""
    try:
        return zstandard.train_dictionary(_SIZE, list(raws[:SAMPLES]), level=LEVEL)
    except zstandard.ZstdError:
        return None
