"""Business hours: counted as the clock on the wall counts, minute by minute, also where it jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.brands.hours import Hours, after, counted, is_open, week_of, written
from app.desk.rules.promise import due, share_used, tale

NINE_TO_FIVE = ((540, 1020),)
OFFICE = Hours(zone="America/New_York", week=(NINE_TO_FIVE,) * 5 + ((), ()))
MINUTE = timedelta(minutes=1)


def moment(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("heard", "minutes", "up"),
    [
        ("2026-11-18T10:00", 120, "2026-11-18T12:00"),  # within a day
        ("2026-11-18T16:30", 120, "2026-11-19T10:30"),  # the rest of it tomorrow
        ("2026-11-20T16:30", 120, "2026-11-23T10:30"),  # over a week-end
        ("2026-11-21T03:00", 60, "2026-11-23T10:00"),  # heard while closed
        ("2026-11-18T15:00", 120, "2026-11-18T17:00"),  # exactly to the end
        ("2026-11-18T17:00", 1, "2026-11-19T09:01"),
    ],
)
def test_a_promise_counts_open_minutes_only(heard: str, minutes: int, up: str) -> None:
    assert due(moment(heard), minutes, OFFICE) == moment(up)


def test_a_holiday_is_a_closed_day() -> None:
    away = OFFICE.model_copy(update={"holidays": (date(2026, 11, 26), date(2026, 11, 27))})
    assert due(moment("2026-11-25T16:00"), 120, away) == moment("2026-11-30T10:00")


def test_without_hours_every_minute_counts() -> None:
    heard = moment("2026-11-21T03:00")
    assert due(heard, 120) == heard + timedelta(minutes=120)
    assert is_open(heard, None)


@pytest.mark.parametrize(
    ("day", "open_minutes"),
    [(date(2026, 3, 8), 120), (date(2026, 11, 1), 240), (date(2026, 11, 2), 180)],
    ids=["an hour is left out", "an hour comes twice", "an ordinary day"],
)
def test_hours_across_a_jump_of_the_clock_have_what_the_wall_shows(day: date, open_minutes: int) -> None:
    nightly = Hours(zone="America/New_York", week=(((0, 180),),) * 7)
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("America/New_York"))
    assert counted(start, start + timedelta(hours=12), nightly) == timedelta(minutes=open_minutes)


def test_a_span_that_begins_in_a_skipped_hour_begins_at_the_jump() -> None:
    early = Hours(zone="Europe/Berlin", week=(((150, 300),),) * 7)  # 02:30 is never on 29 March
    assert due(moment("2026-03-29T00:00", "Europe/Berlin"), 1, early) == moment("2026-03-29T03:01", "Europe/Berlin")


SPAN = st.tuples(st.integers(0, 1438), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
WEEK = st.lists(st.lists(SPAN, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple)
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]
JUMPS = ["2026-03-08T04:00", "2026-11-01T03:00", "2026-03-29T00:00", "2026-10-25T00:00", "2026-04-04T14:00"]


@settings(max_examples=30, deadline=None)
@given(WEEK, st.sampled_from(ZONES), st.sampled_from(JUMPS), st.integers(0, 2880), st.integers(1, 1500))
@example((((0, 1440),),) * 7, "America/Havana", "2026-11-01T03:00", 0, 200)
@example((((0, 59),),) * 7, "America/Havana", "2026-11-01T03:00", 0, 1)
def test_counting_is_what_looking_at_the_wall_every_minute_gives(
    week: tuple[tuple[tuple[int, int], ...], ...], zone: str, near: str, ahead: int, wanted: int
) -> None:
    try:
        hours = Hours(zone=zone, week=week, holidays=(date(2026, 3, 9),))
    except ValidationError:
        return
    start = datetime.fromisoformat(near).replace(tzinfo=UTC) + timedelta(minutes=ahead)
    looked = sum(is_open(start + MINUTE * minute, hours) for minute in range(2000))
    assert counted(start, start + MINUTE * 2000, hours) == MINUTE * looked
    up = due(start, wanted, hours)
    assert counted(start, up, hours) == MINUTE * wanted
    assert is_open(up - MINUTE, hours)
    assert after(start, counted(start, up, hours), hours) == up


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 20_000), st.integers(5, 3000), st.integers(0, 20_000))
def test_counted_and_paused_minutes_are_all_minutes_and_the_share_grows(heard: int, minutes: int, later: int) -> None:
    offered = moment("2026-10-26T00:00") + MINUTE * heard
    up = due(offered, minutes, OFFICE)
    at = offered + MINUTE * later
    told = tale(offered, up, at, OFFICE)
    assert told.promised == minutes
    assert MINUTE * (told.counted + told.paused) == min(at, up) - offered
    assert 0 <= share_used(offered, up, at, OFFICE) <= share_used(offered, up, at + MINUTE, OFFICE)
    assert (share_used(offered, up, at, OFFICE) >= 1) is (at >= up or told.counted == minutes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"week": ((),) * 7},
        {"week": (((0, 30),),) + ((),) * 6},
        {"week": (((600, 540),),) + (NINE_TO_FIVE,) * 6},
        {"week": (((600, 1441),),) + (NINE_TO_FIVE,) * 6},
        {"week": (NINE_TO_FIVE,) * 6},
    ],
)
def test_hours_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    given_ = {"zone": "UTC", "week": (NINE_TO_FIVE,) * 7} | wrong
    with pytest.raises(ValidationError):
        Hours.model_validate(given_)


def test_hours_are_written_as_people_write_them() -> None:
    days = ["9:00-12:00, 13-17:30", "22:00–6:00", "", "0-24", "8.15 - 12h30", "", "23:00-0:00"]
    week = week_of(days)
    assert [written(day) for day in week] == [
        "9:00-12:00, 13:00-17:30", "22:00-24:00", "0:00-6:00", "0:00-24:00", "8:15-12:30", "", "23:00-24:00",
    ]  # fmt: skip
    assert week_of([written(day) for day in week]) == week


@pytest.mark.parametrize("wrong", ["nine to five", "9:00-25:00", "9:00-9:00", "24:00-25:00", "9:75-10:00", "9:00"])
def test_what_is_no_span_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        week_of(["9:00-17:00", wrong, "", "", "", "", ""])
