"""Know when an account was last given its keys, besides when it was first connected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ACCOUNT = sa.table("account", *map(sa.column, ("keys_at", "connected_at", "credentials")))

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column(
            "keys_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a manager last gave it keys; empty: never, it is an archive",
        ),
    )
    op.execute(ACCOUNT.update().where(ACCOUNT.c.credentials.is_not(None)).values(keys_at=ACCOUNT.c.connected_at))


def downgrade() -> None:
    op.drop_column("account", "keys_at")
