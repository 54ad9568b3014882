"""For any hour it can be said what was listened to and whether it is whole; what is not is said to managers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from app.alerts import watching
from app.alerts.models import Alert
from app.channels import accounts, networks
from app.channels.base import Page, UnreachableError
from app.channels.models import Account
from app.cli import doctor
from app.kernel import clock, leases
from app.kernel.db import session, transaction
from listeners import alarms, completeness
from listeners.completeness import HourView
from listeners.listen import OVERLAP, listen, unfenced
from listeners.models import Cursor, Gap, Mention, Window
from tests.flow.spoken import Recorded
from tests.rooms.test_hear import good_item, page
from tests.world import House, World

pytestmark = pytest.mark.long

Later = Callable[..., None]


@dataclass
class Ear(Recorded):
    """A network that says nothing unless told to, and may be out of reach."""

    down: bool = False
    says: str = "{}"
    asked: list[datetime] = field(default_factory=list)

    def mentions(self, since: datetime, page: str | None) -> Page:
        self.asked.append(since)
        if self.down:
            raise UnreachableError("down")
        return replace(super().mentions(since, page), raw=self.says)


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    made = Ear()
    monkeypatch.setattr(accounts, "open_network", lambda _account_id: made)
    return made


@pytest.fixture
def house(world: World, later: Later) -> House:
    """At the beginning of an hour, so that hours can be told apart."""
    at = clock.now()
    later(seconds=(at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) - at).total_seconds())
    with transaction(), world.lumo.scope():
        session.execute(update(Account).values(connected_at=clock.now()))
    return world.lumo


def hear(house: House, fence: Callable[[], None] = unfenced) -> None:
    with house.scope():
        account = accounts.account(house.account_id)
        session.rollback()
    listen(account, fence)


def windows(house: House) -> list[tuple[int, int, bool]]:
    with house.scope():
        rows = session.execute(select(Window.looks, Window.new, Window.closed).order_by(Window.id)).all()
        session.rollback()
    return [tuple(row) for row in rows]


def problem(house: House) -> str | None:
    with house.scope():
        said = session.execute(select(Cursor.problem)).scalar_one()
        session.rollback()
    return said


def gaps(house: House) -> list[tuple[str, datetime, datetime | None]]:
    with house.scope():
        rows = session.execute(select(Gap.kind, Gap.since, Gap.until).order_by(Gap.id)).all()
        session.rollback()
    return [(row.kind, row.since, row.until) for row in rows]


def hours(house: House, back: int, count: int | None = None) -> list[HourView]:
    """The last so many hours, the one under way among them, or only the first few of those."""
    with house.scope():
        connected = accounts.account(house.account_id).connected_at or clock.now()
        now = clock.now().replace(minute=0, second=0, microsecond=0)
        found = completeness.hours({house.account_id: connected}, now - timedelta(hours=back - 1), count or back)
        session.rollback()
    return list(found[house.account_id])


def looked() -> None:
    """What the clock does: the watch over the ears, then over what waits."""
    alarms.look()
    watching.look()
    session.rollback()


def told(house: House) -> list[tuple[int, str]]:
    with house.scope():
        rows = session.execute(select(Alert.member_id, Alert.kind).where(Alert.kind == "hearing")).all()
        session.rollback()
    return [(row.member_id, row.kind) for row in rows]


@pytest.mark.usefixtures("ear")
class TestWindows:
    def test_a_quiet_hour_is_one_row_and_counts_its_looks(self, house: House, later: Later) -> None:
        for _ in range(50):
            hear(house)
            later(minutes=1)
        assert windows(house) == [(50, 0, True)]
        assert [hour.verdict for hour in hours(house, 1)] == ["ahead"]

    def test_windows_overlap(self, house: House, ear: Ear, later: Later) -> None:
        hear(house)
        before = clock.now()
        later(minutes=1)
        hear(house)
        assert before - ear.asked[-1] >= OVERLAP == timedelta(seconds=120)

    def test_every_hour_that_was_heard_is_complete(self, house: House, later: Later) -> None:
        for _ in range(10):
            hear(house)
            later(minutes=20)
        hear(house)
        found = hours(house, 4)
        assert [hour.verdict for hour in found] == ["complete", "complete", "complete", "ahead"]
        assert [hour.looks for hour in found[1:3]] == [3, 3]

    def test_while_the_network_is_down_hours_are_missing_and_made_up_for(
        self, house: House, ear: Ear, later: Later
    ) -> None:
        hear(house)
        ear.down = True
        for _ in range(9):
            later(minutes=20)
            hear(house)
        found = hours(house, 3)
        assert [hour.verdict for hour in found] == ["nothing", "nothing", "ahead"]
        assert not any(hour.lost for hour in found)
        ear.down = False
        hear(house)
        assert [hour.verdict for hour in hours(house, 3)] == ["complete", "complete", "ahead"]
        assert gaps(house) == []

    def test_an_hour_whose_end_was_made_up_for_after_many_failed_looks_is_complete(
        self, house: House, ear: Ear, later: Later
    ) -> None:
        for minute in range(80):
            ear.down = 55 <= minute < 76
            hear(house)
            later(minutes=1)
        assert [closed for _, _, closed in windows(house)].count(False) == 21
        assert [hour.verdict for hour in hours(house, 2, count=1)] == ["complete"]

    def test_an_answer_that_cannot_be_read_was_no_hearing_and_the_time_is_asked_for_again(
        self, house: House, ear: Ear, later: Later
    ) -> None:
        hear(house)
        later(minutes=70)
        ear.says = '{"data": "no list of posts"}'
        hear(house)
        assert windows(house) == [(1, 0, True), (1, 0, False)]
        assert [hour.verdict for hour in hours(house, 2)] == ["partly", "ahead"]
        assert problem(house) == "The network gave an answer that cannot be read."
        ear.says = page(good_item())
        later(minutes=1)
        hear(house)
        assert ear.asked[-1] == ear.asked[-2]
        assert windows(house)[-1] == (1, 1, True)
        assert [hour.verdict for hour in hours(house, 2)] == ["complete", "ahead"]
        assert problem(house) is None

    def test_a_post_that_cannot_be_read_leaves_the_hour_whole(self, house: House, ear: Ear) -> None:
        ear.says = page(good_item(), 7)
        hear(house)
        assert windows(house) == [(1, 1, True)]

    def test_before_it_was_connected_nothing_is_missing(self, house: House) -> None:
        hear(house)
        assert hours(house, 48)[0].verdict == "before"
        assert hours(house, 3)[0].verdict == "complete", "the first window reaches back"


@pytest.mark.usefixtures("ear")
class TestGaps:
    def test_what_the_network_no_longer_shows_is_lost_for_all_to_see(self, house: House, later: Later) -> None:
        hear(house)
        with house.scope():
            heard_until = session.execute(select(Cursor.heard_until)).scalar_one()
        later(days=8)
        hear(house)
        hear(house)
        [(kind, since, until)] = gaps(house)
        assert (kind, since) == ("lost", heard_until)
        reach = networks.kind("x").reach
        assert until is not None
        assert abs(until - (clock.now() - reach)) < timedelta(minutes=2)
        looked()
        looked()
        assert told(house) == [(house.dana.member_id, "hearing")]
        day = hours(house, 8 * 24)
        assert [hour.lost for hour in day[2:20]] == [True] * 18
        assert {hour.verdict for hour in day[30:]} == {"complete", "ahead"}

    def test_nobody_listening_is_an_alarm_that_ends_by_itself(self, house: House, later: Later) -> None:
        hear(house)
        later(minutes=14)
        looked()
        assert gaps(house) == []
        later(minutes=2)
        looked()
        looked()
        assert [(kind, until) for kind, _since, until in gaps(house)] == [("deaf", None)]
        assert told(house) == [(house.dana.member_id, "hearing")]
        hear(house)
        looked()
        assert [until is not None for _kind, _since, until in gaps(house)] == [True]

    def test_silence_that_cannot_be_chance_is_an_alarm(self, house: House, later: Later) -> None:
        _live_through_weeks(house, weeks=3, an_hour=20)
        later(minutes=31)
        _pretend_heard_until_now(house)
        looked()
        assert [kind for kind, _since, _until in gaps(house)] == ["silent"]
        later(minutes=1)
        house.hear(house.post("@lumo hello"))
        _pretend_heard_until_now(house, new=1)
        looked()
        assert [until is not None for _kind, _since, until in gaps(house)] == [True]

    @pytest.mark.parametrize(("weeks", "an_hour"), [(3, 1), (1, 20)], ids=["few ever write", "little history"])
    def test_silence_that_may_be_chance_is_none(self, house: House, later: Later, weeks: int, an_hour: int) -> None:
        _live_through_weeks(house, weeks=weeks, an_hour=an_hour)
        later(minutes=31)
        _pretend_heard_until_now(house)
        looked()
        assert gaps(house) == []


def _live_through_weeks(house: House, *, weeks: int, an_hour: int) -> None:
    """As if in the same hour of each of the last weeks so many had written."""
    at = clock.now()
    with transaction(), house.scope():
        row = house.post("@lumo hello")
        for week in range(1, weeks + 1):
            for number in range(an_hour):
                session.add(
                    Mention(
                        brand_id=house.brand_id, account_id=house.account_id, envelope_id=0, channel="x",
                        external_id=f"{week}-{number}", thread="t", author_id="a", author_handle="a", author_name="a",
                        author_followers=0, text=row.text, posted_at=at, replyable=True,
                        heard_at=at - timedelta(weeks=week) + timedelta(minutes=30) * (number + 0.5) / an_hour,
                    )
                )  # fmt: skip
        first = at - timedelta(weeks=weeks, days=1)
        session.add(_window(house, first, first + timedelta(minutes=1), 0))
        session.add(_window(house, at - timedelta(minutes=1), at, 1))


def _pretend_heard_until_now(house: House, new: int = 0) -> None:
    with transaction(), house.scope():
        at = clock.now()
        if session.execute(select(Cursor)).scalar_one_or_none() is None:
            session.add(Cursor(brand_id=house.brand_id, account_id=house.account_id, heard_until=at))
        session.execute(update(Cursor).values(heard_until=at))
        session.add(_window(house, at - timedelta(minutes=3), at, new))


def _window(house: House, since: datetime, until: datetime, new: int) -> Window:
    return Window(
        brand_id=house.brand_id, account_id=house.account_id, since=since, until=until, seen=new, new=new, closed=True
    )


@pytest.mark.usefixtures("ear")
class TestTheLease:
    def test_who_lost_the_account_writes_nothing(self, house: House, later: Later) -> None:
        name = f"listen:{house.account_id}"
        with transaction():
            assert leases.take(name, "here/1")
        hear(house, lambda: _must_hold(name, "here/1"))
        later(seconds=31)
        with transaction():
            assert leases.take(name, "there/2")
        before = windows(house)
        with pytest.raises(leases.LostLeaseError):
            hear(house, lambda: _must_hold(name, "here/1"))
        assert windows(house) == before


def _must_hold(name: str, holder: str) -> None:
    if not leases.take(name, holder):
        raise leases.LostLeaseError("another")


class TestDoctor:
    def run(self, *words: str) -> tuple[int, dict[str, object]]:
        session.remove()
        result = CliRunner().invoke(doctor.command, [*words, "--json"], catch_exceptions=False)
        return result.exit_code, json.loads(result.output.splitlines()[-1])

    @pytest.fixture(autouse=True)
    def _here(self, app: Flask, house: House, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG002
        from contextlib import nullcontext

        with transaction():  # of the other brand nobody speaks here
            for other in ("rival",):
                session.execute(
                    update(Account.__table__).where(Account.__table__.c.handle == other).values(state="archive")
                )
        monkeypatch.setattr(doctor, "entered", lambda: nullcontext(app))

    def test_all_is_well_while_somebody_listens(self, house: House) -> None:
        hear(house)
        code, said = self.run()
        assert (code, said["well"], said["findings"]) == (0, True, [])

    def test_an_hour_is_told_by_account(self, house: House, ear: Ear, later: Later) -> None:
        start = clock.now().astimezone(UTC)
        hear(house)
        ear.down = True
        later(minutes=70)
        code, said = self.run("--hour", f"{start:%Y-%m-%dT%H}")
        [one] = said["heard"]  # type: ignore[misc]
        assert code == 1
        assert (one["account"], one["verdict"]) == ("x @lumo", "partly")
        ear.down = False
        hear(house)
        code, said = self.run("--hour", f"{start:%Y-%m-%dT%H}")
        assert code == 0
        [one] = said["heard"]  # type: ignore[misc]
        assert (one["verdict"], one["missing"]) == ("complete", [])

    def test_what_is_wrong_is_said_and_told_by_the_exit_code(self, house: House, later: Later) -> None:
        hear(house)
        later(minutes=20)
        code, said = self.run()
        assert code == 1
        assert "Not heard since" in json.dumps(said["findings"])
