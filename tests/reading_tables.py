"""Reading a library's tables with SQL of both databases, to compare whole libraries."""

from collections.abc import Mapping

import sqlalchemy as sa

from broadsheet.backends.sql.opening import open_engine


def read_tables(database: str, queries: Mapping[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each query, by its name; first asks SQLite whether the file is intact."""
    engine = open_engine(database)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            for pragma, answer in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                rows = connection.exec_driver_sql(f"PRAGMA {pragma}").fetchall()
                assert list(map(tuple, rows)) == answer
        tables = {
            name: [tuple(row) for row in connection.execute(sa.text(query))]
            for name, query in queries.items()
        }
    engine.dispose()
    return tables
