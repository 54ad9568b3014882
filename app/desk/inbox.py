"""What staff's inbox shows: cases that need an answer, held, handed over, asleep, or with the advocates."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.desk import queries as desk
from app.desk.models import Case, CaseEvent, Claim, Snooze
from app.desk.rules.hand import Hand
from app.desk.views import ClaimView, InboxRow, SnoozeView
from app.kernel.db import current_brand, session

TABS = ("needs", "mine", "handed", "snoozed", "advocates")
COUNTED = 100
"""Counts stop here: an inbox says "99+" and costs the same whatever waits."""

_Column = TypeVar("_Column")
_ASLEEP = and_(Snooze.case_id == Case.id, Snooze.ended_at.is_(None))
_HELD = and_(Claim.case_id == Case.id, Claim.ended_at.is_(None))


def rows(tab: str, hand: Hand, *, after: int | None = None, limit: int = 50) -> tuple[InboxRow, ...]:
    """One tab of the inbox, the most pressing first; `after` is the last case of the page before."""
    key = _key(tab)
    statement = _in(tab, hand)
    if after is not None:
        last = session.execute(_joined(select(key)).where(Case.id == after)).scalar()
        if last is not None:
            statement = statement.where(tuple_(key, Case.id) > tuple_(literal(last, key.type), literal(after)))
    found = session.execute(
        statement.add_columns(Snooze.member_id, Snooze.until, Snooze.reason)
        .add_columns(Claim.member_id.label("holder"), Claim.expires_at, Claim.latest_at)
        .order_by(key, Case.id)
        .limit(limit)
    ).all()
    shown = desk.cases([row.id for row in found])
    return tuple(
        InboxRow(
            shown[row.id],
            ClaimView(row.holder, row.expires_at, row.latest_at) if row.holder else None,
            SnoozeView(row.member_id, row.until, row.reason) if row.until else None,
        )
        for row in found
    )


def counts(hand: Hand) -> dict[str, int]:
    """How many cases each tab holds, counted up to COUNTED, in one question."""
    limited = {tab: _in(tab, hand).limit(COUNTED).subquery() for tab in TABS}
    row = session.execute(
        select(*(select(func.count()).select_from(sub).scalar_subquery().label(tab) for tab, sub in limited.items()))
    ).one()
    return dict(row._mapping)  # noqa: SLF001  the row's public name for this


def _in(tab: str, hand: Hand) -> Select[int]:
    return _joined(select(Case.id)).where(Case.brand_id == current_brand(), *_conditions(tab, hand))


def _joined(statement: Select[_Column]) -> Select[_Column]:
    return statement.select_from(Case).outerjoin(Snooze, _ASLEEP).outerjoin(Claim, _HELD)


def _conditions(tab: str, hand: Hand) -> tuple[ColumnElement[bool], ...]:
    waits = Case.state == "open"
    mine = Claim.member_id == hand.member_id
    given = exists().where(CaseEvent.case_id == Case.id, CaseEvent.act == "given", CaseEvent.at >= Claim.claimed_at)
    return {
        "needs": (Case.lane == "staff", waits, Snooze.id.is_(None)),
        "mine": (mine,),
        "handed": (mine, given),
        "snoozed": (Case.lane == "staff", waits, Snooze.id.is_not(None)),
        "advocates": (Case.lane == "advocates", waits),
    }[tab]


def _key(tab: str) -> InstrumentedAttribute[datetime]:
    """What a tab is ordered by: the promise, the end of the sleep, the end of the claim."""
    by: dict[str, InstrumentedAttribute[datetime]] = {
        "snoozed": Snooze.until,
        "mine": Claim.expires_at,
        "handed": Claim.expires_at,
    }
    return by.get(tab, Case.due_at)
