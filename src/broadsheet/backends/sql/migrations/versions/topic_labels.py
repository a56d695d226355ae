"""The title of the paper or collection that a digest's topic names."""

import sqlalchemy as sa
from alembic import op

revision = "topic_labels"
down_revision = "personal"


def upgrade() -> None:
    op.add_column(
        "subscriptions", sa.Column("topic_label", sa.Text, nullable=False, server_default="")
    )
