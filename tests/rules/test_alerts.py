"""When a mail about an alert may leave, on every wall clock and over its jumps; and when somebody is told again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alerts.rules.kinds import KINDS, WAYS, is_due, kinds_for, suits
from app.alerts.rules.timing import DIGESTS, MOST_QUIET, Wish, allowed_from, is_quiet, mail_at, wish_problem

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
ZONES = ("UTC", BERLIN, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "Asia/Ho_Chi_Minh", "America/St_Johns", "Pacific/Apia")
NIGHT = {"quiet_from": 22 * 60, "quiet_to": 7 * 60}
JUMPS = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
)

moments = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(JUMPS).flatmap(lambda at: st.timedeltas(timedelta(days=-1), timedelta(days=1)).map(at.__add__)),
)
wishes = st.builds(
    lambda start, length, zone, digest: Wish({}, digest, start, (start + length) % 1440, zone),
    st.integers(0, 1439),
    st.integers(0, MOST_QUIET),
    st.sampled_from(ZONES),
    st.sampled_from(DIGESTS),
)


def there(zone: str, *parts: int, fold: int = 0) -> datetime:
    """A moment by the clock on the wall of a zone."""
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]


@given(moments, wishes)
def test_no_mail_leaves_in_quiet_hours_and_none_waits_for_ever(at: datetime, wish: Wish) -> None:
    assert wish_problem(wish) is None
    may = allowed_from(at, wish)
    assert may >= at
    assert not is_quiet(may, wish)
    assert may - at <= timedelta(minutes=MOST_QUIET, hours=2)
    assert (may == at) is not is_quiet(at, wish)
    assert allowed_from(may, wish) == may


@given(moments, wishes)
def test_a_digest_comes_within_its_time_and_after_what_it_tells(at: datetime, wish: Wish) -> None:
    leaves = mail_at(at, "email", wish)
    if wish.digest == "never":
        assert leaves is None
        return
    assert leaves is not None
    assert at < leaves
    assert not is_quiet(leaves, wish)
    longest = timedelta(hours=1 if wish.digest == "hour" else 25)
    assert leaves - at <= longest + timedelta(minutes=MOST_QUIET, hours=2)


@given(moments, st.sampled_from(ZONES))
def test_the_morning_s_digest_comes_at_eight_by_the_member_s_own_clock(at: datetime, zone: str) -> None:
    leaves = mail_at(at, "email", Wish({}, "morning", 0, 0, zone))
    assert leaves is not None
    local = leaves.astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == (8, 0)


@pytest.mark.parametrize(
    ("at", "wish", "leaves"),
    [
        (there(BERLIN, 2026, 6, 1, 23, 30), Wish(zone=BERLIN, **NIGHT), there(BERLIN, 2026, 6, 2, 7)),
        (there(BERLIN, 2026, 6, 1, 12, 30), Wish(zone=BERLIN, **NIGHT), there(BERLIN, 2026, 6, 1, 12, 30)),
        (there(BERLIN, 2026, 6, 1, 7), Wish(zone=BERLIN, **NIGHT), there(BERLIN, 2026, 6, 1, 7)),
        (there(BERLIN, 2026, 3, 28, 23), Wish(zone=BERLIN, **NIGHT), there(BERLIN, 2026, 3, 29, 7)),
        (there(BERLIN, 2026, 10, 24, 23), Wish(zone=BERLIN, **NIGHT), there(BERLIN, 2026, 10, 25, 7)),
        # an end of the quiet that the clock leaves out: as long after the jump
        (there(BERLIN, 2026, 3, 29, 1), Wish({}, "hour", 0, 150, BERLIN), there(BERLIN, 2026, 3, 29, 3, 30)),
        # an end that comes twice: quiet ends with the first, and the hour that is shown again is quiet again
        (there(NEW_YORK, 2026, 11, 1, 0, 30), Wish({}, "hour", 0, 90, NEW_YORK), there(NEW_YORK, 2026, 11, 1, 1, 30)),
        (
            there(NEW_YORK, 2026, 11, 1, 1, 10, fold=1),
            Wish({}, "hour", 0, 90, NEW_YORK),
            there(NEW_YORK, 2026, 11, 1, 1, 30, fold=1),
        ),
    ],
)
def test_a_mail_at_once_waits_for_the_end_of_the_quiet(at: datetime, wish: Wish, leaves: datetime) -> None:
    assert mail_at(at, "at_once", wish) == leaves


def test_a_pause_holds_mails_back_and_then_quiet_hours_do() -> None:
    at = there(BERLIN, 2026, 6, 1, 12)
    night = there(BERLIN, 2026, 6, 4, 23)
    wish = Wish(zone=BERLIN, paused_until=night, **NIGHT)
    assert mail_at(at, "at_once", wish) == there(BERLIN, 2026, 6, 5, 7)
    assert mail_at(there(BERLIN, 2026, 6, 5, 9), "at_once", wish) == there(BERLIN, 2026, 6, 5, 9)


@pytest.mark.parametrize("way", WAYS)
def test_only_two_ways_end_in_a_mail(way: str) -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert (mail_at(at, way, Wish()) is not None) is (way in {"email", "at_once"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (Wish(zone="Nowhere/Land"), "time zone"),
        (Wish(quiet_from=-1), "time of the day"),
        (Wish(quiet_from=0, quiet_to=1440), "time of the day"),
        (Wish(quiet_from=0, quiet_to=17 * 60), "16 hours"),
        (Wish(ways={"judged": "loudly"}), "four ways"),  # type: ignore[dict-item]
        (Wish(ways={"gossip": "off"}), "four ways"),
        (Wish(digest="yearly"), "digest"),  # type: ignore[arg-type]
        (Wish(), None),
        (Wish(quiet_from=600, quiet_to=600), None),
    ],
)
def test_what_cannot_be_wished_for_is_said(wish: Wish, word: str | None) -> None:
    problem = wish_problem(wish)
    assert (problem is None) if word is None else (word in (problem or ""))


def test_a_gathered_kind_is_told_again_after_its_rest_and_only_for_something_new() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    rest, told = timedelta(minutes=30), now - timedelta(minutes=31)
    assert is_due([now], told_at=None, rest=rest, now=now)
    assert not is_due([], told_at=None, rest=rest, now=now)
    assert is_due([now - timedelta(minutes=5)], told_at=told, rest=rest, now=now)
    assert not is_due([told], told_at=told, rest=rest, now=now)
    assert not is_due([now], told_at=now - timedelta(minutes=29), rest=rest, now=now)


def test_advocates_are_told_of_topics_they_know_and_left_on() -> None:
    assert suits("tech", knows=("tech",), topics_off=())
    assert suits("tech", knows=(), topics_off=())
    assert not suits("billing", knows=("tech",), topics_off=())
    assert not suits("tech", knows=("tech",), topics_off=("tech",))


def test_what_concerns_staff_is_no_advocate_s() -> None:
    assert not {"named", "hot", "late", "unknown", "halted", "appealed"} & set(kinds_for("advocate"))
    assert not {"offered", "taken_back"} & set(kinds_for("moderator"))
    assert set(kinds_for("advocate")) | set(kinds_for("manager")) == KINDS.keys()
