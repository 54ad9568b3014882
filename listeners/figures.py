"""Count what was heard, once, in the transaction that judged it; recount from the rows when asked to.

A mention without an assessment is not counted yet. Whoever changes a stored assessment calls `moved` with what it said
before and says now, in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.kernel.db import current_brand, session
from app.kernel.upsert import Sums, add_up, empty
from listeners.counted import HeardDay, HeardHour
from listeners.models import Assessment, Mention

_AT_ONCE = 5000
"""Rows that a recount reads in one go."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What counts of one mention and its assessment."""

    heard_at: datetime
    channel: str
    language: str
    topic: str
    mood: str
    needs_reply: bool


def count(judged: Iterable[Judged]) -> None:
    """Add these mentions to the figures of the brand in scope. Call it last: it holds the day's rows until the end."""
    _add(judged, 1)


def moved(before: Judged, after: Judged) -> None:
    """A mention that was counted as `before` is one of `after` from now on."""
    _add([before], -1)
    _add([after], 1)


def rebuild() -> None:
    """Recount the figures of the brand in scope from its mentions. Nobody counts meanwhile; what is heard waits."""
    empty(HeardDay)
    empty(HeardHour)
    last = 0
    while rows := session.execute(
        select(Mention.id, Mention.heard_at, Mention.channel, *_JUDGED)
        .join(Assessment, Assessment.mention_id == Mention.id)
        .where(Mention.id > last)
        .order_by(Mention.id)
        .limit(_AT_ONCE)
    ).all():
        _add((Judged(*row[1:]) for row in rows), 1)
        last = rows[-1].id


_JUDGED = (Assessment.language, Assessment.topic, Assessment.mood, Assessment.needs_reply)


def _add(judged: Iterable[Judged], times: int) -> None:
    brand_id = current_brand()
    days: Sums = {}
    hours: Sums = {}
    for one in judged:
        day, about = one.heard_at.date(), (one.channel, one.language, one.topic)
        of_day: Counter[str] = days.setdefault((brand_id, day, *about), Counter())
        of_day["mentions"] += times
        of_day["asking"] += times * one.needs_reply
        if one.mood in _MOODS:
            of_day[one.mood] += times
        hours.setdefault((brand_id, day, one.heard_at.hour, *about), Counter())["mentions"] += times
    add_up(HeardDay, days)
    add_up(HeardHour, hours)


_MOODS = frozenset({"positive", "neutral", "negative"})


def judged_of(mention: Any, assessed: dict[str, Any]) -> Judged:
    """What counts of a mention's row and the columns of its assessment."""
    return Judged(
        mention.heard_at,
        mention.channel,
        assessed["language"],
        assessed["topic"],
        assessed["mood"],
        assessed["needs_reply"],
    )
