"""Count what was heard and answered by day, once, for rows that were there before; and find lines of the audit."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SPANS = {
    "up_to_5": 5,
    "up_to_10": 10,
    "up_to_15": 15,
    "up_to_30": 30,
    "up_to_60": 60,
    "up_to_120": 120,
    "up_to_240": 240,
    "up_to_480": 480,
    "up_to_1440": 1440,
}
WAITED = (*SPANS, "longer")
VERDICTS = {"approve": "approved", "edit": "edited", "return": "returned", "reject": "rejected"}
TABLES = ("heard_day", "heard_hour", "promise", "promise_day", "author_day", "audit_check")
AUDIT = {
    "ix_audit_row_at": ["brand_id", "at"],
    "ix_audit_row_member": ["brand_id", "member_id", "seq"],
    "ix_audit_row_act": ["brand_id", "act", "seq"],
    "ix_audit_row_subject": ["brand_id", "subject", "seq"],
}

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, columns in AUDIT.items():
        op.create_index(name, "audit_row", columns)
    op.create_table(
        "heard_day",
        *_key("heard_day"),
        *_dimensions(),
        *_numbers("mentions"),
        sa.Column("asking", sa.Integer(), nullable=False, comment="mentions that need a reply"),
        *_numbers("positive", "neutral", "negative"),
        _primary("heard_day", "brand_id", "day", "channel", "language", "topic"),
    )
    op.create_table(
        "heard_hour",
        *_key("heard_hour"),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        *_dimensions(),
        *_numbers("mentions"),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_heard_hour_hour")),
        _primary("heard_hour", "brand_id", "day", "hour", "channel", "language", "topic"),
    )
    op.create_table(
        "promise",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("reply_id", ID, nullable=True, comment="null when it was answered outside"),
        sa.Column("author_id", ID, nullable=True),
        *_dimensions(),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("offered_at", "due_at", "answered_at")),
        sa.Column("answered_as", sa.String(length=10), nullable=False),
        sa.Column("thanked_at", MOMENT, nullable=True, comment="when the customer first said that it helped"),
        sa.CheckConstraint(
            "answered_as IN ('advocates', 'staff', 'outside', 'taken_down')", name=op.f("ck_promise_answered_as")
        ),
        _link("promise", "case_id", "case"),
        _link("promise", "reply_id", "reply"),
        _primary("promise", "id"),
        sa.UniqueConstraint("brand_id", "reply_id", name=op.f("uq_promise_brand_id_reply_id")),
    )
    op.create_index("ix_promise_case", "promise", ["brand_id", "case_id"])
    op.create_table(
        "promise_day",
        *_key("promise_day"),
        sa.Column("answered_as", sa.String(length=10), nullable=False),
        *_dimensions(),
        *_numbers("answers"),
        sa.Column("kept", sa.Integer(), nullable=False, comment="answered before the promise was up"),
        *_numbers(*WAITED),
        _primary("promise_day", "brand_id", "day", "answered_as", "channel", "language", "topic"),
    )
    op.create_table(
        "author_day",
        *_key("author_day"),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        *_numbers("published", "taken_down"),
        sa.Column(
            "thanked", sa.Integer(), nullable=False, comment="published answers that at least one thanks came for"
        ),
        *_numbers("approved"),
        sa.Column("edited", sa.Integer(), nullable=False, comment="approved with an edit of the moderator"),
        *_numbers("returned", "rejected", *WAITED),
        sa.ForeignKeyConstraint(
            ["brand_id", "member_id"],
            ["membership.brand_id", "membership.member_id"],
            name=op.f("fk_author_day_brand_id_member_id"),
        ),
        _primary("author_day", "brand_id", "day", "member_id"),
    )
    op.create_index("ix_author_day_member", "author_day", ["brand_id", "member_id", "day"])
    op.create_table(
        "audit_check",
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("seq", ID, nullable=False, comment="every line up to here followed from the one before it"),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("again_seq", ID, nullable=False, comment="how far the pass from the first line has come"),
        sa.Column("again_hash", sa.String(length=64), nullable=False),
        sa.Column("whole_at", MOMENT, nullable=True, comment="when a pass over the whole chain last ended"),
        sa.Column("broken_seq", ID, nullable=True, comment="the first line that does not follow; stays"),
        _primary("audit_check", "brand_id"),
    )
    _count_heard()
    _count_answered()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in AUDIT:
        op.drop_index(name, table_name="audit_row")


def _key(table: str) -> list[Any]:
    return [
        sa.Column("brand_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f(f"fk_{table}_brand_id")),
    ]


def _dimensions() -> list[sa.Column[Any]]:
    return [
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
    ]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["brand_id", column], [f"{to}.brand_id", f"{to}.id"], name=op.f(f"fk_{table}_brand_id_{column}")
    )


def _count_heard() -> None:
    """Inside the database: every mention that has its assessment, by day and by hour, in UTC."""
    postgres = op.get_bind().dialect.name == "postgresql"
    day = "(m.heard_at AT TIME ZONE 'UTC')::date" if postgres else "date(m.heard_at)"
    hour = (
        "CAST(EXTRACT(HOUR FROM m.heard_at AT TIME ZONE 'UTC') AS INTEGER)"
        if postgres
        else "CAST(strftime('%H', m.heard_at) AS INTEGER)"
    )
    rows = "FROM mention m JOIN assessment a ON a.mention_id = m.id"
    about = "m.channel, a.language, a.topic"
    moods = ", ".join(
        f"sum(CASE WHEN a.mood = '{mood}' THEN 1 ELSE 0 END)" for mood in ("positive", "neutral", "negative")
    )
    op.execute(
        "INSERT INTO heard_day (brand_id, day, channel, language, topic, mentions, asking, positive, neutral, negative) "
        f"SELECT m.brand_id, {day}, {about}, count(*), sum(CASE WHEN a.needs_reply THEN 1 ELSE 0 END), {moods} {rows} "
        f"GROUP BY m.brand_id, {day}, {about}"
    )
    op.execute(
        "INSERT INTO heard_hour (brand_id, day, hour, channel, language, topic, mentions) "
        f"SELECT m.brand_id, {day}, {hour}, {about}, count(*) {rows} GROUP BY m.brand_id, {day}, {hour}, {about}"
    )


def _count_answered() -> None:
    """Promises of replies that were published, and of cases that were answered outside; then what they add up to.

    What a case promised before it opened again is not kept: it is taken to be as long as its newest promise.
    """
    bind, promises = op.get_bind(), []
    reply, case, mention = _table("reply"), _table("case"), _table("mention")
    published = sa.select(
        reply.c.id.label("reply_id"), reply.c.case_id, reply.c.author_id, reply.c.by_advocate, reply.c.state,
        reply.c.published_at, mention.c.heard_at, case.c.brand_id, case.c.channel, case.c.language, case.c.topic,
        case.c.offered_at, case.c.due_at,
    ).select_from(
        reply.join(case, case.c.id == reply.c.case_id).join(mention, mention.c.id == reply.c.mention_id)
    ).where(reply.c.published_at.is_not(None)).order_by(reply.c.id)  # fmt: skip
    for row in bind.execute(published):
        lane = "advocates" if row.by_advocate else "staff"
        promises.append({
            **{name: getattr(row, name) for name in ("brand_id", "case_id", "reply_id", "author_id")},
            **{name: getattr(row, name) for name in ("channel", "language", "topic")},
            "offered_at": row.heard_at,
            "due_at": row.heard_at + (row.due_at - row.offered_at),
            "answered_at": row.published_at,
            "answered_as": lane if row.state == "published" else "taken_down",
        })  # fmt: skip
    events = _table("case_event")
    last = sa.select(sa.func.max(events.c.at)).where(events.c.case_id == case.c.id, events.c.act == "answered_outside")
    outside = sa.select(
        case.c.id.label("case_id"), case.c.brand_id, case.c.channel, case.c.language, case.c.topic, case.c.offered_at,
        case.c.due_at, case.c.updated_at, last.scalar_subquery().label("said_at"),
    ).where(case.c.closed_reason == "answered_outside").order_by(case.c.id)  # fmt: skip
    kept = ("brand_id", "case_id", "channel", "language", "topic", "offered_at", "due_at")
    promises += [
        {
            **{name: getattr(row, name) for name in kept},
            "reply_id": None,
            "author_id": None,
            "answered_at": row.said_at or row.updated_at,
            "answered_as": "outside",
        }
        for row in bind.execute(outside)
    ]
    thanks = sa.select(events.c.case_id, events.c.at).where(events.c.act == "thanked").order_by(events.c.id)
    _thank(promises, bind.execute(thanks))
    for start in range(0, len(promises), 5000):
        op.bulk_insert(_table("promise"), promises[start : start + 5000])
    _add_up(promises)


def _table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)


def _thank(promises: list[dict[str, Any]], thanks: Any) -> None:
    """Each thanks belongs to the newest answer of its case that stood there by then."""
    ours = defaultdict(list)
    for promise in promises:
        promise["thanked_at"] = None
        if promise["answered_as"] in {"advocates", "staff"}:
            ours[promise["case_id"]].append(promise)
    for case_id, at in thanks:
        before = [promise for promise in ours[case_id] if promise["answered_at"] <= at]
        if before and before[-1]["thanked_at"] is None:
            before[-1]["thanked_at"] = at


def _add_up(promises: list[dict[str, Any]]) -> None:
    days: dict[Any, Counter[str]] = defaultdict(Counter)
    authors: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in promises:
        span = _span(row["answered_at"] - row["offered_at"])
        about = (row["channel"], row["language"], row["topic"])
        day = days[row["brand_id"], _day(row["offered_at"]), row["answered_as"], *about]
        day.update({"answers": 1, "kept": int(row["answered_at"] <= row["due_at"]), span: 1})
        if row["author_id"] is not None:
            done = "taken_down" if row["answered_as"] == "taken_down" else "published"
            own = authors[row["brand_id"], _day(row["answered_at"]), row["author_id"]]
            own.update({done: 1, "thanked": int(row["thanked_at"] is not None), span: 1})
    review, decision = _table("review"), _table("decision")
    verdicts = (
        sa.select(decision.c.brand_id, decision.c.decided_at, review.c.author_id, decision.c.verdict)
        .select_from(decision.join(review, review.c.id == decision.c.review_id))
        .where(review.c.subject == "reply")
    )
    for brand_id, at, author_id, verdict in op.get_bind().execute(verdicts):
        authors[brand_id, _day(at), author_id][VERDICTS[verdict]] += 1
    _store("promise_day", ("brand_id", "day", "answered_as", "channel", "language", "topic"), days)
    _store("author_day", ("brand_id", "day", "member_id"), authors)


def _store(name: str, key: tuple[str, ...], sums: dict[Any, Counter[str]]) -> None:
    table = _table(name)
    numbers = [column.name for column in table.columns if column.name not in key]
    rows = [
        {**dict(zip(key, values, strict=True)), **{number: counted[number] for number in numbers}}
        for values, counted in sums.items()
    ]
    if rows:
        op.bulk_insert(table, rows)


def _span(waited: dt.timedelta) -> str:
    minutes = waited.total_seconds() / 60
    return next((name for name, most in SPANS.items() if minutes <= most), "longer")


def _day(at: dt.datetime) -> dt.date:
    return (at if at.tzinfo is None else at.astimezone(dt.UTC)).date()
