"""Links in the mail that sign in, and addresses that are known to be their account's."""

import sqlalchemy as sa
from alembic import op

revision = "sign_in_links"
down_revision = "submissions"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("confirmed_at", sa.BigInteger))
    op.create_table(
        "sign_in_links",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
