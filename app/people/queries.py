"""What we show of people: names and aliases, never addresses or hashes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.kernel.db import session
from app.people.models import Member, Membership


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as colleagues of the same brand see them."""

    id: int
    name: str
    alias: str
    role: str


def members(member_ids: Iterable[int] | None = None) -> dict[int, MemberView]:
    """Members of the brand in scope by id; all of them, or only these."""
    statement = select(Member.id, Member.name, Member.alias, Membership.role).join(
        Membership, Membership.member_id == Member.id
    )
    if member_ids is not None:
        statement = statement.where(Member.id.in_(set(member_ids)))
    return {row.id: MemberView(row.id, row.name, row.alias, row.role) for row in session.execute(statement)}


def by_email(email: str) -> int | None:
    """The id of the member with this address."""
    return session.execute(select(Member.id).where(Member.email == email.strip().lower())).scalar()


def somebody_exists() -> bool:
    """Whether the house has any member yet."""
    return session.execute(select(Member.id).limit(1)).scalar() is not None
