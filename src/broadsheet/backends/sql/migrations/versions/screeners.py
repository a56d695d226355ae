"""Several screeners work through one pool, each with a screening of their own."""

import sqlalchemy as sa
from alembic import op

revision = "screeners"
down_revision = "change_times"


def upgrade() -> None:
    op.add_column("screenings", sa.Column("review", sa.Text))
    op.execute(sa.text("UPDATE screenings SET review = id"))
    op.create_index("screenings_by_review", "screenings", ["review"])
