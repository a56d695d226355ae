"""Follows of readers, and the times of their last visits."""

import sqlalchemy as sa
from alembic import op

revision = "follows"
down_revision = "topic_labels"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "follows",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account", "kind", "folded"),
        sqlite_autoincrement=True,
    )
    op.create_index("follows_by_value", "follows", ["kind", "value"])
    op.create_table(
        "visits",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("before", sa.BigInteger),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
