"""Who is in a brand's team, as its managers see it: roles, languages, topics, pauses. Addresses are theirs to know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.kernel.db import session
from app.kernel.errors import NotFoundError
from app.people.models import Member, Membership

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class TeamView:
    """A member of the brand in scope, as its managers see them."""

    membership_id: int
    member_id: int
    name: str
    alias: str
    email: str
    role: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    suspended_at: datetime | None
    joined_at: datetime


def team(*, role: str | None = None, after: int | None = None, limit: int = PER_PAGE) -> tuple[TeamView, ...]:
    """The team in the order in which they joined; `after` is the membership after which to go on."""
    statement = _team().order_by(Membership.id).limit(limit)
    if role:
        statement = statement.where(Membership.role == role)
    if after is not None:
        statement = statement.where(Membership.id > after)
    return tuple(_view(row) for row in session.execute(statement))


def teammate(member_id: int) -> TeamView:
    """One of the team.

    Raises:
        NotFoundError: nobody of this brand.

    """
    row = session.execute(_team().where(Membership.member_id == member_id)).one_or_none()
    if row is None:
        raise NotFoundError("There is nobody of this name in the team.")
    return _view(row)


def by_alias(aliases: Collection[str]) -> dict[str, list[int]]:
    """Ids of the team's members by alias, lower case; two people may sign alike."""
    found: dict[str, list[int]] = {}
    wanted = {alias.lower() for alias in aliases}
    # SQLite folds the case of ASCII letters alone, so the aliases as they were typed are asked for too
    same = or_(func.lower(Member.alias).in_(wanted), Member.alias.in_({*wanted, *aliases}))
    for row in session.execute(_team().where(same).order_by(Membership.id)):
        found.setdefault(row.alias.lower(), []).append(row.member_id)
    return found


def has_company() -> bool:
    """Whether more than one person has a role in the brand in scope."""
    some = select(Membership.id).where(Membership.suspended_at.is_(None)).limit(2).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one() > 1


def _team() -> Select[*tuple[Any, ...]]:
    return select(
        Membership.id,
        Membership.member_id,
        Member.name,
        Member.alias,
        Member.email,
        Membership.role,
        Membership.languages,
        Membership.topics,
        Membership.suspended_at,
        Membership.created_at,
    ).join(Member, Member.id == Membership.member_id)


def _view(row: Any) -> TeamView:
    return TeamView(
        row.id,
        row.member_id,
        row.name,
        row.alias,
        row.email,
        row.role,
        tuple(row.languages),
        tuple(row.topics),
        row.suspended_at,
        row.created_at,
    )
