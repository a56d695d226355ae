"""Accounts elsewhere that sign in here."""

import sqlalchemy as sa
from alembic import op

revision = "identities"
down_revision = "sign_in_links"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("linked_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("identities_by_account", "identities", ["account"])
