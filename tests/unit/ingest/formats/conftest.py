"""Reading samples the way an import does."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.registry import get_format

SAMPLES = Path(__file__).parent / "samples"


@dataclass
class Read:
    """The pieces of one stream: records with their positions, and (position, reason) of rejections."""

    records: list[Record]
    positions: list[str]
    rejected: list[tuple[str, str]]

    @property
    def titles(self) -> list[str]:
        return [record.title for record in self.records]

    @property
    def record(self) -> Record:
        (only,) = self.records
        return only


def read_stream(format_name: str, content: bytes | str) -> Read:
    file_format = get_format(format_name)
    content = content.encode() if isinstance(content, str) else content
    result = Read([], [], [])
    for piece in file_format.split(io.BytesIO(content)):
        if not isinstance(piece, RawRecord):
            result.rejected.append((piece.position, piece.reason))
            continue
        try:
            result.records.append(file_format.parse(piece.raw))
            result.positions.append(piece.position)
        except RecordError as error:
            result.rejected.append((piece.position, str(error)))
    return result


@pytest.fixture
def read() -> Callable[[str, bytes | str], Read]:
    return read_stream


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()
