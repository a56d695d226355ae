"""Readers' own rankings: edits and texts; screenings with their papers and labels."""

import sqlalchemy as sa
from alembic import op

revision = "personal"
down_revision = "community"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "reader_edits",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reader_texts",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("reader_texts_by_account", "reader_texts", ["account"])
    op.create_table(
        "screenings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("recall", sa.Float, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("screenings_by_account", "screenings", ["account", "created_at"])
    op.create_table(
        "screening_papers",
        sa.Column("screening", sa.Text, primary_key=True),
        sa.Column("paper", _KEY, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("relevant", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_index("screening_papers_by_paper", "screening_papers", ["paper"])
