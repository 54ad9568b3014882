"""Keep what staff notes, lets sleep, and judges a second time; and find a customer's cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("ended_at IS NULL")
OPEN = sa.text("state = 'open'")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_customer", "case", ["brand_id", "customer_id", "id"])
    op.create_table(
        "note",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", ID, nullable=False),
        _link("note", "case_id", "case"),
        _person("note", "author_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_note_brand_id_id")),
    )
    op.create_index("ix_note_case", "note", ["brand_id", "case_id", "id"])
    op.create_table(
        "note_naming",
        sa.Column("note_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        _link("note_naming", "note_id", "note"),
        _person("note_naming", "member_id"),
        sa.PrimaryKeyConstraint("note_id", "member_id", name=op.f("pk_note_naming")),
    )
    op.create_index("ix_note_naming_member", "note_naming", ["brand_id", "member_id", "note_id"])
    op.create_table(
        "snooze",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=16), nullable=True),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name=op.f("ck_snooze_ended")),
        _link("snooze", "case_id", "case"),
        _person("snooze", "member_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snooze")),
    )
    op.create_index(
        "uq_snooze_live", "snooze", ["brand_id", "case_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index("ix_snooze_until", "snooze", ["until"], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_table(
        "appeal",
        sa.Column("id", ID, nullable=False),
        sa.Column("review_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("judged_by", ID, nullable=False, comment="who rejected it"),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="the author's"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=True, comment="why it was upheld or overturned"),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("state IN ('open', 'upheld', 'overturned')", name=op.f("ck_appeal_state")),
        sa.CheckConstraint("(state = 'open') = (decided_by IS NULL)", name=op.f("ck_appeal_decided")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by NOT IN (author_id, judged_by)", name=op.f("ck_appeal_other_eyes")
        ),
        _link("appeal", "review_id", "review"),
        _person("appeal", "author_id"),
        _person("appeal", "decided_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("brand_id", "review_id", name=op.f("uq_appeal_brand_id_review_id")),
    )
    op.create_index("ix_appeal_open", "appeal", ["brand_id", "id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    for table in ("appeal", "snooze", "note_naming", "note"):
        op.drop_table(table)
    op.drop_index("ix_case_customer", table_name="case")


def _link(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """To a row of the same brand."""
    return sa.ForeignKeyConstraint(
        ["brand_id", column], [f"{target}.brand_id", f"{target}.id"], name=op.f(f"fk_{table}_brand_id_{column}")
    )


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    """To somebody who has, or had, a role in the same brand."""
    return sa.ForeignKeyConstraint(
        ["brand_id", column],
        ["membership.brand_id", "membership.member_id"],
        name=op.f(f"fk_{table}_brand_id_{column}"),
    )
