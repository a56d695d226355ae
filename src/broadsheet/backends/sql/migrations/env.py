"""Run by Alembic: migrate over the connection that ``opening`` hands in."""

from alembic import context

from broadsheet.backends.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
