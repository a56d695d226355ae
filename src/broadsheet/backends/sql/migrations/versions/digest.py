"""Subscriptions to the digest, its issues and deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "digest"
down_revision = "true_days"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("topic_kind", sa.Text, nullable=False),
        sa.Column("topic_value", sa.Text, nullable=False),
        sa.Column("every", sa.Text, nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("papers", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("markup", sa.Text, nullable=False),
        sa.Column("when_empty", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.UniqueConstraint("address", "topic_kind", "topic_value"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "issues",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("subscription", _KEY, sa.ForeignKey("subscriptions.id"), nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("composed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("subscription", "period"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("subscription", _KEY, sa.ForeignKey("subscriptions.id"), nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("claim_expires_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.UniqueConstraint("subscription", "period"),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_by_attempt", "deliveries", ["state", "next_attempt_at"])
    op.create_table(
        "sent_papers",
        sa.Column(
            "subscription",
            _KEY,
            sa.ForeignKey("subscriptions.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("paper", _KEY, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sent_papers_by_paper", "sent_papers", ["paper"])
    op.create_table(
        "suppressed_addresses",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
