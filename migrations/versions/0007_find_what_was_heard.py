"""Find what was heard: by its words, by its time, and what staff rescued of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 500
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""What was heard before waits since ever: whoever looks for forgotten deliveries rings for these."""
HEARD = {
    "ix_mention_heard": ("mention", ["brand_id", "heard_at"]),
    "ix_set_aside_heard": ("set_aside", ["brand_id", "heard_at"]),
    "ix_quarantined_heard": ("quarantined", ["brand_id", "heard_at"]),
}
DELIVERY = sa.table(
    "delivery",
    *(sa.column(name) for name in ("brand_id", "fact", "subscriber", "state", "tries")),
    sa.column("payload", sa.JSON),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("not_before", sa.DateTime(timezone=True)),
)
WORDS_ASSESSED, WORDS_ASIDE = "listeners.indexing.index_assessed", "listeners.indexing.index_set_aside"

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, (table, columns) in HEARD.items():
        op.create_index(name, table, columns)
    with op.batch_alter_table("quarantined") as table:
        table.create_unique_constraint(op.f("uq_quarantined_brand_id_id"), ["brand_id", "id"])
    op.create_table(
        "rescue",
        sa.Column("set_aside_id", ID, autoincrement=False, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        _link("set_aside_id", "set_aside.brand_id", "set_aside.id"),
        _link("mention_id", "mention.brand_id", "mention.id"),
        _link("member_id", "membership.brand_id", "membership.member_id"),
        sa.PrimaryKeyConstraint("set_aside_id", name=op.f("pk_rescue")),
    )
    op.create_table(
        "heard_words",
        sa.Column(
            "place",
            ID,
            autoincrement=False,
            nullable=False,
            comment="the row's id times 3 plus its kind, see place_of",
        ),
        sa.Column(
            "words",
            sa.Text().with_variant(TSVECTOR(), "postgresql"),
            nullable=False,
            comment="as listeners.rules.words cuts them, apart by spaces",
        ),
        sa.Column("brand_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_heard_words")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # what was added last waits in a list that every search reads from end to end: it stays short
        short = {"gin_pending_list_limit": "256"}
        op.create_index("ix_heard_words_words", "heard_words", ["words"], postgresql_using="gin", postgresql_with=short)
    else:
        _follow_in_full_text()
    _index_what_is_there()


def downgrade() -> None:
    op.execute(DELIVERY.delete().where(DELIVERY.c.subscriber.in_((WORDS_ASSESSED, WORDS_ASIDE))))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE heard_words_found")
    op.drop_table("heard_words")
    op.drop_table("rescue")
    with op.batch_alter_table("quarantined") as table:
        table.drop_constraint(op.f("uq_quarantined_brand_id_id"), type_="unique")
    for name, (table_name, _columns) in HEARD.items():
        op.drop_index(name, table_name=table_name)


def _link(column: str, *target: str) -> sa.ForeignKeyConstraint:
    """To a row of the same brand."""
    return sa.ForeignKeyConstraint(["brand_id", column], target, name=op.f(f"fk_rescue_brand_id_{column}"))


def _follow_in_full_text() -> None:
    """SQLite's full-text table keeps the words of heard_words findable; triggers let it follow every change."""
    op.execute(
        "CREATE VIRTUAL TABLE heard_words_found USING fts5(words, content='heard_words', content_rowid='place', "
        "detail=none, columnsize=0, tokenize=\"ascii tokenchars '_@'\")"
    )
    put = "INSERT INTO heard_words_found (rowid, words) VALUES (new.place, new.words);"
    take = "INSERT INTO heard_words_found (heard_words_found, rowid, words) VALUES ('delete', old.place, old.words);"
    for act, follow in (("INSERT", put), ("DELETE", take), ("UPDATE", f"{take} {put}")):
        op.execute(f"CREATE TRIGGER heard_words_{act.lower()} AFTER {act} ON heard_words BEGIN {follow} END")


def _index_what_is_there() -> None:
    """Leave the work to whoever always does it: a delivery per batch, so that the migration itself stays short."""
    _leave("mention", WORDS_ASSESSED, "MentionsAssessed", lambda ids: {"mention_ids": ids})
    _leave("set_aside", WORDS_ASIDE, "PostsSetAside", lambda ids: {"set_aside_ids": ids, "quarantined_ids": []})
    _leave("quarantined", WORDS_ASIDE, "PostsSetAside", lambda ids: {"set_aside_ids": [], "quarantined_ids": ids})


def _leave(table: str, subscriber: str, fact: str, payload: Any) -> None:
    rows = sa.table(table, sa.column("id"), sa.column("brand_id"))
    bind = op.get_bind()
    brands = bind.execute(sa.select(rows.c.brand_id).distinct()).scalars().all()
    for brand_id in sorted(brands):
        last = 0
        while ids := _next(bind, rows, brand_id, last):
            last = ids[-1]
            bind.execute(
                DELIVERY.insert().values(
                    brand_id=brand_id,
                    fact=fact,
                    payload={"brand_id": brand_id} | payload(ids),
                    subscriber=subscriber,
                    state="pending",
                    tries=0,
                    created_at=LONG_AGO,
                    not_before=LONG_AGO,
                )
            )


def _next(bind: sa.Connection, rows: Any, brand_id: int, last: int) -> list[int]:
    """The next batch of a brand's rows."""
    wanted = sa.select(rows.c.id).where(rows.c.brand_id == brand_id, rows.c.id > last).order_by(rows.c.id).limit(BATCH)
    return list(bind.execute(wanted).scalars())
