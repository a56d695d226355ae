"""How a work was published: type, volume, pages, publisher, editors …"""

import sqlalchemy as sa
from alembic import op

revision = "publications"
down_revision = "digest"


def upgrade() -> None:
    op.add_column("papers", sa.Column("publication", sa.Text))
