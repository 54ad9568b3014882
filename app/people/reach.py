"""Whom the house may tell something: active members of a brand, what they are offered, and the address for a letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from app.kernel.db import session
from app.people.models import Member, Membership, Preference


@dataclass(frozen=True, slots=True)
class Reached:
    """An active member of the brand in scope, with what a manager gave them and they left on."""

    id: int
    role: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    topics_off: tuple[str, ...]
    paused_until: datetime | None
    """Nothing is offered to them before this moment."""


def active(member_ids: Iterable[int] | None = None) -> dict[int, Reached]:
    """Members of the brand in scope who are not suspended, by id; all of them, or only these."""
    statement = (
        select(
            Membership.member_id,
            Membership.role,
            Membership.languages,
            Membership.topics,
            Preference.languages_off,
            Preference.topics_off,
            Preference.paused_until,
        )
        .outerjoin(
            Preference,
            and_(Preference.brand_id == Membership.brand_id, Preference.member_id == Membership.member_id),
        )
        .where(Membership.suspended_at.is_(None))
        .order_by(Membership.member_id)
    )
    if member_ids is not None:
        statement = statement.where(Membership.member_id.in_(set(member_ids)))
    return {
        row.member_id: Reached(
            row.member_id,
            row.role,
            tuple(language for language in row.languages if language not in (row.languages_off or ())),
            tuple(row.topics),
            tuple(row.topics_off or ()),
            row.paused_until,
        )
        for row in session.execute(statement)
    }


def address(member_id: int) -> str:
    """Where to write to an active member of the brand in scope; no page shows it."""
    statement = select(Member.email).join(Membership, Membership.member_id == Member.id)
    return session.execute(statement.where(Member.id == member_id, Membership.suspended_at.is_(None))).scalar_one()
