"""A fact is saved with the work it causes: one row per subscriber, delivered one transaction each, never lost.

`emit` stores, `deliver` does, `sweep` finds what the queue forgot. Redis only rings; the rows are the truth.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import CheckConstraint, Index, String, Text, delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel import clock, jobs
from app.kernel.db import Base, Id, after_commit, brand_scope, session, transaction
from app.kernel.facts import Fact, from_payload, to_payload
from app.kernel.failpoints import hit

MOST_TRIES = 5
"""After so many failures a delivery is dead: it stands in the health report until a person looks at it."""
FORGOTTEN_AFTER = timedelta(seconds=15)
"""A pending delivery older than this was lost by the queue, or its worker died."""
RUNG_AT_ONCE = 1000
"""The most that one sweep rings for: a long backlog must not grow a second one in the queue."""
MOST_SWEPT = 40
"""Starts of a delivery that was forgotten before it counts as one that kills its worker."""
MOST_POSTPONED = 200
POSTPONED = timedelta(milliseconds=50)
KEPT_FOR = timedelta(days=7)
_DEADLOCKS = 3

log = structlog.get_logger()


class NotYetError(Exception):
    """A subscriber asks to be called again, shortly or at `until`: what it needs is still on its way. No failure."""

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.until = until


class Delivery(Base):
    """One subscriber's stored to-do for one fact."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'dead')", name="state"),
        Index(
            "ix_delivery_live",
            "not_before",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_delivery_done", "done_at", sqlite_where=text("state = 'done'"), postgresql_where=text("state = 'done'")
        ),
        Index("ix_delivery_dead", "id", sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    brand_id: Mapped[int] = mapped_column(Id)
    fact: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    subscriber: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(8), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Subscriber:
    """A verb that follows a fact. `alone` says that it owns its transactions (it talks to a network)."""

    verb: Callable[[Any], None]
    alone: bool = False

    @property
    def name(self) -> str:
        """The stored name: module and function, so that it survives a restart."""
        return f"{self.verb.__module__}.{self.verb.__qualname__}"


_following: dict[type[Fact], tuple[Subscriber, ...]] = {}
_by_name: dict[str, Subscriber] = {}


def wire(on: Mapping[type[Fact], Iterable[Subscriber]]) -> None:
    """Take in the story (app/pipeline.py): which subscribers follow which fact."""
    _following.clear()
    _by_name.clear()
    for fact, subscribers in on.items():
        _following[fact] = tuple(subscribers)
        _by_name.update({subscriber.name: subscriber for subscriber in subscribers})


def emit(fact: Fact) -> None:
    """Store one delivery per subscriber in the caller's transaction; ring for them once it is durable."""
    subscribers = _following[type(fact)]
    at, payload = clock.now(), to_payload(fact)
    rows = [
        {
            "brand_id": fact.brand_id,
            "fact": type(fact).__name__,
            "payload": payload,
            "subscriber": subscriber.name,
            "state": "pending",
            "tries": 0,
            "created_at": at,
            "not_before": at,
        }
        for subscriber in subscribers
    ]
    ids = list(session.execute(insert(Delivery).returning(Delivery.id), rows).scalars())
    after_commit(lambda: _ring(ids))


def _ring(ids: Sequence[int]) -> None:
    hit("bus.before_ring")
    jobs.enqueue(ids)


def deliver(delivery_id: int) -> bool:
    """Run one delivery: the subscriber's verb and the mark `done` in one transaction. True when it ran.

    Delivering twice is harmless: a row that is done, dead, waiting or held by another worker is left alone.
    A failure is recorded on the row and tried again later, MOST_TRIES times in all.
    """
    counted = _count_late_start(delivery_id)
    for attempt in range(_DEADLOCKS):
        try:
            return _deliver_once(delivery_id)
        except OperationalError as error:
            session.rollback()
            if attempt + 1 == _DEADLOCKS:
                _record_failure(delivery_id, error, counted=counted)
        except NotYetError as error:
            session.rollback()
            _postpone(delivery_id, error, counted=counted)
            return False
        except Exception as error:  # noqa: BLE001  whatever a subscriber raises must not stop the worker
            session.rollback()
            _record_failure(delivery_id, error, counted=counted)
            return True
    return True


def _count_late_start(delivery_id: int) -> bool:
    """Put on record that a forgotten delivery is started again, before it is: a worker that dies tells nobody.

    Only the start counts. A sweep that rings in vain, for an hour without Redis, has killed nobody.
    """
    late = Delivery.not_before <= clock.now() - FORGOTTEN_AFTER
    mine = (Delivery.id == delivery_id) & (Delivery.state == "pending") & late
    is_late = session.execute(select(Delivery.id).where(mine)).scalar() is not None
    session.rollback()
    if not is_late:
        return False
    with transaction():
        row = session.execute(select(Delivery).where(mine).with_for_update(skip_locked=True)).scalar_one_or_none()
        if row is None:
            return False
        row.tries, row.not_before = row.tries + 1, clock.now()
        if row.tries > MOST_SWEPT:
            row.state, row.error = "dead", row.error or "its worker died over it, again and again"
    return True


def _deliver_once(delivery_id: int) -> bool:
    with transaction():
        at = clock.now()
        row = session.execute(
            select(Delivery)
            .where(Delivery.id == delivery_id, Delivery.state == "pending", Delivery.not_before <= at)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if row is None:
            return False
        subscriber, fact = _by_name[row.subscriber], from_payload(row.fact, row.payload)
        if subscriber.alone:  # hold it while the verb runs outside; if this process dies, the sweep brings it back
            row.not_before = at + timedelta(seconds=jobs.TIMEOUT_SECONDS)
        else:
            with brand_scope(row.brand_id):
                subscriber.verb(fact)
            hit("bus.before_mark")
            row.state, row.done_at = "done", at
            session.flush()
            hit("bus.before_commit")
    if subscriber.alone:
        hit("bus.held")
        with brand_scope(fact.brand_id):
            subscriber.verb(fact)
        hit("bus.before_mark_alone")
        with transaction():
            session.execute(
                update(Delivery).where(Delivery.id == delivery_id).values(state="done", done_at=clock.now())
            )
    return True


def _postpone(delivery_id: int, error: NotYetError, *, counted: bool) -> None:
    """Try again in a moment, or when the subscriber says; the sweep rings for it, a drain waits for a moment."""
    with transaction():
        row = _still_pending(delivery_id)
        if row is None:
            return
        row.tries += not counted
        row.not_before = error.until or clock.now() + POSTPONED
        if row.tries >= MOST_POSTPONED:
            row.state, row.error = "dead", "what it follows never came"


def _still_pending(delivery_id: int) -> Delivery | None:
    """The row, locked, unless another worker has finished it meanwhile."""
    return session.execute(
        select(Delivery).where(Delivery.id == delivery_id, Delivery.state == "pending").with_for_update()
    ).scalar_one_or_none()


def _record_failure(delivery_id: int, error: Exception, *, counted: bool) -> None:
    """Count the failure; wait 2, 4, 8 … seconds before the next try, or give the row up as dead."""
    log.error("delivery failed", delivery=delivery_id, error=repr(error))
    with transaction():
        row = _still_pending(delivery_id)
        if row is None:
            return
        row.tries = row.tries + (not counted) if row.error else 1  # to have waited was no failure
        row.error = "".join(traceback.format_exception(error))[-4000:]
        row.not_before = clock.now() + timedelta(seconds=2**row.tries)
        if row.tries >= MOST_TRIES:
            row.state = "dead"


def due(limit: int = 1000) -> Sequence[int]:
    """Ids of deliveries that may run now, oldest first."""
    statement = select(Delivery.id).where(Delivery.state == "pending", Delivery.not_before <= clock.now())
    return session.execute(statement.order_by(Delivery.id).limit(limit)).scalars().all()


def drain() -> int:
    """Run everything that is due, in order, until nothing is left; how many ran. For commands and tests.

    Waits for what was postponed by a moment, not for what failed and waits for its next try.
    """
    ran = 0
    while True:
        ids = list(due())
        session.rollback()
        done = sum(deliver(delivery_id) for delivery_id in ids)
        ran += done
        if not done and not (ids or _postponed()):
            return ran
        if not done:
            time.sleep(POSTPONED.total_seconds() / 2)


def _postponed() -> bool:
    """Whether something comes due within the moment that NotYetError asks for."""
    soon = clock.now() + POSTPONED
    statement = select(Delivery.id).where(Delivery.state == "pending", Delivery.not_before <= soon).limit(1)
    found = session.execute(statement).scalar() is not None
    session.rollback()
    return found


def backlog(most: int = 10_000) -> dict[str, int]:
    """How many deliveries are pending and dead, counted over their partial indexes and never further than `most`."""
    found = {}
    for state in ("pending", "dead"):
        limited = select(Delivery.id).where(text(f"state = '{state}'")).limit(most).subquery()
        found[state] = session.execute(select(func.count()).select_from(limited)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Halted:
    """A delivery that was given up: which follower of which fact, how often it was tried, and since when it waits."""

    id: int
    fact: str
    subscriber: str
    tries: int
    created_at: datetime


def dead(brand_id: int, most: int = 50) -> tuple[Halted, ...]:
    """A brand's deliveries that were given up, the newest first."""
    rows = session.execute(
        select(Delivery.id, Delivery.fact, Delivery.subscriber, Delivery.tries, Delivery.created_at)
        .where(text("state = 'dead'"), Delivery.brand_id == brand_id)
        .order_by(Delivery.id.desc())
        .limit(most)
    )
    return tuple(Halted(*row) for row in rows)


def sweep() -> None:
    """Ring again for what the queue forgot, the oldest first; forget what was done long ago."""
    at = clock.now()
    with transaction():
        session.execute(delete(Delivery).where(Delivery.state == "done", Delivery.done_at < at - KEPT_FOR))
    forgotten = select(Delivery.id).where(Delivery.state == "pending", Delivery.not_before <= at - FORGOTTEN_AFTER)
    ids = list(session.execute(forgotten.order_by(Delivery.id).limit(RUNG_AT_ONCE)).scalars())
    session.rollback()
    jobs.enqueue(ids)
