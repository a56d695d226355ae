"""Changes know when they were made, and those of merged papers the id that is gone."""

import time

import sqlalchemy as sa
from alembic import op

revision = "change_times"
down_revision = "follows"


def upgrade() -> None:
    op.add_column("changes", sa.Column("at", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("changes", sa.Column("former_id", sa.Text))
    op.execute(
        sa.text(
            """
            UPDATE changes SET at = COALESCE(
                (SELECT MAX(kept_at) FROM records WHERE records.paper = changes.paper),
                (SELECT added_at FROM papers WHERE papers.key = changes.paper),
                :now
            )
            """
        ).bindparams(now=int(time.time()))
    )
