"""Keep what authors change in their posts after they were heard, and the posts around a mention in its thread."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = ("own_post", "repost", "not_ours")
REASONS = (*BEFORE, "context")
DELIVERY = sa.table("delivery", sa.column("fact"))
RESCUE = sa.table("rescue", *map(sa.column, ("set_aside_id", "mention_id", "member_id", "at", "brand_id")))
ASIDE = sa.table("set_aside", sa.column("reason"))

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mention", _version("1, and one more for each change by its author"))
    op.add_column(
        "mention",
        sa.Column("newest_id", sa.String(length=80), nullable=True, comment="where an edit made a new post: its id"),
    )
    op.add_column("mention", _gone_at())
    op.add_column("set_aside", _gone_at())
    op.add_column("case_mention", _version("the mention's version that the case has counted"))
    op.create_table(
        "post_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column(
            "external_id", sa.String(length=80), nullable=False, comment="of the first version, as the mention has it"
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of what changed and when: the same change once",
        ),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("newest_id", sa.String(length=80), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="as the network tells it, or when we noticed",
        ),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("state IN ('edited', 'gone')", name=op.f("ck_post_change_state")),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"],
            ["account.brand_id", "account.id"],
            name=op.f("fk_post_change_brand_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_change")),
        sa.UniqueConstraint(
            "brand_id",
            "channel",
            "external_id",
            "digest",
            name=op.f("uq_post_change_brand_id_channel_external_id_digest"),
        ),
    )
    _allow(REASONS)


def downgrade() -> None:
    op.execute(DELIVERY.delete().where(DELIVERY.c.fact.in_(("PostsChanged", "MentionsChanged"))))
    op.execute(ASIDE.update().where(ASIDE.c.reason == "context").values(reason="not_ours"))
    _allow(BEFORE)
    op.drop_table("post_change")
    op.drop_column("case_mention", "version")
    op.drop_column("set_aside", "gone_at")
    for column in ("gone_at", "newest_id", "version"):
        op.drop_column("mention", column)


def _version(comment: str) -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment=comment)


def _gone_at() -> sa.Column[object]:
    comment = "its author deleted it; then the text is empty"
    return sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True, comment=comment)


def _allow(reasons: tuple[str, ...]) -> None:
    """These are the reasons for which a post may be set aside."""
    words = f"reason IN ({', '.join(map(repr, reasons))})"
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_set_aside_reason"), "set_aside", type_="check")
        op.create_check_constraint(op.f("ck_set_aside_reason"), "set_aside", words)
        return
    kept = [dict(row) for row in bind.execute(sa.select(RESCUE)).mappings()]
    op.execute(RESCUE.delete())  # SQLite makes a table anew to change its check, and lets no row point at it meanwhile
    with op.batch_alter_table("set_aside") as table:
        table.drop_constraint(op.f("ck_set_aside_reason"), type_="check")
        table.create_check_constraint(op.f("ck_set_aside_reason"), words)
    if kept:
        op.bulk_insert(RESCUE, kept)
