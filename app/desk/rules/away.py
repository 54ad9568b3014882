"""Putting a case away: for how long it may sleep, until when, and for which reasons it is closed without a reply."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOST_SLEEP = timedelta(days=30)
LEAST_WORDS = 3
MOST_WORDS = 200
CLOSE_REASONS = ("no_question", "answered_elsewhere", "duplicate", "not_for_us", "abuse", "cannot_help", "other")
"""Why a case is closed without a reply; `other` needs words."""
SLEEPS = ("hour", "evening", "morning", "date")
"""In an hour, today at 18:00, tomorrow at 9:00, at 9:00 of a day."""
_EVENING, _MORNING = time(18), time(9)


def sleep_until(choice: str, *, now: datetime, zone: str = "", day: str = "") -> datetime | None:
    """The moment a choice of SLEEPS means where the reader is (an IANA zone; UTC when it is unknown).

    None when it means none: no such choice, or a `day` (as in 2026-03-31) that is no day. An evening that has begun
    is tomorrow's.
    """
    here = _zone(zone)
    today = now.astimezone(here)
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "evening":
        tonight = datetime.combine(today.date(), _EVENING, here)
        return _utc(tonight if tonight > today else datetime.combine(today.date() + timedelta(days=1), _EVENING, here))
    if choice == "morning":
        return _utc(datetime.combine(today.date() + timedelta(days=1), _MORNING, here))
    if choice == "date":
        try:
            return _utc(datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), _MORNING, here))  # noqa: DTZ007
        except (ValueError, OverflowError):
            return None
    return None


def sleep_problem(until: datetime | None, reason: str, *, now: datetime) -> str | None:
    """Why a case cannot be put to sleep so, in words; None when it can."""
    if until is None or until <= now:
        return "Choose a moment that is still to come."
    if until - now > MOST_SLEEP:
        return "A case may sleep for 30 days at most."
    return words_problem(reason)


def close_problem(reason: str, words: str) -> str | None:
    """Why a case cannot be closed so, in words; None when it can."""
    if reason not in CLOSE_REASONS:
        return "Choose why no reply is needed."
    if reason == "other" or words.strip():
        return words_problem(words)
    return None


def words_problem(words: str) -> str | None:
    """What is wrong with a word why; None when nothing is."""
    length = len(words.strip())
    if length < LEAST_WORDS:
        return "Say in a few words why, for the colleague who finds it next."
    return f"At most {MOST_WORDS} characters, please." if length > MOST_WORDS else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
