"""A fact and the work it causes are stored together; each piece of work is done once, or stands visibly undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.kernel import bus, clock, jobs
from app.kernel.bus import Delivery, NotYetError, Subscriber
from app.kernel.db import refuse_network_in_transaction, session, transaction
from app.kernel.facts import Fact, TakeDownAsked
from app.pipeline import ON
from tests.world import World

Later = Callable[..., None]
FACT = TakeDownAsked(brand_id=1, reply_id=7)


class Desk:
    """Two subscribers of one fact: `first` does what a test tells it to, `second` always works."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.does: Callable[[], None] = lambda: None

    def first(self, fact: Fact) -> None:  # noqa: ARG002
        self.does()
        self.done.append("first")

    def second(self, fact: Fact) -> None:  # noqa: ARG002
        self.done.append("second")


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:  # noqa: ARG001
    made = Desk()
    bus.wire({TakeDownAsked: (Subscriber(made.first), Subscriber(made.second))})
    yield made
    bus.wire(ON)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What the queue was asked to ring for."""
    heard: list[list[int]] = []
    monkeypatch.setattr(jobs, "enqueue", lambda ids: heard.append(list(ids)))
    return heard


def emit() -> None:
    with transaction():
        bus.emit(FACT)


def rows() -> list[Delivery]:
    found = list(session.execute(select(Delivery).order_by(Delivery.id)).scalars())
    session.expunge_all()
    session.rollback()
    return found


def states() -> dict[str, tuple[str, int]]:
    return {row.subscriber.rpartition(".")[2]: (row.state, row.tries) for row in rows()}


class TestEmitting:
    def test_stores_one_delivery_per_subscriber_and_rings_after_the_commit(
        self, desk: Desk, rung: list[list[int]]
    ) -> None:
        with transaction():
            bus.emit(FACT)
            assert rung == []
        assert rung == [[row.id for row in rows()]]
        assert states() == {"first": ("pending", 0), "second": ("pending", 0)}
        assert desk.done == []

    def test_without_a_commit_leaves_nothing_and_rings_for_nothing(self, desk: Desk, rung: list[list[int]]) -> None:
        def emit_and_fail() -> None:
            with transaction():
                bus.emit(FACT)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            emit_and_fail()
        assert (rows(), rung) == ([], [])
        assert bus.drain() == 0
        assert desk.done == []

    def test_a_queue_that_is_gone_loses_nothing(self, desk: Desk) -> None:
        jobs.connect("redis://127.0.0.1:9/0")
        try:
            emit()
        finally:
            jobs.connect(None)
        bus.drain()
        assert sorted(desk.done) == ["first", "second"]


class TestDelivering:
    def test_once_though_rung_for_three_times(self, desk: Desk) -> None:
        emit()
        ids = [row.id for row in rows()]
        ran = [bus.deliver(delivery_id) for _ in range(3) for delivery_id in ids]
        assert ran == [True, True, False, False, False, False]
        assert desk.done == ["first", "second"]

    def test_a_row_that_is_gone_is_left_alone(self, desk: Desk) -> None:
        assert not bus.deliver(4711)
        assert desk.done == []

    def test_the_work_and_its_mark_are_one(self, desk: Desk, world: World) -> None:
        from app.brands.models import Brand

        def half() -> None:
            session.execute(update(Brand).values(name="half done"))
            raise ZeroDivisionError

        desk.does = half
        emit()
        bus.drain()
        names = set(session.execute(select(Brand.name)).scalars())
        session.rollback()
        assert names == {"Lumo", "Rival"}
        assert world.lumo.handle == "lumo"

    def test_a_subscriber_that_speaks_to_a_network_owns_its_transactions(self, desk: Desk) -> None:
        bus.wire({TakeDownAsked: (Subscriber(desk.first, alone=True), Subscriber(desk.second))})
        held: list[timedelta] = []

        def look() -> None:
            refuse_network_in_transaction()
            row = session.get_one(Delivery, mine)
            held.append(row.not_before - clock.now())
            session.rollback()
            assert not bus.deliver(mine)  # another worker is rung for it meanwhile

        desk.does = look
        emit()
        mine = rows()[0].id
        assert bus.deliver(mine)
        assert timedelta(seconds=50) < held[0] <= timedelta(seconds=jobs.TIMEOUT_SECONDS)
        assert (desk.done, rows()[0].state) == (["first"], "done")


class TestFailing:
    def test_is_tried_again_after_growing_waits_and_then_dead_with_its_error(self, desk: Desk, later: Later) -> None:
        def fail() -> None:
            raise ValueError("no such lamp")

        desk.does = fail
        emit()
        waits = []
        for tried in range(1, bus.MOST_TRIES + 1):
            bus.drain()
            [first, second] = rows()
            assert (first.tries, second.state) == (tried, "done")
            waits.append(round((first.not_before - clock.now()).total_seconds()))
            later(seconds=waits[-1] - 1)
            assert bus.drain() == 0
            later(seconds=2)
        assert waits == [2, 4, 8, 16, 32]
        assert (first.state, desk.done) == ("dead", ["second"])
        assert "ValueError: no such lamp" in (first.error or "")
        later(days=1)
        bus.sweep()
        assert bus.drain() == 0

    def test_what_fails_twice_and_then_works_is_done(self, desk: Desk, later: Later) -> None:
        errors = [ValueError("once"), ValueError("twice")]

        def stumble() -> None:
            if errors:
                raise errors.pop()

        desk.does = stumble
        emit()
        for _ in range(3):
            bus.drain()
            later(seconds=10)
        assert states() == {"first": ("done", 2), "second": ("done", 0)}
        assert desk.done == ["second", "first"]

    def test_a_deadlock_is_tried_again_at_once(self, desk: Desk) -> None:
        errors = [OperationalError("UPDATE", {}, Exception("deadlock detected"))] * 2

        def collide() -> None:
            if errors:
                raise errors.pop()

        desk.does = collide
        emit()
        bus.drain()
        assert states() == {"first": ("done", 0), "second": ("done", 0)}

    def test_a_failure_does_not_undo_what_another_worker_has_done(self, desk: Desk) -> None:
        def overtaken() -> None:
            session.rollback()
            with_state = update(Delivery).where(Delivery.id == mine).values(state="done", done_at=clock.now())
            session.execute(with_state)
            session.commit()
            raise ValueError("too late")

        desk.does = overtaken
        emit()
        mine = rows()[0].id
        bus.deliver(mine)
        assert states()["first"] == ("done", 0)


class TestNotYet:
    def test_is_called_again_shortly_and_is_no_failure(self, desk: Desk) -> None:
        left = [1, 2, 3]

        def wait() -> None:
            if left:
                left.pop()
                raise NotYetError("its award is on its way")

        desk.does = wait
        emit()
        bus.drain()
        assert desk.done == ["second", "first"]
        assert rows()[0].error is None

    def test_to_have_waited_long_is_no_failure(self, desk: Desk, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bus, "POSTPONED", timedelta(0))
        came: list[Exception] = [NotYetError("on its way")] * 12 + [ValueError("once")]

        def stumble() -> None:
            if came:
                raise came.pop(0)

        desk.does = stumble
        emit()
        bus.drain()
        assert states()["first"] == ("pending", 1)
        later(seconds=3)
        bus.drain()
        assert states()["first"][0] == "done"

    def test_or_when_it_says(self, desk: Desk, later: Later) -> None:
        def wait() -> None:
            raise NotYetError("the network asks to wait", clock.now() + timedelta(minutes=15))

        desk.does = wait
        emit()
        bus.drain()
        desk.does = lambda: None
        later(minutes=14)
        assert bus.drain() == 0
        later(minutes=2)
        assert bus.drain() == 1
        assert desk.done == ["second", "first"]

    def test_what_never_comes_is_dead_in_the_end(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bus, "POSTPONED", timedelta(0))
        monkeypatch.setattr(bus, "MOST_POSTPONED", 20)

        def wait() -> None:
            raise NotYetError("never")

        desk.does = wait
        emit()
        bus.drain()
        first = rows()[0]
        assert (first.state, first.tries, first.error) == ("dead", bus.MOST_POSTPONED, "what it follows never came")


class TestSweeping:
    def test_rings_for_what_was_forgotten_and_not_before(self, desk: Desk, rung: list[list[int]], later: Later) -> None:
        emit()
        ids = rung.pop()
        bus.sweep()
        assert rung == [[]]
        later(seconds=16)
        bus.sweep()
        assert rung == [[], ids]
        for delivery_id in ids * 2:
            bus.deliver(delivery_id)
        later(seconds=16)
        bus.sweep()
        assert rung[-1] == []
        assert sorted(desk.done) == ["first", "second"]

    def test_an_hour_without_a_queue_kills_nothing(self, desk: Desk, rung: list[list[int]], later: Later) -> None:
        emit()
        for _ in range(60):
            later(minutes=1)
            bus.sweep()
        assert len(rung) == 61
        bus.drain()
        assert {state for state, _tries in states().values()} == {"done"}
        assert sorted(desk.done) == ["first", "second"]

    def test_a_delivery_that_kills_its_worker_is_dead_in_the_end_and_holds_up_nobody(
        self, desk: Desk, rung: list[list[int]], later: Later
    ) -> None:
        class Killed(BaseException):
            """The process is gone: nothing after it runs."""

        def die() -> None:
            raise Killed

        desk.does = die
        emit()
        deaths = 0
        for _ in range(bus.MOST_SWEPT + 5):
            bus.sweep()
            for delivery_id in rung.pop():
                try:
                    bus.deliver(delivery_id)
                except Killed:
                    deaths += 1
            later(seconds=16)
        assert deaths <= bus.MOST_SWEPT
        assert desk.done == ["second"]
        assert states()["first"][0] == "dead"
        assert "its worker died" in (rows()[0].error or "")

    def test_a_long_backlog_is_rung_for_in_parts(
        self, desk: Desk, rung: list[list[int]], later: Later, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bus, "RUNG_AT_ONCE", 4)
        for _ in range(5):
            emit()
        later(seconds=16)
        bus.sweep()
        assert rung[-1] == [row.id for row in rows()][:4]
        assert desk.done == []

    def test_what_was_done_a_week_ago_is_forgotten_and_what_died_is_not(self, desk: Desk, later: Later) -> None:
        emit()
        bus.drain()
        with transaction():
            session.execute(update(Delivery).where(Delivery.subscriber.endswith("second")).values(state="dead"))
        later(days=6)
        bus.sweep()
        assert len(rows()) == 2
        later(days=2)
        bus.sweep()
        assert [row.state for row in rows()] == ["dead"]
        assert desk.done == ["first", "second"]


def test_facts_carry_moments_in_utc(desk: Desk) -> None:
    from app.kernel.facts import CustomerThanked, from_payload, to_payload

    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    fact = CustomerThanked(1, 2, 3, 4, by_advocate=True, thanked_at=at)
    assert from_payload("CustomerThanked", to_payload(fact)) == fact
    assert desk.done == []
