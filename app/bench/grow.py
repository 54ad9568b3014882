"""A million mentions of history, made inside the database: what the next thousand are measured on top of."""

from __future__ import annotations

from sqlalchemy import Connection, text

from app.channels.accounts import AccountView
from app.kernel import clock
from app.kernel.db import db

_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, :rows) AS series(n)",
    "sqlite": (
        "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :rows) SELECT n FROM series"
    ),
}
_AT = "'2025-06-01 12:00:00'"


def grow(into: AccountView, rows: int) -> None:
    """Fill mention, its assessment, words, customer, identity and case with answered history of one account."""
    with db.engine.begin() as connection:
        first = connection.execute(text("SELECT coalesce(max(id), 0) FROM mention")).scalar_one()
        first_customer = connection.execute(text("SELECT coalesce(max(id), 0) FROM customer")).scalar_one()
        first_case = connection.execute(text('SELECT coalesce(max(id), 0) FROM "case"')).scalar_one()
        values = {
            "rows": rows,
            "brand": into.brand_id,
            "account": into.id,
            "mention": first,
            "customer": first_customer,
            "case": first_case,
        }
        for statement in _statements(connection.dialect.name):
            connection.execute(text(statement), values)
        for statement in _figures(connection.dialect.name):
            connection.execute(
                text(statement), {"rows": rows, "brand": into.brand_id, "today": clock.now().date().isoformat()}
            )
        _move_counters(connection)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # as after a night: what autovacuum does to a million rows at once must not run beside what is measured
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")


def _statements(dialect: str) -> list[str]:
    numbers = f"FROM ({_NUMBERS[dialect]}) AS numbers"
    at = f"TIMESTAMPTZ {_AT}" if dialect == "postgresql" else _AT
    false, true = ("false", "true") if dialect == "postgresql" else ("0", "1")
    return [
        f"""INSERT INTO customer (id, brand_id, first_heard_at) SELECT :customer + n, :brand, {at} {numbers}""",
        f"""INSERT INTO identity (customer_id, channel, external_id, handle, name, followers, brand_id)
            SELECT :customer + n, 'x', 'h' || n, 'h' || n, 'h' || n, 10, :brand {numbers}""",
        f"""INSERT INTO mention (id, account_id, envelope_id, channel, external_id, thread, in_reply_to, author_id,
            author_handle, author_name, author_followers, text, posted_at, heard_at, replyable, brand_id)
            SELECT :mention + n, :account, 0, 'x', 'g' || n, 'g' || n, NULL, 'h' || n, 'h' || n, 'h' || n, 10,
            'how do I reset the clock on my bike after update number ' || n, {at}, {at}, {true}, :brand {numbers}""",
        f"""INSERT INTO assessment (mention_id, language, language_uncertain, sentiment, mood, intent, anger, urgency,
            topic, expertise, account_specific, must_staff, needs_reply, detail, version, assessed_at, brand_id)
            SELECT :mention + n, 'en', {false}, 0.1, 'neutral', 'question', 0, 1, 'tech', 0.2, {false}, 0.1, {true},
            '{{"reasons": {{}}}}', 'grown', {at}, :brand {numbers}""",
        f"""INSERT INTO "case" (id, account_id, customer_id, channel, thread, state, lane, lane_reason, closed_reason,
            mention_id, language, topic, intent, anger, urgency, expertise, must_staff, thread_revision, opened_at,
            offered_at, due_at, updated_at, brand_id)
            SELECT :case + n, :account, :customer + n, 'x', 'g' || n, 'answered', 'advocates', 'grown', NULL,
            :mention + n, 'en', 'tech', 'question', 0, 1, 0.2, 0.1, 1, {at}, {at}, {at}, {at}, :brand {numbers}""",
        f"""INSERT INTO case_mention (mention_id, case_id, brand_id)
            SELECT :mention + n, :case + n, :brand {numbers}""",
        f"""INSERT INTO heard_words (place, words, brand_id)
            SELECT (:mention + n) * 3, {_words(dialect)}, :brand {numbers}""",
    ]  # fmt: skip


def _words(dialect: str) -> str:
    """The words of one grown mention, as indexing would have noted them."""
    said = (
        "'how do i reset the clock on my bike after update number ' || n || ' h' || n || ' g' || n || ' @h' || n || "
        "' _brand_' || :brand || ' _kind_mention _language_en _intent_question _mood_neutral _topic_tech'"
    )
    return f"CAST({said} AS tsvector)" if dialect == "postgresql" else said


def _figures(dialect: str) -> list[str]:
    postgres = dialect == "postgresql"
    day = "CAST(:today AS DATE) - CAST(n % 180 AS INTEGER)" if postgres else "date(:today, '-' || (n % 180) || ' days')"
    about = "CASE n % 4 WHEN 0 THEN 'en' WHEN 1 THEN 'vi' WHEN 2 THEN 'zh' ELSE 'ko' END, 'topic ' || (n / 180 % 13)"
    numbers = f"FROM ({_NUMBERS[dialect]}) AS numbers"
    spans = ("up_to_5", "up_to_10", "up_to_15", "up_to_30", "up_to_60", "up_to_120", "up_to_240", "up_to_480")
    columns, zeros = ", ".join((*spans, "up_to_1440", "longer")), ", ".join(["0"] * 5)
    return [
        f"""INSERT INTO heard_day
            (brand_id, day, channel, language, topic, mentions, asking, positive, neutral, negative)
            SELECT :brand, {day}, 'x', {about}, count(*), count(*), 0, count(*), 0 {numbers} GROUP BY 2, 4, 5""",
        f"""INSERT INTO heard_hour (brand_id, day, hour, channel, language, topic, mentions)
            SELECT :brand, {day}, n / 7 % 24, 'x', {about}, count(*) {numbers} GROUP BY 2, 3, 5, 6""",
        f"""INSERT INTO promise_day (brand_id, day, answered_as, channel, language, topic, answers, kept, {columns})
            SELECT :brand, {day}, CASE n % 3 WHEN 0 THEN 'staff' ELSE 'advocates' END, 'x', {about}, count(*), count(*),
            {zeros}, count(*), {zeros.removesuffix(", 0")} {numbers} GROUP BY 2, 3, 5, 6""",
    ]  # fmt: skip


def _move_counters(connection: Connection) -> None:
    """Rows with given numbers do not move PostgreSQL's counters; SQLite counts from the largest by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in ("customer", "mention", "case"):
        connection.execute(
            text(f"""SELECT setval(pg_get_serial_sequence('"{table}"', 'id'), (SELECT max(id) FROM "{table}"))""")  # noqa: S608
        )
