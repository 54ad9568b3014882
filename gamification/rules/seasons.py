"""Weeks and seasons: which one a moment is in, and when they begin. A season is ten weeks (TRUST, F12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_WEEK = timedelta(days=7)
WEEKS = 10


def week_of(at: datetime) -> int:
    """The number of the week that a moment is in, from Monday to Sunday in UTC."""
    return (at - _FIRST_MONDAY) // _WEEK


def begins(week: int) -> datetime:
    """The Monday on which a week begins."""
    return _FIRST_MONDAY + week * _WEEK


def season_of(week: int) -> range:
    """The weeks of the season that a week belongs to."""
    first = week - week % WEEKS
    return range(first, first + WEEKS)
