"""Keep what people correct in judgements, and the models that learn from it; room for a longer version's name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS = sa.text("stands")
LIVE = sa.text("state = 'live'")
DELIVERY = sa.table("delivery", sa.column("fact"))
NAMED = "of the rules, and of the model beside them"

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("assessment") as table:
        table.alter_column(
            "version",
            existing_type=sa.String(length=20),
            type_=sa.String(length=60),
            existing_nullable=False,
            comment=NAMED,
        )
    op.create_table(
        "correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True, comment="null: the house, because the text is another now"),
        sa.Column("field", sa.String(length=20), nullable=False),
        _commented("was", 80, "what the house had judged, whoever corrected it before"),
        _commented("now", 80, "what it is; null takes back what was said before", nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        _commented("language", 8, "of the mention, as it is judged then"),
        _commented("version", 60, "of the judgement that was corrected"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        _link("correction", "mention_id", "mention", "id"),
        _link("correction", "member_id", "membership", "member_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("brand_id", "id", name=op.f("uq_correction_brand_id_id")),
    )
    _index("ix_correction_standing", "correction", ["brand_id", "id"], STANDS)
    _index("uq_correction_standing", "correction", ["brand_id", "mention_id", "field"], STANDS, unique=True)
    op.create_table(
        "taught_model",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False, comment="as Taught.to_bytes writes it"),
        sa.Column("mentions", sa.Integer(), nullable=False, comment="corrected mentions that it learned from"),
        sa.Column("learned_until", ID, nullable=False, comment="the newest correction that it learned from"),
        sa.Column("seen_until", ID, nullable=False, comment="the newest correction on which it was tried"),
        sa.Column("record", sa.JSON(), nullable=False, comment="per question: rows, share right, calibration error"),
        sa.Column(
            "trial",
            sa.JSON(),
            nullable=False,
            comment="how it did beside the live one on what neither had learned",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_until", sa.DateTime(timezone=True), nullable=True),
        _commented("replaced", 40, "the version before it; null: our own examples", nullable=True),
        sa.Column("taken_back_by", ID, nullable=True),
        sa.CheckConstraint("state IN ('shadow', 'live', 'retired')", name=op.f("ck_taught_model_state")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_taught_model_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taught_model")),
        sa.UniqueConstraint("brand_id", "version", name=op.f("uq_taught_model_brand_id_version")),
    )
    _index("uq_taught_model_live", "taught_model", ["brand_id"], LIVE, unique=True)
    op.create_index("ix_taught_model_newest", "taught_model", ["brand_id", "id"], unique=False)
    op.create_table(
        "seed_model",
        _commented("key", 64, "a digest of the examples and the rules"),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seed_model")),
    )


def downgrade() -> None:
    op.execute(DELIVERY.delete().where(DELIVERY.c.fact == "MentionCorrected"))
    for table_name in ("seed_model", "taught_model", "correction"):
        op.drop_table(table_name)
    with op.batch_alter_table("assessment") as table:
        table.alter_column(
            "version",
            existing_type=sa.String(length=60),
            type_=sa.String(length=20),
            existing_nullable=False,
            existing_comment=NAMED,
            comment=None,
            postgresql_using="substr(version, 1, 20)",
        )


def _commented(name: str, length: int, comment: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable, comment=comment)


def _link(table: str, column: str, other: str, other_column: str) -> sa.ForeignKeyConstraint:
    """A link that cannot cross brands."""
    return sa.ForeignKeyConstraint(
        ["brand_id", column],
        [f"{other}.brand_id", f"{other}.{other_column}"],
        name=op.f(f"fk_{table}_brand_id_{column}"),
    )


def _index(name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
