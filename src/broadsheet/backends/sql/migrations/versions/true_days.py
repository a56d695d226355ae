"""A paper known only to its month or year is listed under that, not under its last day."""

import json

import sqlalchemy as sa
from alembic import op

revision = "true_days"
down_revision = "0003"

_AT_ONCE = 1000


def upgrade() -> None:
    op.drop_index("papers_by_day", "papers")
    op.alter_column("papers", "day", new_column_name="listed")
    _correct()
    op.create_index("papers_by_listing", "papers", ["listed", sa.text("votes DESC")])


def _correct() -> None:
    papers = sa.table(
        "papers",
        sa.column("key"),
        sa.column("listed"),
        sa.column("published"),
        sa.column("signals"),
    )
    connection = op.get_bind()
    vague = sa.select(papers.c.key, papers.c.published, papers.c.signals).where(
        papers.c.published % 100 == 0
    )
    last = 0
    while True:
        following = vague.where(papers.c.key > last).order_by(papers.c.key).limit(_AT_ONCE)
        rows = connection.execute(following).all()
        if not rows:
            return
        last = rows[-1].key
        corrected = [
            {"of_key": key, "now": published}
            for key, published, signals in rows
            if not _names_a_day(signals)
        ]
        if corrected:
            connection.execute(
                sa.update(papers)
                .where(papers.c.key == sa.bindparam("of_key"))
                .values(listed=sa.bindparam("now")),
                corrected,
            )


def _names_a_day(signals: str | None) -> bool:
    """Whether a list of papers of the day named one; it comes before the publication date."""
    day = json.loads(signals).get("hf_date") if signals else None
    return isinstance(day, str) and len(day) >= 10
