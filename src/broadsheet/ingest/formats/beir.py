"""Test collections in BEIR's form: JSON lines ``{_id, title, text}``.

The title may be empty, and so may the text, but not both; further fields
(``metadata``, labels) are kept in ``extra``.
"""

from collections.abc import Iterator
from typing import BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.fields import checked_title, partial_date, text_of
from broadsheet.ingest.formats.json_lines import first_keys, json_object, split_json_lines


class Beir:
    """See the module. Source "beir", key and identifier ("doc:…") the ``_id``."""

    name = "beir"

    def recognises(self, head: bytes, filename: str) -> bool:
        keys = first_keys(head)
        return "_id" in keys and ("text" in keys or "title" in keys)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_json_lines(stream)

    def parse(self, raw: bytes) -> Record:
        fields = json_object(raw)
        name = text_of(fields.get("_id"))
        if not name:
            raise RecordError("it has no _id")
        title, abstract = text_of(fields.get("title")), text_of(fields.get("text"))
        if not title and not abstract:
            raise RecordError("it has neither title nor text")
        extra = {key: value for key, value in fields.items() if key not in ("_id", "title", "text")}
        return Record(
            source="beir",
            key=name,
            title=checked_title(title) if title else "",
            abstract=abstract,
            identifiers=(Identifier("doc", name),),
            published=partial_date(text_of(fields.get("year")), {}, "year"),
            extra=extra,
        )
