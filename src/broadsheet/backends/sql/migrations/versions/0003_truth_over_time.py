"""When records came, notices that wait for their papers, signals by day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("records", sa.Column("kept_at", sa.BigInteger))
    op.add_column("rejected", sa.Column("waits_for", sa.Text))
    op.create_index("rejected_by_name", "rejected", ["waits_for"])
    op.create_table(
        "signals",
        sa.Column(
            "paper", _KEY, sa.ForeignKey("papers.key"), primary_key=True, autoincrement=False
        ),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("signals_by_name", "signals", ["name", "day"])
