"""When a brand is open: weekly hours on its own clock, holidays, and how many open minutes lie between two moments.

A moment is open when the clock on the wall there shows a time within one of that day's spans. Where the wall clock
jumps, the minutes it leaves out are nobody's, and those it shows twice count twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DAY = 24 * 60
LEAST_OPEN = 60
"""Minutes a week; with fewer, a promise would lie years ahead."""
MOST_HOLIDAYS = 400

_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Span = tuple[int, int]
"""From a minute of the day up to another, which is outside; 1440 is midnight at the day's end."""


class Hours(BaseModel):
    """Weekly hours, Monday first, in a time zone of the world, without the holidays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = "UTC"
    week: tuple[tuple[Span, ...], ...] = Field(min_length=7, max_length=7)
    holidays: tuple[date, ...] = Field(default=(), max_length=MOST_HOLIDAYS)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("there is no such time zone")
        return zone

    @field_validator("week")
    @classmethod
    def _joined(cls, week: tuple[tuple[Span, ...], ...]) -> tuple[tuple[Span, ...], ...]:
        """Spans in order; those that touch or overlap are one."""
        return tuple(tuple(_merged(day)) for day in week)

    @field_validator("holidays")
    @classmethod
    def _in_order(cls, holidays: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(holidays)))

    @model_validator(mode="after")
    def _is_open_at_all(self) -> Hours:
        if sum(end - start for day in self.week for start, end in day) < LEAST_OPEN:
            raise ValueError("a week needs at least one open hour")
        return self


def is_open(at: datetime, hours: Hours | None) -> bool:
    """Whether the brand is open at this moment; without hours it always is."""
    if hours is None:
        return True
    there = at.astimezone(ZoneInfo(hours.zone))
    minute = there.hour * 60 + there.minute
    return there.date() not in hours.holidays and any(
        start <= minute < end for start, end in hours.week[there.weekday()]
    )


def after(since: datetime, open_for: timedelta, hours: Hours | None) -> datetime:
    """The earliest moment by which the brand was open for so long since then."""
    if hours is None:
        return since + open_for
    left = open_for
    for start, end in _open_spans(since, hours):
        if end - start >= left:
            return start + left
        left -= end - start
    raise AssertionError("an open hour comes every week")


def counted(since: datetime, until: datetime, hours: Hours | None) -> timedelta:
    """For how long the brand was open between two moments; zero when the second comes first."""
    if hours is None or until <= since:
        return max(timedelta(0), until - since)
    total = timedelta(0)
    for start, end in _open_spans(since, hours):
        if start >= until:
            break
        total += min(end, until) - start
    return total


def _open_spans(since: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Spans of UTC during which the brand is open, from a moment on, in order and apart from each other, for ever."""
    zone, at = ZoneInfo(hours.zone), since.astimezone(UTC)
    day = since.astimezone(zone).date() - timedelta(days=1)
    while True:
        spans = () if day in hours.holidays else hours.week[day.weekday()]
        for shift, begins, ends in _stretches(day, zone) if spans else ():
            midnight = datetime.combine(day, time(), UTC) - shift
            for start, end in spans:
                opens = max(midnight + timedelta(minutes=start), begins, at)
                closes = min(midnight + timedelta(minutes=end), ends)
                if closes > opens:
                    yield opens, closes
        day += timedelta(days=1)


def _stretches(day: date, zone: ZoneInfo) -> tuple[tuple[timedelta, datetime, datetime], ...]:
    """How far the wall clock is ahead of UTC that day, and from when until when: two stretches where it jumps."""
    morning = datetime.combine(day, time(), zone)
    night = datetime.combine(day + timedelta(days=1), time(), zone).replace(fold=1)
    first, last = _shift(morning), _shift(night)
    if first == last:
        return ((first, _EVER, _NEVER),)
    low, high = int(morning.timestamp()), int(night.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _shift(datetime.fromtimestamp(middle, zone)) == first:
            low = middle
        else:
            high = middle
    jump = datetime.fromtimestamp(high, UTC)
    return ((first, _EVER, jump), (last, jump, _NEVER))


def _shift(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta(0)


def _merged(day: tuple[Span, ...]) -> Iterator[Span]:
    if any(not 0 <= start < end <= DAY for start, end in day):
        raise ValueError("a span begins before it ends, within one day")
    last: Span | None = None
    for start, end in sorted(day):
        if last is None:
            last = (start, end)
        elif start <= last[1]:
            last = (last[0], max(last[1], end))
        else:
            yield last
            last = (start, end)
    if last is not None:
        yield last


_SPAN = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.h](\d{2}))?")


def week_of(days: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """A week from seven lines as people write them, Monday first: "9:00-12:00, 13-17:30", over midnight "22:00-6:00".

    Raises:
        ValueError: with the place and the words that are no span.

    """
    week: list[list[Span]] = [[] for _ in range(7)]
    for number, line in enumerate(days):
        for part in filter(None, (part.strip() for part in re.split("[,;、，]", line))):
            found = _SPAN.fullmatch(part)
            start, end = (_minute(*found.group(1, 2)), _minute(*found.group(3, 4))) if found else (DAY, DAY)
            if start >= DAY or end > DAY or start == end:
                raise ValueError(part)
            if start < end:
                week[number].append((start, end))
            else:
                week[number].append((start, DAY))
                week[(number + 1) % 7] += [(0, end)] if end else []
    return tuple(tuple(day) for day in week)


def written(day: Sequence[Span]) -> str:
    """A day's spans as people write them."""
    return ", ".join(f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}" for start, end in day)


def _minute(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0) if int(minute or 0) < 60 else DAY  # noqa: PLR2004
