"""Raw records, compressed one by one with a dictionary of their format.

A record of 1.5 KB alone shrinks to about 55 %; with a dictionary learned from
others of its format to about 35 %, in half the time. The first batch large enough
gives a dictionary; when the library has grown ``GROWTH`` times since, a new one is
learned from all of it. Dictionaries are kept for good: a frame names its own.
Records that came before the first stand alone.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.tables import dictionaries, origins, records

LEVEL = 3
SAMPLES = 1000
"""Records of one batch needed to learn. Learning takes up to a second, which a
library of fewer records would never earn back."""
GROWTH = 16
_SIZE = 112 * 1024
"""Bytes of a dictionary."""


class RawCompressor:
    """Compresses and restores raw records within one transaction. Not thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
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
        """The raw record in ``frame``.

        Raises ZstdError for a damaged frame, LookupError if its dictionary is gone.
        """
        number = zstandard.get_frame_parameters(frame).dict_id
        restorer = self._restorers.get(number) if number else self._plain
        if restorer is None:
            query = sa.select(dictionaries.c.content).where(dictionaries.c.number == number)
            content = self._connection.execute(query).scalar()
            if content is None:
                raise LookupError(f"dictionary {number} is not in the library")
            restorer = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))
            self._restorers[number] = restorer
        return restorer.decompress(frame)

    def _compressor(self, format_name: str, raws: Sequence[bytes]) -> zstandard.ZstdCompressor:
        latest = (
            sa.select(dictionaries.c.content, dictionaries.c.learned_at)
            .where(dictionaries.c.format == format_name)
            .order_by(dictionaries.c.learned_at.desc())
        )
        row = self._connection.execute(latest.limit(1)).first()
        dictionary = zstandard.ZstdCompressionDict(row[0]) if row else None
        if len(raws) >= SAMPLES:
            record_count = (
                self._connection.execute(sa.select(sa.func.max(records.c.number))).scalar() or 0
            )
            if row is None or record_count > row[1] * GROWTH:
                dictionary = self._learn(format_name, raws, record_count + len(raws)) or dictionary
        if dictionary is None:
            return zstandard.ZstdCompressor(level=LEVEL)
        dictionary.precompute_compress(level=LEVEL)
        return zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)

    def _learn(
        self, format_name: str, raws: Sequence[bytes], learned_at: int
    ) -> zstandard.ZstdCompressionDict | None:
        """None where the records have too little in common, or too little text."""
        samples: list[Any] = [*raws[: SAMPLES // 2], *self._kept(format_name, learned_at)]
        samples += raws[SAMPLES // 2 : SAMPLES + SAMPLES // 2 - len(samples)]
        try:
            learned = zstandard.train_dictionary(_SIZE, samples, level=LEVEL)
        except zstandard.ZstdError:
            return None
        values = (learned.dict_id(), format_name, learned_at, learned.as_bytes())
        names = [column.name for column in dictionaries.columns]
        self._connection.execute(sa.insert(dictionaries), dict(zip(names, values, strict=True)))
        return learned

    def _kept(self, format_name: str, highest: int) -> list[bytes]:
        """Records from all over the library, at most half of the samples."""
        step = max(1, highest // (SAMPLES // 2))
        query = (
            sa.select(records.c.raw)
            .join_from(records, origins)
            .where(origins.c.format == format_name)
            .where(records.c.number.in_(list(range(1, highest, step))))
        )
        return [self.restore(row[0]) for row in self._connection.execute(query)]
