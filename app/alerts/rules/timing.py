"""When a mail about an alert may leave: the digest's hours, quiet hours on the member's own wall clock, and pauses.

Wall clocks jump twice a year: an hour that is left out is nobody's quiet hour, one that comes twice is quiet twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from app.alerts.rules.kinds import KINDS, WAYS, Way

Digest = Literal["hour", "morning", "never"]
DIGESTS: tuple[Digest, ...] = get_args(Digest)
MORNING = 8
"""The hour of a morning's digest, on the member's own clock."""
DAY = 24 * 60
MOST_QUIET = 16 * 60
"""Minutes a day: with more, what is meant is a pause."""
MOST_PAUSE = 90
"""Days."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member has chosen, or what holds until then. Quiet hours are minutes of the day; equal ones are none."""

    ways: Mapping[str, Way] = field(default_factory=dict)
    digest: Digest = "hour"
    quiet_from: int = 21 * 60
    quiet_to: int = 8 * 60
    zone: str = "UTC"
    paused_until: datetime | None = None

    def way(self, kind: str) -> Way:
        """How alerts of this kind reach them."""
        return self.ways.get(kind, KINDS[kind].way)


def is_quiet(at: datetime, wish: Wish) -> bool:
    """Whether the member's own clock stands within their quiet hours."""
    there = at.astimezone(ZoneInfo(wish.zone))
    minute = there.hour * 60 + there.minute
    if wish.quiet_from <= wish.quiet_to:
        return wish.quiet_from <= minute < wish.quiet_to
    return minute >= wish.quiet_from or minute < wish.quiet_to


def allowed_from(at: datetime, wish: Wish) -> datetime:
    """The earliest moment, not before `at`, at which a mail may leave: outside of quiet hours and pauses."""
    if wish.paused_until is not None and wish.paused_until > at:
        at = wish.paused_until
    if not is_quiet(at, wish):
        return at
    ends = (end for end in _on_the_wall(at, wish.quiet_to, wish.zone) if not is_quiet(end, wish))
    return min(end for end in ends if end >= at)


def mail_at(at: datetime, way: Way, wish: Wish) -> datetime | None:
    """When the mail about an alert of this moment may leave; None when there is to be none."""
    if way not in {"email", "at_once"} or (way == "email" and wish.digest == "never"):
        return None
    if way == "at_once":
        return allowed_from(at, wish)
    if wish.digest == "hour":
        return allowed_from(at.replace(minute=0, second=0, microsecond=0) + _HOUR, wish)
    return allowed_from(min(one for one in _on_the_wall(at, MORNING * 60, wish.zone) if one > at), wish)


def wish_problem(wish: Wish) -> str | None:
    """Why somebody cannot wish for this; None when they can."""
    if any(kind not in KINDS or way not in WAYS for kind, way in wish.ways.items()):
        return "Choose one of the four ways for each kind of alert."
    if wish.digest not in DIGESTS:
        return "Choose a digest every hour, in the morning, or never."
    if wish.zone not in available_timezones():
        return "There is no such time zone. Choose one of the list, as in Europe/Berlin."
    if not (0 <= wish.quiet_from < DAY and 0 <= wish.quiet_to < DAY):
        return "Quiet hours begin and end at a time of the day, as in 21:00."
    if (wish.quiet_to - wish.quiet_from) % DAY > MOST_QUIET:
        return "Quiet hours last at most 16 hours a day. To get no mails for days, pause them."
    return None


def pause_problem(days: int) -> str | None:
    """Why mails cannot pause for so many days; None when they can."""
    return None if 1 <= days <= MOST_PAUSE else f"A pause lasts 1 to {MOST_PAUSE} days."


def _on_the_wall(at: datetime, minute: int, zone: str) -> list[datetime]:
    """When the clock on the wall there shows this minute of the day: the times around `at`, both of one that is twice.

    A time that is left out is the moment as long after the jump as it would have been after the hour before.
    """
    there = ZoneInfo(zone)
    day = at.astimezone(there).date()
    shown = time(minute // 60, minute % 60)
    return sorted(
        datetime.combine(day + timedelta(days=step), shown, there).replace(fold=fold).astimezone(UTC)
        for step in (-1, 0, 1, 2)
        for fold in (0, 1)
    )
