"""Papers that members submit, and those that curators feature."""

import sqlalchemy as sa
from alembic import op

revision = "submissions"
down_revision = "digest_absence"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("paper", _KEY),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("listed_on", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_index("submissions_by_paper", "submissions", ["paper"])
    op.create_index("submissions_by_account", "submissions", ["account", "created_at"])
    op.create_index("submissions_by_state", "submissions", ["state", "listed_on"])
    op.create_table(
        "features",
        sa.Column("paper", _KEY, primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("features_by_day", "features", ["day", "place"])
