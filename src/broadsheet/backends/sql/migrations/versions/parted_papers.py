"""Pairs of papers that a curator has said are two works."""

import sqlalchemy as sa
from alembic import op

revision = "parted_papers"
down_revision = "screeners"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "parted_papers",
        sa.Column("paper", _KEY, primary_key=True, autoincrement=False),
        sa.Column("other", _KEY, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("parted_papers_by_other", "parted_papers", ["other"])
