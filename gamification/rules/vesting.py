"""When pending points become one's own: half after 48 hours, half after 7 days, all of it a day after thanks (F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_AFTER = timedelta(hours=48)
SECOND_AFTER = timedelta(days=7)
AFTER_THANKS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an award and the moment it vests."""

    part: int
    points: int
    due_at: datetime


def steps(points: int, published_at: datetime) -> tuple[Step, ...]:
    """Both halves; an odd point comes with the first. The parts always sum to the whole."""
    first = points - points // 2
    return (Step(1, first, published_at + FIRST_AFTER), Step(2, points - first, published_at + SECOND_AFTER))


def after_thanks(due_at: datetime, thanked_at: datetime) -> datetime:
    """A part's new moment once the customer said thanks: never later than it was."""
    return min(due_at, thanked_at + AFTER_THANKS)
