"""Keep budgets, gaps, looks at threads and how often a quiet window was looked at; tell managers of trouble hearing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = (
    *("appealed", "given", "halted", "hot", "judged", "late", "named", "offered", "published", "second_look"),
    *("taken_back", "thanked", "unknown"),
)
KINDS = tuple(sorted((*BEFORE, "hearing")))
ALERT = sa.table("alert", sa.column("kind"))
NOTICED = sa.table("alert_noticed", sa.column("kind"))
TOLD = sa.table("alert_told", sa.column("kind"))

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "window",
        sa.Column("looks", sa.Integer(), server_default="1", nullable=False, comment="how often the network was asked"),
    )
    op.add_column(
        "cursor",
        sa.Column(
            "reread_id",
            ID,
            server_default="0",
            nullable=False,
            comment="the last mention that was looked up again; the next batch follows it",
        ),
    )
    op.create_table(
        "gap",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True, comment="empty while it lasts"),
        sa.Column("why", sa.String(length=300), nullable=False, comment="in words, for people"),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("kind IN ('lost', 'silent', 'deaf')", name=op.f("ck_gap_kind")),
        _account("gap"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index("ix_gap_account", "gap", ["brand_id", "account_id", "since"])
    still = sa.text("until IS NULL")
    op.create_index(
        "uq_gap_open",
        "gap",
        ["brand_id", "account_id", "kind"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_table(
        "thread_look",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("account_id", ID, autoincrement=False, nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=False),
        sa.Column(
            "active_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when something new was heard in it last",
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it is read next; empty when it has gone quiet",
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_thread_look_brand_id")),
        _account("thread_look"),
        sa.PrimaryKeyConstraint("brand_id", "account_id", "thread", name=op.f("pk_thread_look")),
    )
    op.create_index("ix_thread_look_due", "thread_look", ["brand_id", "account_id", "due_at"])
    op.create_table(
        "budget",
        sa.Column("account_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column(
            "seconds",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="length of the span; 0 is one that only the network knows",
        ),
        sa.Column("remaining", sa.Integer(), nullable=False, comment="calls that may still be made until then"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="when the span is over"),
        sa.Column("brand_id", ID, nullable=False),
        _account("budget"),
        sa.PrimaryKeyConstraint("account_id", "kind", "seconds", name=op.f("pk_budget")),
    )
    op.create_index("ix_budget_brand", "budget", ["brand_id"])
    _allow(KINDS)


def downgrade() -> None:
    for table in (ALERT, NOTICED, TOLD):
        op.execute(table.delete().where(table.c.kind == "hearing"))
    _allow(BEFORE)
    for name in ("budget", "thread_look", "gap"):
        op.drop_table(name)
    op.drop_column("cursor", "reread_id")
    op.drop_column("window", "looks")


def _account(table: str) -> sa.ForeignKeyConstraint:
    """To an account of the same brand."""
    return sa.ForeignKeyConstraint(
        ["brand_id", "account_id"],
        ["account.brand_id", "account.id"],
        name=op.f(f"fk_{table}_brand_id_account_id"),
    )


def _allow(kinds: tuple[str, ...]) -> None:
    """These are the kinds of alerts."""
    words = f"kind IN ({', '.join(map(repr, kinds))})"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_alert_kind"), "alert", type_="check")
        op.create_check_constraint(op.f("ck_alert_kind"), "alert", words)
        return
    with op.batch_alter_table("alert") as table:
        table.drop_constraint(op.f("ck_alert_kind"), type_="check")
        table.create_check_constraint(op.f("ck_alert_kind"), words)
