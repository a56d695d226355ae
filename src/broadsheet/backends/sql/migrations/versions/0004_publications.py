"""How a work was published: type, volume, pages, publisher, editors …"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("papers", sa.Column("publication", sa.Text))
