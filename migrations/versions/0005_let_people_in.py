"""Let people in: letters, invitations, links that open an account once, browsers that are known, second factors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DONE = sa.text("state <> 'waiting'")
TABLES = ("mail", "known_browser", "ticket", "way_in_ask", "second_factor", "recovery_code", "invitation")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True, comment="subject and text, encrypted; gone once it is out"),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False, comment="not worth sending any more from then on"),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True, comment="what the mail server said last"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'refused', 'lapsed')", name=op.f("ck_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_done", "mail", ["done_at"], sqlite_where=DONE, postgresql_where=DONE)
    op.create_table(
        "known_browser",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        _member("known_browser"),
        sa.PrimaryKeyConstraint("token_hash", "member_id", name=op.f("pk_known_browser")),
    )
    op.create_table(
        "ticket",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("purpose IN ('way_in', 'second_factor')", name=op.f("ck_ticket_purpose")),
        _member("ticket"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_ticket")),
    )
    op.create_index("ix_ticket_member", "ticket", ["member_id", "purpose"])
    op.create_index("ix_ticket_expires", "ticket", ["expires_at"])
    op.create_table(
        "way_in_ask",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_way_in_ask")),
    )
    op.create_table(
        "second_factor",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False, comment="the shared secret, encrypted"),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column(
            "last_step", ID, nullable=False, comment="the newest half minute whose code was taken: none is taken twice"
        ),
        _member("second_factor"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _member("recovery_code"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_member_id"), "recovery_code", ["member_id"])
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column(
            "email",
            sa.String(length=254),
            nullable=False,
            comment="lower case; the link is good for this address alone",
        ),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("member_id", ID, nullable=True, comment="who accepted it"),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('advocate', 'moderator', 'manager')", name=op.f("ck_invitation_role")),
        sa.CheckConstraint("(accepted_at IS NULL) = (member_id IS NULL)", name=op.f("ck_invitation_accepted")),
        sa.CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name=op.f("ck_invitation_one_end")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_invitation_brand_id")),
        _member("invitation", "invited_by"),
        _member("invitation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_invitation_brand_id_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.add_column(
        "sign_in",
        sa.Column(
            "browser", sa.String(length=60), nullable=True, comment="its family and system, as in Firefox on Android"
        ),
    )


def downgrade() -> None:
    op.drop_column("sign_in", "browser")
    for table in reversed(TABLES):
        op.drop_table(table)


def _member(table: str, column: str = "member_id") -> sa.ForeignKeyConstraint:
    """To a person, who belongs to no brand."""
    return sa.ForeignKeyConstraint([column], ["member.id"], name=op.f(f"fk_{table}_{column}"))
