"""Keep questions to networks for their consent, and let one account speak for one brand only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SPEAKS = sa.text("state = 'connected'")

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the word that comes back with the answer",
        ),
        sa.Column("held", sa.Text(), nullable=True, comment="sealed: what the next step needs; gone once it is taken"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_consent_brand_id")),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_consent_brand_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_consent_token_hash")),
    )
    op.create_index("ix_consent_ends", "consent", ["ends_at"], unique=False)
    op.add_column(
        "account",
        sa.Column(
            "renewed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the network last renewed its keys by itself",
        ),
    )
    # Where two brands had connected the same account, the first keeps it; the other's keys stay, to be looked at.
    op.execute(
        "UPDATE account SET state = 'signed_out' WHERE state = 'connected' AND EXISTS (SELECT 1 FROM account AS other "
        "WHERE other.channel = account.channel AND other.external_id = account.external_id "
        "AND other.state = 'connected' AND other.id < account.id)"
    )
    op.create_index(
        "ux_account_speaks",
        "account",
        ["channel", "external_id"],
        unique=True,
        sqlite_where=SPEAKS,
        postgresql_where=SPEAKS,
    )


def downgrade() -> None:
    op.drop_index("ux_account_speaks", table_name="account")
    op.drop_column("account", "renewed_at")
    op.drop_index("ix_consent_ends", table_name="consent")
    op.drop_table("consent")
