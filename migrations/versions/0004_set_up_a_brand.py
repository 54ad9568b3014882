"""Set up a brand: its handles and words for topics, skills, what it tells its people, and what it listens for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "brand",
        sa.Column("handles", sa.JSON(), nullable=True, comment="further ones; null: nobody looked the profile over"),
    )
    op.add_column(
        "brand",
        sa.Column("topic_names", sa.JSON(), nullable=True, comment="what the brand calls the topics it renamed"),
    )
    op.add_column(
        "case",
        sa.Column("skill_id", ID, nullable=True, comment="told by its words; no foreign key: skills come and go"),
    )
    op.add_column(
        "cursor",
        sa.Column(
            "looked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the network was last asked, whatever it said",
        ),
    )
    op.add_column(
        "cursor",
        sa.Column("problem", sa.String(length=300), nullable=True, comment="what stood in the way then, in words"),
    )
    op.create_table(
        "skill",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False, comment="words and phrases, any of which tells the skill"),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_skill_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_skill_brand_id_id")),
        sa.UniqueConstraint("brand_id", "topic", "name", name=op.f("uq_skill_brand_id_topic_name")),
    )
    op.create_table(
        "skill_holder",
        sa.Column("skill_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "skill_id"],
            ["skill.brand_id", "skill.id"],
            name=op.f("fk_skill_holder_brand_id_skill_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_skill_holder_brand_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("skill_id", "member_id", name=op.f("pk_skill_holder")),
    )
    op.create_index("ix_skill_holder_member", "skill_holder", ["brand_id", "member_id"])
    for table in ("brand_fact", "short_answer"):
        op.create_table(
            table,
            sa.Column("id", ID, nullable=False),
            sa.Column("brand_id", ID, nullable=False),
            sa.Column("title", sa.String(length=120), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
            sa.Column("topic", sa.String(length=20), nullable=True, comment="null: of use whatever the topic"),
            sa.Column("language", sa.String(length=8), nullable=False),
            sa.Column("link", sa.String(length=300), nullable=True),
            sa.Column("valid_until", sa.Date(), nullable=True, comment="the last day on which it is true"),
            sa.Column("updated_by", ID, nullable=True, comment="null: the house itself"),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f(f"fk_{table}_brand_id")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_place", table, ["brand_id", "language", "topic"])
    op.create_table(
        "watch",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False, comment="a network, or all"),
        sa.Column("lines", sa.JSON(), nullable=False, comment="one rule each, as typed; see rules.matching"),
        sa.Column("updated_by", ID, nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_watch_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("brand_id", "channel", name=op.f("uq_watch_brand_id_channel")),
    )


def downgrade() -> None:
    for table in ("watch", "short_answer", "brand_fact", "skill_holder", "skill"):
        op.drop_table(table)
    op.drop_column("cursor", "problem")
    op.drop_column("cursor", "looked_at")
    op.drop_column("case", "skill_id")
    op.drop_column("brand", "topic_names")
    op.drop_column("brand", "handles")
