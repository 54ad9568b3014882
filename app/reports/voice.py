"""What is being said: how much on which day and hour, in which mood, language and topic, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from app.kernel.db import session
from app.reports.reading import only
from app.reports.rules.periods import Part, Period
from app.reports.rules.shares import Change, Share
from listeners.counted import HeardDay, HeardHour


@dataclass(frozen=True, slots=True)
class Said:
    """What was heard on one day, or in one period."""

    mentions: int = 0
    asking: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0

    def __add__(self, other: Said) -> Said:
        """Both together."""
        return Said(*(getattr(self, name) + getattr(other, name) for name in _COUNTED))

    @property
    def sore(self) -> Share:
        """The negative ones among those whose mood is known."""
        return Share(self.negative, self.positive + self.neutral + self.negative)


_COUNTED = ("mentions", "asking", "positive", "neutral", "negative")


@dataclass(frozen=True, slots=True)
class Voice:
    """A period day by day, and its sum beside that of the one before it."""

    days: tuple[tuple[date, Said], ...]
    now: Said
    before: Said

    @property
    def mentions(self) -> Change:
        """Mentions then and now."""
        return Change(self.now.mentions, self.before.mentions)


@dataclass(frozen=True, slots=True)
class Row:
    """Mentions about one thing, then and now, and how many of them were sore."""

    name: str
    mentions: Change
    sore: Share


def voice(period: Period, part: Part) -> Voice:
    """What was heard in a period, by day."""
    before = period.before
    statement = (
        select(HeardDay.day, *(func.sum(getattr(HeardDay, name)) for name in _COUNTED))
        .where(HeardDay.day.between(before.first, period.last))
        .group_by(HeardDay.day)
    )
    found = {day: Said(*counts) for day, *counts in session.execute(only(statement, HeardDay, part))}

    def sum_of(days: Period) -> Said:
        return sum((said for day, said in found.items() if days.first <= day <= days.last), Said())

    return Voice(
        tuple((day, found.get(day, Said())) for day in period.days),
        sum_of(period),
        sum_of(before),
    )


def topics(period: Period, part: Part) -> tuple[Row, ...]:
    """Mentions by topic, the most talked about first."""
    return _by(HeardDay.topic, period, part)


def languages(period: Period, part: Part) -> tuple[Row, ...]:
    """Mentions by language, the most written first."""
    return _by(HeardDay.language, period, part)


def hours(period: Period, part: Part) -> tuple[tuple[int, ...], ...]:
    """Mentions by weekday (Monday first) and hour of the day, in UTC."""
    statement = (
        select(HeardHour.day, HeardHour.hour, func.sum(HeardHour.mentions))
        .where(HeardHour.day.between(period.first, period.last))
        .group_by(HeardHour.day, HeardHour.hour)
    )
    sums: Counter[tuple[int, int]] = Counter()
    for day, hour, mentions in session.execute(only(statement, HeardHour, part)):
        sums[day.weekday(), hour] += mentions
    return tuple(tuple(sums[weekday, hour] for hour in range(24)) for weekday in range(7))


def _by(column: Any, period: Period, part: Part) -> tuple[Row, ...]:
    before = period.before
    is_now = HeardDay.day >= period.first

    def now(counted: Any) -> Any:
        return func.sum(case((is_now, counted), else_=0))

    known = HeardDay.positive + HeardDay.neutral + HeardDay.negative
    statement = (
        select(column, now(HeardDay.mentions), func.sum(HeardDay.mentions), now(HeardDay.negative), now(known))
        .where(HeardDay.day.between(before.first, period.last))
        .group_by(column)
    )
    rows = [
        Row(name, Change(mentions, total - mentions), Share(negative, of))
        for name, mentions, total, negative, of in session.execute(only(statement, HeardDay, part))
        if total
    ]
    most: Callable[[Row], tuple[int, str]] = lambda row: (-row.mentions.now, row.name)  # noqa: E731
    return tuple(sorted(rows, key=most))
