"""Figures and the audit as rows of a table, a piece at a time, and every cell made harmless for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, tuple_

from app.desk.counted import PromiseDay
from app.kernel.db import session
from app.reports.reading import only
from app.reports.rules.cells import harmless
from app.reports.rules.periods import Part, Period
from listeners.counted import HeardDay

AT_ONCE = 1000
"""Rows that are read, and sent, in one piece."""
HEARD = ("day", "network", "language", "topic", "mentions", "asking", "positive", "neutral", "negative")
ANSWERED = ("day", "answered_by", "network", "language", "topic", "answers", "kept_promise")

Key = tuple[Any, ...]


def heard(period: Period, part: Part, after: Key | None) -> list[Key]:
    """Mentions by day, network, language and topic, from behind the row with this key on; its first four columns."""
    key = (HeardDay.day, HeardDay.channel, HeardDay.language, HeardDay.topic)
    sums = (HeardDay.mentions, HeardDay.asking, HeardDay.positive, HeardDay.neutral, HeardDay.negative)
    statement = select(*key, *sums).where(HeardDay.day.between(period.first, period.last), HeardDay.mentions > 0)
    if after is not None:
        statement = statement.where(tuple_(*key) > after)
    rows = session.execute(only(statement, HeardDay, part).order_by(*key).limit(AT_ONCE))
    return [tuple(row) for row in rows]


def answered(period: Period, part: Part, after: Key | None) -> list[Key]:
    """Answers by the day on which the question came and who answered, from behind the row with this key on."""
    key = (PromiseDay.day, PromiseDay.answered_as, PromiseDay.channel, PromiseDay.language, PromiseDay.topic)
    statement = select(*key, PromiseDay.answers, PromiseDay.kept).where(
        PromiseDay.day.between(period.first, period.last), PromiseDay.answers > 0
    )
    if after is not None:
        statement = statement.where(tuple_(*key) > after)
    rows = session.execute(only(statement, PromiseDay, part).order_by(*key).limit(AT_ONCE))
    return [tuple(row) for row in rows]


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """The rows as text, every cell quoted, with the line ends that RFC 4180 asks for."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [harmless(cell) for cell in row] for row in rows
    )
    return text.getvalue()
