"""Which days a report is about, the same number of days before them, and which part of the brand's talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

LENGTHS = (7, 28, 90)
"""Days that a person can choose; the middle one is shown first."""
USUAL = 28


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both ends included."""

    first: date
    last: date

    @classmethod
    def ending(cls, today: date, days: int) -> Period:
        """The last so many days, today included."""
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it, in order."""
        return tuple(self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1))

    @property
    def before(self) -> Period:
        """As many days, right before it."""
        length = timedelta(days=len(self.days))
        return Period(self.first - length, self.last - length)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of what is said that a report looks at; None is all of it."""

    channel: str | None = None
    language: str | None = None
    topic: str | None = None


def length_of(asked: str) -> int:
    """The number of days that a person asked for; the usual one when it is none of ours."""
    return int(asked) if asked in {str(length) for length in LENGTHS} else USUAL
