"""Know how a brand writes its order numbers, so that they are found in posts and hidden from advocates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "brand",
        sa.Column("order_forms", sa.JSON(), nullable=True, comment="masks of its order numbers: # digit, ? letter"),
    )


def downgrade() -> None:
    op.drop_column("brand", "order_forms")
