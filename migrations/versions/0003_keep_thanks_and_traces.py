"""Keep thanks until they are seen, what makes an answer findable, what members ask not to be offered, and weeks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSEEN = sa.text("seen_at IS NULL")
MONDAY = 4 * 86400
"""Seconds from the start of 1970, a Thursday, to the first Monday; weeks are counted from there."""
WEEK = 7 * 86400

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reply_author_state", "reply", ["brand_id", "author_id", "state", "id"])
    op.create_table(
        "thanks",
        sa.Column("id", ID, nullable=False),
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False, comment="the post with the words"),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", ID, nullable=False),
        _link("thanks", "reply_id", "reply"),
        _link("thanks", "mention_id", "mention"),
        _person("thanks", "author_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thanks")),
        sa.UniqueConstraint("brand_id", "reply_id", "mention_id", name=op.f("uq_thanks_brand_id_reply_id_mention_id")),
    )
    op.create_index("ix_thanks_author", "thanks", ["brand_id", "author_id", "id"])
    op.create_index(
        "ix_thanks_unseen",
        "thanks",
        ["brand_id", "author_id", "id"],
        sqlite_where=UNSEEN,
        postgresql_where=UNSEEN,
    )
    op.create_table(
        "trace",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("mark", ID, autoincrement=False, nullable=False),
        sa.Column("reply_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_trace_brand_id")),
        _link("trace", "reply_id", "reply"),
        sa.PrimaryKeyConstraint("brand_id", "language", "mark", "reply_id", name=op.f("pk_trace")),
    )
    op.create_table(
        "preference",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("languages_off", sa.JSON(), nullable=False),
        sa.Column("topics_off", sa.JSON(), nullable=False),
        sa.Column(
            "paused_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="nothing is offered before this moment",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_preference_brand_id")),
        _person("preference", "member_id"),
        sa.PrimaryKeyConstraint("brand_id", "member_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "point_week",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False, comment="see rules.seasons"),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_point_week_brand_id")),
        sa.PrimaryKeyConstraint("brand_id", "week", "member_id", name=op.f("pk_point_week")),
    )
    _count_the_weeks_so_far()


def _count_the_weeks_so_far() -> None:
    """Points that moved before this migration belong to their weeks too."""
    if op.get_bind().dialect.name == "postgresql":
        seconds = "CAST(EXTRACT(EPOCH FROM at) AS BIGINT)"
    else:
        seconds = "CAST(strftime('%s', at) AS INTEGER)"
    op.execute(
        "INSERT INTO point_week (brand_id, week, member_id, points) "  # noqa: S608  our own words
        f"SELECT brand_id, CAST(({seconds} - {MONDAY}) / {WEEK} AS INTEGER) AS week, member_id, SUM(points) "
        "FROM point_txn WHERE kind <> 'vest' GROUP BY 1, 2, 3"
    )


def _link(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """A link that cannot cross brands."""
    name = op.f(f"fk_{table}_brand_id_{column}")
    return sa.ForeignKeyConstraint(["brand_id", column], [f"{other}.brand_id", f"{other}.id"], name=name)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    """A link to somebody who has (or had) a role in this very brand."""
    name = op.f(f"fk_{table}_brand_id_{column}")
    return sa.ForeignKeyConstraint(["brand_id", column], ["membership.brand_id", "membership.member_id"], name=name)


def downgrade() -> None:
    for table in ("point_week", "preference", "trace", "thanks"):
        op.drop_table(table)
    op.drop_index("ix_reply_author_state", "reply")
