"""When a case must be answered: by what it is, counted from when it was heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.brands.hours import Hours, after, counted

ANGRY = 2
URGENT = 3


def promised_minutes(
    *, intent: str, anger: int, urgency: int, risky: bool, angry_minutes: int, minutes: int, praise_minutes: int
) -> int:
    """The brand's promise for a case of this kind, in minutes."""
    if risky or intent == "crisis" or anger >= ANGRY or urgency >= URGENT:
        return angry_minutes
    return praise_minutes if intent == "praise" else minutes


def due(heard_at: datetime, minutes: int, hours: Hours | None = None) -> datetime:
    """The moment the promise is up: so many open minutes after it was heard. Without hours every minute is open.

    An old post that is heard today is promised from today.
    """
    return after(heard_at, timedelta(minutes=minutes), hours)


def share_used(offered_at: datetime, due_at: datetime, at: datetime, hours: Hours | None = None) -> float:
    """How much of the promise has passed, 0 at the offer, 1 when it is up, more when late; closed time is not counted.

    Once it is late every minute counts, so that a late case never looks punctual because the brand has closed.
    """
    whole = counted(offered_at, due_at, hours)
    if not whole:
        return 1.0
    late = max(timedelta(0), at - due_at)
    return (counted(offered_at, min(at, due_at), hours) + late) / whole


@dataclass(frozen=True, slots=True)
class Tale:
    """What a promise's clock did until a moment: minutes that counted, that it was paused, and that were promised."""

    counted: int
    paused: int
    promised: int


def tale(offered_at: datetime, due_at: datetime, at: datetime, hours: Hours | None = None) -> Tale:
    """The clock's tale until now, or until the promise was up."""
    until = max(offered_at, min(at, due_at))
    ran, promised = counted(offered_at, until, hours), counted(offered_at, due_at, hours)
    return Tale(_minutes(ran), _minutes(until - offered_at - ran), _minutes(promised))


def _minutes(span: timedelta) -> int:
    return round(span / timedelta(minutes=1))
