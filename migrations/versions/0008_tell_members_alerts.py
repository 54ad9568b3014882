"""Keep what members are told, what they want to be told, and what the watch has seen and said."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = (
    *("appealed", "given", "halted", "hot", "judged", "late", "named", "offered", "published", "second_look"),
    *("taken_back", "thanked", "unknown"),
)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", ID, nullable=False, comment="what it is about, of the sort that its kind speaks of"),
        sa.Column("version", sa.Integer(), nullable=False, comment="tells two occasions with the same subject apart"),
        sa.Column("case_id", ID, nullable=True, comment="where it leads, when it is one case"),
        sa.Column("count", sa.Integer(), nullable=False, comment="how many things a gathered alert speaks of"),
        sa.Column(
            "detail", sa.String(length=12), nullable=False, comment="the verdict, or another word of a fixed list"
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "mail_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a mail about it may leave then; none is to when empty",
        ),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint(f"kind IN ({', '.join(map(repr, KINDS))})", name=op.f("ck_alert_kind")),
        sa.CheckConstraint("read_at IS NULL OR mail_after IS NULL", name=op.f("ck_alert_read")),
        _member("alert"),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_alert_brand_id_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "brand_id",
            "member_id",
            "kind",
            "subject_id",
            "version",
            name=op.f("uq_alert_brand_id_member_id_kind_subject_id_version"),
        ),
    )
    op.create_index("ix_alert_member", "alert", ["brand_id", "member_id", "id"])
    op.create_index("ix_alert_unread", "alert", ["brand_id", "member_id", "id"], **_where("read_at IS NULL"))
    op.create_index("ix_alert_mail", "alert", ["mail_after"], **_where("mail_after IS NOT NULL"))
    op.create_index("ix_alert_kept", "alert", ["kept_until"])
    op.create_table(
        "alert_wish",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False, comment="kind to way, where it is not the kind's own"),
        sa.Column("digest", sa.String(length=8), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False, comment="minutes of the day"),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("digest IN ('hour', 'morning', 'never')", name=op.f("ck_alert_wish_digest")),
        _member("alert_wish"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_wish")),
        sa.UniqueConstraint("brand_id", "member_id", name=op.f("uq_alert_wish_brand_id_member_id")),
    )
    op.create_table(
        "alert_noticed",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand_id", "kind", "subject_id", "version", name=op.f("pk_alert_noticed")),
    )
    op.create_index("ix_alert_noticed_at", "alert_noticed", ["at"])
    op.create_table(
        "alert_told",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _member("alert_told"),
        sa.PrimaryKeyConstraint("brand_id", "member_id", "kind", name=op.f("pk_alert_told")),
    )


def downgrade() -> None:
    for table in ("alert_told", "alert_noticed", "alert_wish", "alert"):
        op.drop_table(table)


def _member(table: str) -> sa.ForeignKeyConstraint:
    """A link to somebody who has (or had) a role in this very brand."""
    return sa.ForeignKeyConstraint(
        ["brand_id", "member_id"],
        ["membership.brand_id", "membership.member_id"],
        name=op.f(f"fk_{table}_brand_id_member_id"),
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
