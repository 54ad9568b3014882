"""How soon a thread is read again: often while it is lively, ever more seldom as it grows quiet, then no more."""

from __future__ import annotations

from datetime import datetime, timedelta

SOONEST, LATEST = timedelta(minutes=2), timedelta(hours=6)
SHARE = 10
"""A thread that was quiet for an hour is read again after a tenth of that."""


def next_look(at: datetime, active_at: datetime, *, followed_for: timedelta) -> datetime | None:
    """When to read a thread next that was read at `at`, and in which something was said at `active_at` last."""
    quiet = at - active_at
    if quiet >= followed_for:
        return None
    return at + min(max(quiet / SHARE, SOONEST), LATEST)


LONGEST_BACK_OFF = timedelta(minutes=5)


def back_off(failures: int) -> timedelta:
    """How long to wait before a line that broke so often in a row is opened again: 1, 2, 4 … seconds, 5 minutes."""
    return min(timedelta(seconds=1 << min(failures, 12)), LONGEST_BACK_OFF)
