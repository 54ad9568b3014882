"""What we show of people: names and aliases, never addresses or hashes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import session
from app.people import tokens
from app.people.models import Invitation, Member, Membership, SignIn
from app.people.rules import ABSOLUTE, STAFF, sign_in_lasts


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as colleagues of the same brand see them."""

    id: int
    name: str
    alias: str
    role: str
    is_active: bool
    """Not suspended: they can sign in, hold a case and judge an answer."""


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as the brand's managers see it; its link was told once and is not kept."""

    id: int
    email: str
    role: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    invited_by: int | None
    created_at: datetime
    expires_at: datetime
    state: str
    """open, accepted, revoked or expired."""


def members(member_ids: Iterable[int] | None = None) -> dict[int, MemberView]:
    """Members of the brand in scope by id; all of them, or only these. The suspended too: old words are theirs."""
    is_active = Membership.suspended_at.is_(None)
    statement = select(Member.id, Member.name, Member.alias, Membership.role, is_active).join(
        Membership, Membership.member_id == Member.id
    )
    if member_ids is not None:
        statement = statement.where(Member.id.in_(set(member_ids)))
    return {row[0]: MemberView(*row) for row in session.execute(statement)}


def on_duty(since: datetime) -> frozenset[int]:
    """Staff of the brand in scope who are signed in and were there after this moment."""
    return frozenset(
        session.execute(
            select(SignIn.member_id)
            .join(Membership, Membership.member_id == SignIn.member_id)
            .where(
                Membership.role.in_(STAFF),
                Membership.suspended_at.is_(None),
                SignIn.ended_at.is_(None),
                SignIn.seen_at > since,
            )
        ).scalars()
    )


def by_email(email: str) -> int | None:
    """The id of the member with this address."""
    return session.execute(select(Member.id).where(Member.email == email.strip().lower())).scalar()


def invitations(*, before: int | None = None, limit: int = 50) -> tuple[InvitationView, ...]:
    """Invitations of the brand in scope, the newest first; `before` is the id after which to go on."""
    statement = select(Invitation).order_by(Invitation.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Invitation.id < before)
    at = clock.now()
    return tuple(_invitation(row, at) for row in session.execute(statement).scalars())


def _invitation(row: Invitation, at: datetime) -> InvitationView:
    state = (
        "accepted" if row.accepted_at else "revoked" if row.revoked_at else "open" if row.expires_at > at else "expired"
    )
    words = (tuple(row.languages), tuple(row.topics))
    return InvitationView(row.id, row.email, row.role, *words, row.invited_by, row.created_at, row.expires_at, state)


@dataclass(frozen=True, slots=True)
class SignInView:
    """One signed-in browser, as its owner sees it. `name` ends it and opens nothing."""

    name: str
    browser: str | None
    created_at: datetime
    seen_at: datetime
    is_this: bool


def sign_ins(member_id: int, token: str, *, staff: bool) -> tuple[SignInView, ...]:
    """The live sign-ins of a member, this browser's (`token`) first, then the last seen; at most 50."""
    at, this = clock.now(), tokens.hash_of(token)
    rows = session.execute(
        select(SignIn)
        .where(SignIn.member_id == member_id, SignIn.ended_at.is_(None), SignIn.created_at > at - ABSOLUTE)
        .order_by((SignIn.token_hash == this).desc(), SignIn.seen_at.desc())
        .limit(50)
    ).scalars()
    live = [row for row in rows if sign_in_lasts(staff=staff, created_at=row.created_at, seen_at=row.seen_at, now=at)]
    return tuple(
        SignInView(row.token_hash, row.browser, row.created_at, row.seen_at, row.token_hash == this) for row in live
    )


def somebody_exists() -> bool:
    """Whether the house has any member yet."""
    return session.execute(select(Member.id).limit(1)).scalar() is not None
