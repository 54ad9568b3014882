"""From heard to answered: how much came, how much of it asked for a reply, who answered, how fast, and in time or not.

A question counts on the day on which it reached us. While it waits it is counted from its live case; once it is
answered, from the desk's figures by day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import case, func, select

from app.desk.counted import PromiseDay
from app.desk.rules.waiting import SPANS, quantile
from app.kernel.db import session
from app.reports.reading import day_of, live_cases, only
from app.reports.rules.periods import Part, Period
from app.reports.rules.shares import Change, Share

ANSWERERS = ("advocates", "staff", "outside")
"""Who may have answered, in the order in which pages name them."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one kind: how many, how many of them in time, and how long they were waited for."""

    number: int = 0
    kept: int = 0
    waited: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Answers) -> Answers:
        """Both together."""
        return Answers(self.number + other.number, self.kept + other.kept, self.waited + other.waited)

    @property
    def in_time(self) -> Share:
        """The answers that came before their promise was up."""
        return Share(self.kept, self.number)

    @property
    def median(self) -> float | None:
        """Minutes under which half of the answers came; about, within the span that it falls into."""
        return quantile(self.waited, 0.5)

    @property
    def slow(self) -> float | None:
        """Minutes under which nine of ten answers came."""
        return quantile(self.waited, 0.9)


@dataclass(frozen=True, slots=True)
class Live:
    """Live cases of one lane and day: how many wait, and how many of them longer than was promised."""

    lane: str
    day: date
    waiting: int
    overdue: int
    oldest_due: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """What became of the questions of one day."""

    day: date
    kept: int
    late: int
    waiting: int
    """Not answered (or no more), whether or not its promise is up."""

    @property
    def asked(self) -> int:
        """All of them."""
        return self.kept + self.late + self.waiting


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the questions of a period."""

    by: dict[str, Answers]
    taken_down: int
    waiting: int
    overdue: int

    @property
    def answers(self) -> Answers:
        """Everybody's answers together."""
        return sum((self.by[name] for name in ANSWERERS), Answers())

    @property
    def asked(self) -> int:
        """Questions that came."""
        return self.answers.number + self.taken_down + self.waiting

    @property
    def answered(self) -> Share:
        """Of those that came, the ones that were answered."""
        return Share(self.answers.number, self.asked)

    @property
    def promise(self) -> Share:
        """Of those whose promise is up or that were answered, the ones that were answered in time."""
        return Share(self.answers.kept, self.answers.number + self.taken_down + self.overdue)


@dataclass(frozen=True, slots=True)
class Funnel:
    """A period and the one before it."""

    now: Outcome
    before: Outcome
    days: tuple[Day, ...]

    @property
    def asked(self) -> Change:
        """Questions then and now."""
        return Change(self.now.asked, self.before.asked)


def live(part: Part, at: datetime) -> tuple[Live, ...]:
    """What waits now, by lane and by the day on which it came; read from the cases themselves, through live indexes."""
    found = live_cases(part)
    day = day_of(found.c.offered_at).label("day")
    rows = session.execute(
        select(
            found.c.lane,
            day,
            func.count(),
            func.coalesce(func.sum(case((found.c.due_at < at, 1), else_=0)), 0),
            func.min(found.c.due_at),
        ).group_by(found.c.lane, day)
    )
    return tuple(Live(*row) for row in rows)


def funnel(period: Period, part: Part, waiting: tuple[Live, ...]) -> Funnel:
    """What became of the questions of a period and of the one before it. `waiting` is what `live` found."""
    before = period.before
    spans = [func.sum(getattr(PromiseDay, name)) for name in SPANS]
    statement = (
        select(PromiseDay.day, PromiseDay.answered_as, func.sum(PromiseDay.answers), func.sum(PromiseDay.kept), *spans)
        .where(PromiseDay.day.between(before.first, period.last))
        .group_by(PromiseDay.day, PromiseDay.answered_as)
    )
    ended: dict[tuple[date, str], Answers] = {}
    for day, answered_as, number, kept, *counts in session.execute(only(statement, PromiseDay, part)):
        ended[day, answered_as] = Answers(number, kept, Counter(dict(zip(SPANS, counts, strict=True))))
    return Funnel(
        _outcome(period, ended, waiting),
        _outcome(before, ended, waiting),
        tuple(_day(day, ended, waiting) for day in period.days),
    )


def _outcome(period: Period, ended: dict[tuple[date, str], Answers], waiting: tuple[Live, ...]) -> Outcome:
    by = dict.fromkeys((*ANSWERERS, "taken_down"), Answers())
    for (day, answered_as), answers in ended.items():
        if period.first <= day <= period.last:
            by[answered_as] += answers
    there = [row for row in waiting if period.first <= row.day <= period.last]
    return Outcome(
        {name: by[name] for name in ANSWERERS},
        by["taken_down"].number,
        sum(row.waiting for row in there),
        sum(row.overdue for row in there),
    )


def _day(day: date, ended: dict[tuple[date, str], Answers], waiting: tuple[Live, ...]) -> Day:
    answers = sum((ended.get((day, name), Answers()) for name in ANSWERERS), Answers())
    down = ended.get((day, "taken_down"), Answers()).number
    there = sum(row.waiting for row in waiting if row.day == day)
    return Day(day, answers.kept, answers.number - answers.kept, down + there)
