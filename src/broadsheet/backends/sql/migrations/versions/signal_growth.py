"""Signals know the number before them, so that growth is summed without looking it up."""

import sqlalchemy as sa
from alembic import op

revision = "signal_growth"
down_revision = "publications"


def upgrade() -> None:
    op.add_column("signals", sa.Column("previous", sa.Float))
    op.execute(
        """
        UPDATE signals SET previous = (
            SELECT earlier.value FROM signals AS earlier
            WHERE earlier.paper = signals.paper AND earlier.source = signals.source
                AND earlier.name = signals.name AND earlier.day < signals.day
            ORDER BY earlier.day DESC LIMIT 1
        )
        """
    )
    grew = sa.text("previous IS NOT NULL")
    op.create_index(
        "signals_of_growth", "signals", ["day"], sqlite_where=grew, postgresql_where=grew
    )
