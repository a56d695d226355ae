"""Reading a whole library once, to see whether all of it can be read and understood."""

from pathlib import Path

import sqlalchemy as sa

from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.database import kind_of, parse_url
from broadsheet.backends.sql.opening import open_engine, read_transaction
from broadsheet.backends.sql.reading import CHANGED_AT, LAST_CHANGE, REREAD_TO, read_meta
from broadsheet.backends.sql.records import STORED_RECORDS, stored_record_of_row
from broadsheet.backends.sql.rows import paper_of_row
from broadsheet.backends.sql.tables import metadata, papers, records
from broadsheet.domain.checkup import StoredLibrary
from broadsheet.domain.errors import LibraryUnavailableError

_ROWS = 500


def read_library(database: Path | str) -> StoredLibrary:
    """Check the database's own structures, and read every row of every table.

    Does not see a letter that changed within a text: neither database keeps checksums of rows
    by default. Brings the tables up to date as every command does. Raises
    LibraryUnavailableError, and LibraryDamagedError with the first damage.
    """
    url = parse_url(database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise LibraryUnavailableError(f"{url.database}: there is no library here")
    engine = open_engine(database)
    try:
        with read_transaction(engine) as connection:
            kind_of(engine.dialect).check_structure(connection)
            streaming = connection.execution_options(stream_results=True, yield_per=_ROWS)
            keys = set()
            for row in streaming.execute(sa.select(papers)):
                keys.add(paper_of_row(row).key)
            raws = RawCompressor(connection)
            for row in streaming.execute(STORED_RECORDS):
                stored_record_of_row(row, raws)
            for table in metadata.sorted_tables:
                if table not in (papers, records):
                    for _ in streaming.execute(sa.select(table)):
                        pass
            return StoredLibrary(
                papers=frozenset(keys),
                last_change=read_meta(connection, LAST_CHANGE),
                changed_at=read_meta(connection, CHANGED_AT),
                reread_to=read_meta(connection, REREAD_TO),
            )
    finally:
        engine.dispose()
