"""What waits at the desk, in few columns and bounded, for whoever keeps watch over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from app.desk.models import Case, Reply, Skip, Snooze
from app.desk.rules.promise import ANGRY
from app.kernel import clock
from app.kernel.db import session
from listeners import queries as heard

LOOKED_AT = 500
"""Cases of one look: the newest where something new is looked for, those promised first where a promise presses."""
TOO_LONG = timedelta(minutes=15)
"""An approved reply leaves within half a minute; after so long, something holds it."""
_COLUMNS = (Case.id, Case.language, Case.topic, Case.intent, Case.anger, Case.mention_id, Case.offered_at, Case.due_at)
_OPEN = Case.state == "open"


@dataclass(frozen=True, slots=True)
class Waits:
    """An open case, as the watch needs it."""

    case_id: int
    language: str
    topic: str
    intent: str
    anger: int
    mention_id: int
    offered_at: datetime
    due_at: datetime


def newest_for_advocates() -> tuple[Waits, ...]:
    """Open cases of the advocates' lane, those that were promised last."""
    statement = select(*_COLUMNS).where(_OPEN, Case.lane == "advocates").order_by(Case.due_at.desc(), Case.id.desc())
    return tuple(Waits(*row) for row in session.execute(statement.limit(LOOKED_AT)))


def skipped(case_ids: Iterable[int]) -> frozenset[tuple[int, int]]:
    """Which of these cases which members do not want to be offered again: pairs of case and member."""
    rows = session.execute(select(Skip.case_id, Skip.member_id).where(Skip.case_id.in_(set(case_ids))))
    return frozenset((row.case_id, row.member_id) for row in rows)


def angry_or_risky() -> tuple[Waits, ...]:
    """Open cases of staff's lane whose customer is angry or whose matter is risky, those offered last first.

    Those due first would be the oldest: behind a long backlog, no new anger would be seen.
    """
    statement = select(*_COLUMNS).where(_OPEN, Case.lane == "staff").order_by(Case.offered_at.desc(), Case.id.desc())
    waiting = [Waits(*row) for row in session.execute(statement.limit(LOOKED_AT))]
    risky = heard.risky(one.mention_id for one in waiting if one.anger < ANGRY)
    return tuple(one for one in waiting if one.anger >= ANGRY or one.mention_id in risky)


def promised_soon() -> tuple[Waits, ...]:
    """Open cases that are not over their promise yet and do not sleep, the first to be over first."""
    asleep = exists().where(and_(Snooze.case_id == Case.id, Snooze.ended_at.is_(None)))
    statement = select(*_COLUMNS).where(_OPEN, Case.lane != "no_reply", Case.due_at > clock.now(), ~asleep)
    return tuple(Waits(*row) for row in session.execute(statement.order_by(Case.due_at, Case.id).limit(LOOKED_AT)))


def stuck() -> tuple[tuple[int, int, datetime], ...]:
    """Replies that wait for a person's decision, or should have left long ago: reply, case, and since when."""
    undecided = and_(Reply.state == "unknown", Reply.check_at.is_(None))
    held = and_(Reply.state == "approved", Reply.approved_at <= clock.now() - TOO_LONG)
    rows = session.execute(
        select(Reply.id, Reply.case_id, Reply.state, Reply.approved_at, Reply.updated_at)
        .where(Reply.state.in_(("approved", "unknown")), or_(undecided, held))
        .order_by(Reply.id)
        .limit(LOOKED_AT)
    )
    return tuple((row.id, row.case_id, row.updated_at if row.state == "unknown" else row.approved_at) for row in rows)
