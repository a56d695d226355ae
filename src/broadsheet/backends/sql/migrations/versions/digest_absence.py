"""Subscriptions know the last sign of their reader, and when the reader was asked for one."""

import sqlalchemy as sa
from alembic import op

revision = "digest_absence"
down_revision = "parted_papers"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("seen_at", sa.BigInteger))
    op.add_column("subscriptions", sa.Column("asked_at", sa.BigInteger))
    op.execute(sa.text("UPDATE subscriptions SET seen_at = confirmed_at"))
