"""When a case must be answered: by what it is, counted from when it was heard."""

from __future__ import annotations

from datetime import datetime, timedelta

ANGRY = 2
URGENT = 3


def promised_minutes(
    *, intent: str, anger: int, urgency: int, risky: bool, angry_minutes: int, minutes: int, praise_minutes: int
) -> int:
    """The brand's promise for a case of this kind, in minutes."""
    if risky or intent == "crisis" or anger >= ANGRY or urgency >= URGENT:
        return angry_minutes
    return praise_minutes if intent == "praise" else minutes


def due(heard_at: datetime, minutes: int) -> datetime:
    """The moment the promise is up. An old post that is heard today is promised from today."""
    return heard_at + timedelta(minutes=minutes)


def share_used(offered_at: datetime, due_at: datetime, at: datetime) -> float:
    """How much of the promise has passed, 0 at the offer, 1 when it is up, more when late."""
    whole = (due_at - offered_at).total_seconds()
    return max(0.0, (at - offered_at).total_seconds() / whole) if whole > 0 else 1.0
