"""What we show of alerts: how many are unread, and one member's own, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all

from app.alerts.models import Alert
from app.kernel.db import across_brands, current_brand, session

COUNTED = 10
"""The bell counts no further: it says "9+" and costs the same however much waits."""


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert, as its member sees it."""

    id: int
    kind: str
    subject_id: int
    version: int
    case_id: int | None
    count: int
    detail: str
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """What a member has not read: how much of the brand in scope, and which of their other brands have anything new."""

    here: int
    elsewhere: frozenset[int] = frozenset()


def unread(member_id: int) -> int:
    """How many alerts a member of the brand in scope has not read, counted up to COUNTED."""
    limited = select(Alert.id).where(Alert.member_id == member_id, Alert.read_at.is_(None)).limit(COUNTED).subquery()
    return session.execute(select(func.count()).select_from(limited)).scalar_one()


def unread_beside(member_id: int, others: Iterable[int]) -> Unread:
    """The same, and in the same question which of these `others` have anything new; not what, nor how much."""
    here = current_brand()
    limits = dict.fromkeys(others, 1) | {here: COUNTED}
    mine = (Alert.member_id == member_id, Alert.read_at.is_(None))
    limited = [
        select(select(Alert.brand_id).where(Alert.brand_id == brand_id, *mine).limit(limit).subquery().c.brand_id)
        for brand_id, limit in sorted(limits.items())
    ]
    with across_brands():
        found = session.execute(union_all(*limited)).scalars().all()
    return Unread(found.count(here), frozenset(found) - {here})


def alerts(member_id: int, *, before: int | None = None, limit: int = 30) -> tuple[AlertView, ...]:
    """A member's alerts, the newest first; `before` is the id after which to go on."""
    statement = select(Alert).where(Alert.member_id == member_id).order_by(Alert.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Alert.id < before)
    return tuple(
        AlertView(
            row.id,
            row.kind,
            row.subject_id,
            row.version,
            row.case_id,
            row.count,
            row.detail,
            row.at,
            row.read_at is not None,
        )
        for row in session.execute(statement).scalars()
    )
