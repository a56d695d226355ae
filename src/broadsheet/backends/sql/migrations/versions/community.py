"""Collections; comments with their history and flags; the log of moderation."""

import sqlalchemy as sa
from alembic import op

revision = "community"
down_revision = "accounts"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "collections",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("sharing", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("collections_by_account", "collections", ["account", "changed_at"])
    op.create_table(
        "collection_entries",
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("paper", _KEY, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("collection_entries_by_paper", "collection_entries", ["paper"])
    op.create_table(
        "comments",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("paper", _KEY, nullable=False),
        sa.Column("parent", _KEY),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("comments_by_paper", "comments", ["paper"])
    op.create_index("comments_by_account", "comments", ["account", "created_at"])
    op.create_table(
        "comment_texts",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("comment", _KEY, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("comment_texts_by_comment", "comment_texts", ["comment"])
    op.create_table(
        "comment_flags",
        sa.Column("comment", _KEY, primary_key=True, autoincrement=False),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moderation_log",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("moderator", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
