"""Find the record from which each field of a paper comes. Pure."""

import dataclasses
from collections.abc import Sequence

from broadsheet.catalogue.merge import choose_fields
from broadsheet.catalogue.versions import choose_speakers, is_notice, newest_version, said_on
from broadsheet.catalogue.working_set import Parse, as_kept
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.ingest import StoredRecord
from broadsheet.domain.paper import Record, Work
from broadsheet.domain.provenance import (
    EARLIER,
    NOTICE,
    SPEAKS,
    UNREADABLE,
    KeptRecord,
    Provenance,
)


def compose_provenance(kept: Sequence[StoredRecord], parse: Parse) -> Provenance:
    """Parse the records again and merge them, noting the source of each field.

    Fields of a record that can no longer be read have no origin here.
    """
    read = [(each, _read(each, parse)) for each in kept]
    records = [record for _, record in read if record is not None]
    telling = [record for record in records if not is_notice(record)]
    speaking = {id(speaker.record) for speaker in choose_speakers(telling)}
    choices = choose_fields(records) if telling else {}
    fields = {
        field.name: tuple(dict.fromkeys(r.source for r in choices[field.name].records))
        for field in dataclasses.fields(Work)
        if field.name in choices and choices[field.name].records
    }
    return Provenance(fields, tuple(_kept_record(each, record, speaking) for each, record in read))


def _read(stored: StoredRecord, parse: Parse) -> Record | None:
    try:
        return as_kept(parse(stored.format, stored.raw), (stored.source, stored.key))
    except BroadsheetError:
        return None


def _kept_record(stored: StoredRecord, record: Record | None, speaking: set[int]) -> KeptRecord:
    if record is None:
        part = UNREADABLE
    elif is_notice(record):
        part = NOTICE
    else:
        part = SPEAKS if id(record) in speaking else EARLIER
    return KeptRecord(
        source=stored.source,
        key=stored.key,
        part=part,
        version=newest_version(record) if record else 0,
        said_on=said_on(record) if record else None,
        format=stored.format,
        origin=stored.origin,
        position=stored.position,
        kept_at=stored.kept_at,
    )
