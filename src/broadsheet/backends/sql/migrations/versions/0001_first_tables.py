"""The first tables: papers, their records and names, rejected records, changes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_papers()
    _create_records()
    _create_names()
    op.create_table(
        "rejected",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("content", sa.BigInteger, nullable=False, unique=True),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("rejected_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("number", _KEY, primary_key=True, autoincrement=False),
        sa.Column("paper", _KEY, nullable=False, unique=True),
        sa.Column("removed", sa.Integer, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )


def _create_papers() -> None:
    op.create_table(
        "papers",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("published", sa.Integer),
        sa.Column("updated", sa.Integer),
        sa.Column("title", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Text)
            for name in (
                "abstract",
                "venue",
                "url",
                "code_url",
                "project_url",
                "comment",
                "status",
                "authors",
                "identifiers",
                "categories",
                "keywords",
                "versions",
                "signals",
                "extra",
                "sources",
            )
        ),
    )
    op.create_index("papers_by_day", "papers", ["day", sa.text("votes DESC")])


def _create_records() -> None:
    op.create_table(
        "origins",
        sa.Column("number", _KEY, primary_key=True, autoincrement=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.UniqueConstraint("origin", "format"),
    )
    op.create_table(
        "dictionaries",
        sa.Column("number", _KEY, primary_key=True, autoincrement=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("learned_at", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("number", _KEY, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_key", sa.Text, nullable=False),
        sa.Column("paper", _KEY, sa.ForeignKey("papers.key"), nullable=False),
        sa.Column("content", sa.BigInteger, nullable=False),
        sa.Column("title_key", sa.BigInteger, nullable=False),
        sa.Column("origin", _KEY, sa.ForeignKey("origins.number"), nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_index("records_by_name", "records", ["source", "source_key"], unique=True)
    op.create_index("records_by_paper", "records", ["paper"])
    op.create_index("records_by_title", "records", ["title_key"])

    op.create_table(
        "seen",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("source_key", sa.Text, primary_key=True),
        sa.Column("content", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _create_names() -> None:
    op.create_table(
        "identifiers",
        sa.Column("scheme", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("paper", _KEY, sa.ForeignKey("papers.key"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("identifiers_by_paper", "identifiers", ["paper"])
    op.create_table(
        "redirects",
        sa.Column("former_id", sa.Text, primary_key=True),
        sa.Column("paper", _KEY, sa.ForeignKey("papers.key"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("redirects_by_paper", "redirects", ["paper"])
