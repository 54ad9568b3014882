"""A sleeping case wakes: its time has come, its customer wrote again, or somebody took it up."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from app.desk.history import note
from app.desk.models import Case, Snooze
from app.kernel import clock
from app.kernel.db import across_brands, brand_scope, changed, session, transaction

WORDS = {
    "time": "Woke: its time had come.",
    "customer": "Woke: the customer wrote again.",
    "claimed": "Woke: it was claimed.",
    "moved": "Woke: it was handed on.",
    "closed": "Woke: it was closed.",
    "woken": "Woken.",
}
"""How a sleep can end, and what the case's history says of it."""


def wake(case: Case, ended_as: str, *, member_id: int | None = None) -> None:
    """End the sleep of a case, if it sleeps, and say so in its history."""
    ended = changed(
        update(Snooze)
        .where(Snooze.case_id == case.id, Snooze.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_as=ended_as)
    )
    if ended:
        note(case, "woke", WORDS[ended_as], member_id=member_id)


def asleep(case_ids: Collection[int]) -> frozenset[int]:
    """Which of these cases sleep."""
    if not case_ids:
        return frozenset()
    return frozenset(
        session.execute(select(Snooze.case_id).where(Snooze.case_id.in_(case_ids), Snooze.ended_at.is_(None))).scalars()
    )


def wake_due() -> None:
    """Cases whose time has come need an answer again. Called by the clock."""
    with across_brands():
        due = session.execute(
            select(Snooze.brand_id, Snooze.case_id)
            .where(Snooze.ended_at.is_(None), Snooze.until <= clock.now())
            .order_by(Snooze.until)
            .limit(500)
        ).all()
    session.rollback()
    for brand_id, case_id in due:
        with transaction(), brand_scope(brand_id):
            case = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one()
            slept = session.execute(
                select(Snooze.until).where(Snooze.case_id == case_id, Snooze.ended_at.is_(None))
            ).scalar()
            if slept is not None and slept <= clock.now():
                wake(case, "time")
