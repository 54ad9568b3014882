"""Know again what networks hand over by themselves, however often it comes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handed_over",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of what came"),
        sa.Column(
            "named",
            sa.Text(),
            nullable=False,
            comment="ids of posts that it only names, a list in JSON: they are to be looked up",
        ),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"],
            ["account.brand_id", "account.id"],
            name=op.f("fk_handed_over_brand_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_over")),
        sa.UniqueConstraint("brand_id", "account_id", "digest", name=op.f("uq_handed_over_brand_id_account_id_digest")),
    )
    op.create_index("ix_handed_over_heard_at", "handed_over", ["heard_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_handed_over_heard_at", table_name="handed_over")
    op.drop_table("handed_over")
    op.execute("DELETE FROM delivery WHERE fact = 'PostsNamed'")
