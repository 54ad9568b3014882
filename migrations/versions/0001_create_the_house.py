"""Create the house: every table of the way through, and the locks that keep what must not change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "audit_row",
    "brand",
    "delivery",
    "house",
    "lease",
    "member",
    "point_txn",
    "account",
    "book",
    "customer",
    "membership",
    "sign_in",
    "vesting",
    "case",
    "cursor",
    "envelope",
    "identity",
    "mention",
    "point_entry",
    "quarantined",
    "review",
    "set_aside",
    "window",
    "assessment",
    "case_event",
    "case_mention",
    "claim",
    "decision",
    "reply",
    "skip",
    "attempt",
)
FOREVER = ("point_txn", "point_entry", "audit_row", "decision")
"""Tables whose rows are added and never changed."""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_row",
        sa.Column("id", ID, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_audit_row_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
        sa.UniqueConstraint("brand_id", "seq", name=op.f("uq_audit_row_brand_id_seq")),
    )
    op.create_table(
        "brand",
        sa.Column("id", ID, nullable=False),
        sa.Column("handle", sa.String(length=40), nullable=False, comment="as written on the networks, without @"),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False, comment="ISO codes, the usual one first"),
        sa.Column(
            "regions", sa.JSON(), nullable=False, comment="ISO countries whose phone numbers and ids are recognised"
        ),
        sa.Column("policy", sa.JSON(), nullable=False, comment="what differs from brands.rules.Policy's defaults"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
        sa.UniqueConstraint("handle", name=op.f("uq_brand_handle")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("fact", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("subscriber", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'done', 'dead')", name=op.f("ck_delivery_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_dead",
        "delivery",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_delivery_done",
        "delivery",
        ["done_at"],
        unique=False,
        sqlite_where=sa.text("state = 'done'"),
        postgresql_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "ix_delivery_live",
        "delivery",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "house",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=90), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "member",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False, comment="lower case"),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("alias", sa.String(length=20), nullable=False, comment="signs replies in public, as in ^maya"),
        sa.Column("password_hash", sa.String(length=200), nullable=False, comment="Argon2id"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )
    op.create_table(
        "point_txn",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("idem_key", sa.String(length=64), nullable=False),
        sa.Column("source_type", sa.String(length=12), nullable=False, comment="reply"),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("rule_version", sa.String(length=20), nullable=False),
        sa.Column("reverses", ID, nullable=True),
        sa.Column(
            "points", sa.Integer(), nullable=False, comment="what moved, as shown to people; negative in a reversal"
        ),
        sa.Column("before_caps", sa.Integer(), nullable=False, comment="what the rule gave before the day's cap"),
        sa.Column("why", sa.JSON(), nullable=False, comment="the factors, frozen"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name=op.f("ck_point_txn_reverses")),
        sa.CheckConstraint("kind IN ('award', 'thanks', 'vest', 'reversal')", name=op.f("ck_point_txn_kind")),
        sa.ForeignKeyConstraint(
            ["brand_id", "reverses"],
            ["point_txn.brand_id", "point_txn.id"],
            name=op.f("fk_point_txn_brand_id_reverses"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_txn")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_point_txn_brand_id_id")),
        sa.UniqueConstraint("brand_id", "idem_key", name=op.f("uq_point_txn_brand_id_idem_key")),
        sa.UniqueConstraint("brand_id", "reverses", name=op.f("uq_point_txn_brand_id_reverses")),
    )
    op.create_index("ix_point_txn_member", "point_txn", ["brand_id", "member_id", "id"], unique=False)
    op.create_index("ix_point_txn_source", "point_txn", ["brand_id", "source_type", "source_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("handle", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("base_url", sa.String(length=200), nullable=True, comment="another host than the network's own"),
        sa.Column("credentials", sa.Text(), nullable=True, comment="sealed, see kernel.crypto"),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('connected', 'signed_out', 'archive')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_account_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("brand_id", "channel", "external_id", name=op.f("uq_account_brand_id_channel_external_id")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_account_brand_id_id")),
    )
    op.create_table(
        "book",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("member_id", ID, nullable=False, comment="0 for the brand's own books"),
        sa.Column("balance", ID, nullable=False),
        sa.CheckConstraint("(member_id = 0) = (kind IN ('issuance', 'forfeit'))", name=op.f("ck_book_owner")),
        sa.CheckConstraint("kind IN ('issuance', 'pending', 'vested', 'forfeit')", name=op.f("ck_book_kind")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_book_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_book_brand_id_id")),
        sa.UniqueConstraint("brand_id", "kind", "member_id", name=op.f("uq_book_brand_id_kind_member_id")),
    )
    op.create_index("ix_book_board", "book", ["brand_id", "kind", "balance"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("first_heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_customer_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_customer_brand_id_id")),
    )
    op.create_table(
        "membership",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('advocate', 'moderator', 'manager')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_membership_brand_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_membership_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("brand_id", "member_id", name=op.f("uq_membership_brand_id_member_id")),
    )
    op.create_index("ix_membership_member", "membership", ["member_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the cookie's token"),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=True, comment="the brand being looked at"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_sign_in_brand_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sign_in_member_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_index("ix_sign_in_member", "sign_in", ["member_id"], unique=False)
    op.create_table(
        "vesting",
        sa.Column("id", ID, nullable=False),
        sa.Column("txn_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'vested', 'void')", name=op.f("ck_vesting_state")),
        sa.ForeignKeyConstraint(
            ["brand_id", "txn_id"], ["point_txn.brand_id", "point_txn.id"], name=op.f("fk_vesting_brand_id_txn_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vesting")),
        sa.UniqueConstraint("brand_id", "txn_id", "part", name=op.f("uq_vesting_brand_id_txn_id_part")),
    )
    op.create_index(
        "ix_vesting_due",
        "vesting",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_vesting_txn", "vesting", ["brand_id", "txn_id"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lane", sa.String(length=10), nullable=False),
        sa.Column("lane_reason", sa.String(length=300), nullable=False, comment="in words, for people"),
        sa.Column("closed_reason", sa.String(length=24), nullable=True),
        sa.Column("mention_id", ID, nullable=False, comment="the customer's newest post that needs a reply"),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("intent", sa.String(length=10), nullable=False),
        sa.Column("anger", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("expertise", sa.Double(), nullable=False),
        sa.Column("must_staff", sa.Double(), nullable=False),
        sa.Column(
            "thread_revision", sa.Integer(), nullable=False, comment="counts the customer's and the brand's posts"
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "offered_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="since when it waits for whom its lane names",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_reason IS NOT NULL)", name=op.f("ck_case_closed_reason")),
        sa.CheckConstraint("lane IN ('staff', 'advocates', 'no_reply')", name=op.f("ck_case_lane")),
        sa.CheckConstraint(
            "state IN ('answered', 'claimed', 'closed', 'in_review', 'open', 'sending', 'unknown')",
            name=op.f("ck_case_state"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_case_brand_id_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "customer_id"], ["customer.brand_id", "customer.id"], name=op.f("fk_case_brand_id_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint(
            "brand_id", "channel", "thread", "customer_id", name=op.f("uq_case_brand_id_channel_thread_customer_id")
        ),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_case_brand_id_id")),
    )
    op.create_index(
        "ix_case_live",
        "case",
        ["brand_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'in_review', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('claimed', 'in_review', 'sending', 'unknown')"),
    )
    op.create_index(
        "ix_case_open",
        "case",
        ["brand_id", "lane", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "cursor",
        sa.Column("account_id", ID, autoincrement=False, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("heard_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "not_before", sa.DateTime(timezone=True), nullable=True, comment="the network asked us to wait until then"
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_cursor_brand_id_account_id")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_cursor_brand_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_cursor")),
    )
    op.create_table(
        "envelope",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False, comment="poll, stream, webhook or replay"),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_envelope_brand_id_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_envelope_brand_id_id")),
    )
    op.create_index("ix_envelope_heard_at", "envelope", ["heard_at"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("handle", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "customer_id"],
            ["customer.brand_id", "customer.id"],
            name=op.f("fk_identity_brand_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint(
            "brand_id", "channel", "external_id", name=op.f("uq_identity_brand_id_channel_external_id")
        ),
    )
    op.create_index("ix_identity_customer", "identity", ["brand_id", "customer_id"], unique=False)
    op.create_table(
        "mention",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("envelope_id", ID, nullable=False, comment="no foreign key: envelopes are forgotten after 30 days"),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=False),
        sa.Column("in_reply_to", sa.String(length=80), nullable=True),
        sa.Column("author_id", sa.String(length=80), nullable=False),
        sa.Column("author_handle", sa.String(length=80), nullable=False),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("author_followers", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "replyable", sa.Boolean(), nullable=False, comment="whether the network lets our account answer this post"
        ),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_mention_brand_id_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("brand_id", "channel", "external_id", name=op.f("uq_mention_brand_id_channel_external_id")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_mention_brand_id_id")),
    )
    op.create_index("ix_mention_thread", "mention", ["brand_id", "channel", "thread"], unique=False)
    op.create_table(
        "point_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("txn_id", ID, nullable=False),
        sa.Column("book_id", ID, nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "book_id"], ["book.brand_id", "book.id"], name=op.f("fk_point_entry_brand_id_book_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "txn_id"], ["point_txn.brand_id", "point_txn.id"], name=op.f("fk_point_entry_brand_id_txn_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_entry")),
    )
    op.create_index("ix_point_entry_book", "point_entry", ["brand_id", "book_id", "id"], unique=False)
    op.create_index("ix_point_entry_txn", "point_entry", ["brand_id", "txn_id"], unique=False)
    op.create_table(
        "quarantined",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of place and raw text: the same item once"
        ),
        sa.Column("place", sa.String(length=120), nullable=False, comment="where it stood, as in line 17"),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"],
            ["account.brand_id", "account.id"],
            name=op.f("fk_quarantined_brand_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined")),
        sa.UniqueConstraint("brand_id", "digest", name=op.f("uq_quarantined_brand_id_digest")),
    )
    op.create_table(
        "review",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False, comment="reply"),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", ID, nullable=True, comment="the moderator who is reading it"),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("state IN ('open', 'decided', 'void')", name=op.f("ck_review_state")),
        sa.ForeignKeyConstraint(
            ["brand_id", "author_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_review_brand_id_author_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_review_brand_id_id")),
        sa.UniqueConstraint(
            "brand_id", "subject", "subject_id", "version", name=op.f("uq_review_brand_id_subject_subject_id_version")
        ),
    )
    op.create_index(
        "ix_review_open",
        "review",
        ["brand_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "set_aside",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=False),
        sa.Column("in_reply_to", sa.String(length=80), nullable=True),
        sa.Column("author_id", sa.String(length=80), nullable=False),
        sa.Column("author_handle", sa.String(length=80), nullable=False),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("reason IN ('own_post', 'repost', 'not_ours')", name=op.f("ck_set_aside_reason")),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"],
            ["account.brand_id", "account.id"],
            name=op.f("fk_set_aside_brand_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint(
            "brand_id", "channel", "external_id", name=op.f("uq_set_aside_brand_id_channel_external_id")
        ),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_set_aside_brand_id_id")),
    )
    op.create_index("ix_set_aside_thread", "set_aside", ["brand_id", "channel", "thread"], unique=False)
    op.create_table(
        "window",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False, comment="every page of the span was read to its end"),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_window_brand_id_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window")),
    )
    op.create_index("ix_window_account", "window", ["brand_id", "account_id", "until"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("mention_id", ID, autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("language_uncertain", sa.Boolean(), nullable=False),
        sa.Column("sentiment", sa.Double(), nullable=True, comment="-1 to 1; null is unknown"),
        sa.Column("mood", sa.String(length=8), nullable=False),
        sa.Column("intent", sa.String(length=10), nullable=False),
        sa.Column("anger", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("expertise", sa.Double(), nullable=False),
        sa.Column("account_specific", sa.Boolean(), nullable=False),
        sa.Column("must_staff", sa.Double(), nullable=False, comment="probability that staff must answer"),
        sa.Column("needs_reply", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False, comment="risks, spans of private data, outcome, level, reasons"),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "mention_id"],
            ["mention.brand_id", "mention.id"],
            name=op.f("fk_assessment_brand_id_mention_id"),
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_assessment")),
    )
    op.create_table(
        "case_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_case_event_brand_id_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index("ix_case_event_case", "case_event", ["brand_id", "case_id"], unique=False)
    op.create_table(
        "case_mention",
        sa.Column("mention_id", ID, autoincrement=False, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_case_mention_brand_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "mention_id"],
            ["mention.brand_id", "mention.id"],
            name=op.f("fk_case_mention_brand_id_mention_id"),
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_case_mention")),
    )
    op.create_index("ix_case_mention_case", "case_mention", ["brand_id", "case_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "latest_at", sa.DateTime(timezone=True), nullable=False, comment="typing extends the claim up to here"
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=16), nullable=True),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name=op.f("ck_claim_ended")),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_claim_brand_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_claim_brand_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(
        "ix_claim_expires",
        "claim",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_claim_member",
        "claim",
        ["brand_id", "member_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_claim_live",
        "claim",
        ["brand_id", "case_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("review_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="what was approved, or what stood there when it was not"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("verdict IN ('approve', 'edit', 'return', 'reject')", name=op.f("ck_decision_verdict")),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_decision_brand_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "review_id"], ["review.brand_id", "review.id"], name=op.f("fk_decision_brand_id_review_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("brand_id", "review_id", name=op.f("uq_decision_brand_id_review_id")),
    )
    op.create_table(
        "reply",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False, comment="the post that is answered"),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("by_advocate", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "signature", sa.String(length=24), nullable=False, comment="as in ^maya; empty when replies are not signed"
        ),
        sa.Column("submitted_text", sa.Text(), nullable=True, comment="as its author handed it in"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "promise_share", sa.Double(), nullable=True, comment="offer to submission, as a share of the promise"
        ),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_hash", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False, comment="how often the thread was read back"),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True, comment="when to try, or to read back, next"),
        sa.Column("problem", sa.String(length=300), nullable=True, comment="what stands in its way, in words"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT (state IN ('approved', 'published', 'sending', 'unknown')) OR (approved_by IS NOT NULL AND approved_hash IS NOT NULL)",
            name=op.f("ck_reply_approved"),
        ),
        sa.CheckConstraint("state <> 'published' OR external_id IS NOT NULL", name=op.f("ck_reply_published")),
        sa.CheckConstraint(
            "state IN ('approved', 'draft', 'failed', 'in_review', 'published', 'sending', 'unknown', 'withdrawn')",
            name=op.f("ck_reply_state"),
        ),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> author_id", name=op.f("ck_reply_four_eyes")),
        sa.ForeignKeyConstraint(
            ["brand_id", "account_id"], ["account.brand_id", "account.id"], name=op.f("fk_reply_brand_id_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "approved_by"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_reply_brand_id_approved_by"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "author_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_reply_brand_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_reply_brand_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "mention_id"], ["mention.brand_id", "mention.id"], name=op.f("fk_reply_brand_id_mention_id")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_reply_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint(
            "brand_id", "account_id", "external_id", name=op.f("uq_reply_brand_id_account_id_external_id")
        ),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_reply_brand_id_id")),
    )
    op.create_index("ix_reply_author", "reply", ["brand_id", "author_id", "id"], unique=False)
    op.create_index("ix_reply_case", "reply", ["brand_id", "case_id"], unique=False)
    op.create_index(
        "ix_reply_sending",
        "reply",
        ["state", "check_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('approved', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('approved', 'sending', 'unknown')"),
    )
    op.create_index(
        "uq_reply_case_live",
        "reply",
        ["brand_id", "case_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('approved', 'draft', 'in_review', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('approved', 'draft', 'in_review', 'sending', 'unknown')"),
    )
    op.create_index(
        "uq_reply_mention_spoken",
        "reply",
        ["brand_id", "mention_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('approved', 'published', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('approved', 'published', 'sending', 'unknown')"),
    )
    op.create_table(
        "skip",
        sa.Column("case_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "case_id"], ["case.brand_id", "case.id"], name=op.f("fk_skip_brand_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_skip_brand_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("case_id", "member_id", name=op.f("pk_skip")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("reply_id", ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.CheckConstraint("outcome IN ('open', 'sent', 'not_sent', 'unknown')", name=op.f("ck_attempt_outcome")),
        sa.ForeignKeyConstraint(
            ["brand_id", "reply_id"], ["reply.brand_id", "reply.id"], name=op.f("fk_attempt_brand_id_reply_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_reply", "attempt", ["brand_id", "reply_id"], unique=False)
    for table in FOREVER:
        _keep_forever(table)


def _keep_forever(table: str) -> None:
    """Refuse UPDATE and DELETE in the database itself, whoever asks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_forever BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change()")
