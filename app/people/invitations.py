"""A person is asked to take a role in a brand, by a link that is good once, for a week, and for one address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, select, update

from app.brands import queries as brands
from app.kernel import audit, clock, mail
from app.kernel.db import across_brands, brand_scope, changed, session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.people import aliases, letters, members, tokens
from app.people.models import Invitation, Member, Membership
from app.people.rules import ROLES, email_problem

LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invited:
    """A fresh invitation. `path` is the link within the portal, to be shown now: it cannot be told a second time."""

    id: int
    path: str
    mailed: bool
    """Whether it is also on its way by mail; without a mail server the manager hands the link over."""


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """A live invitation as the holder of its link sees it."""

    id: int
    brand_id: int
    brand: str
    email: str
    role: str
    inviter: str | None
    has_account: bool


def invite(
    brand_id: int,
    email: str,
    role: str,
    *,
    languages: Sequence[str] = ("en",),
    topics: Sequence[str] = (),
    by: int | None = None,
) -> Invited:
    """Make a link for one address and mail it. A live link to the same address in this brand ends with that.

    `by` is the inviting member. Call it inside a transaction.

    Raises:
        RefusedError: no e-mail address, or no role.
        ConflictError: the address has a role in the brand already.

    """
    email = email.strip().lower()
    if problem := email_problem(email):
        raise RefusedError(problem)
    if role not in ROLES:
        raise RefusedError(f"A role is one of {', '.join(ROLES)}.")
    at, token = clock.now(), tokens.fresh()
    with brand_scope(brand_id):
        _refuse_who_is_in(email)
        session.execute(_live(at, Invitation.email == email).values(revoked_at=at))
        row = Invitation(
            brand_id=brand_id,
            email=email,
            role=role,
            languages=list(languages),
            topics=list(topics),
            token_hash=tokens.hash_of(token),
            invited_by=by,
            created_at=at,
            expires_at=at + LASTS,
        )
        session.add(row)
        session.flush()
    audit.record(brand_id, by, "invitation.send", f"invitation:{row.id}", role=role)
    path = f"/join/{token}"
    inviter = session.execute(select(Member.name).where(Member.id == by)).scalar() if by else None
    letter = letters.invitation(brands.brand(brand_id).name, role, inviter, mail.link(path), LASTS.days)
    return Invited(row.id, path, mail.send(email, *letter, until=row.expires_at))


def revoke(invitation_id: int, by: int) -> None:
    """End a live invitation of the brand in scope.

    Raises:
        NotFoundError: the brand has no such invitation.
        ConflictError: it was accepted, revoked, or ran out before.

    """
    row = session.execute(select(Invitation).where(Invitation.id == invitation_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such invitation.")
    at = clock.now()
    if not changed(_live(at, Invitation.id == invitation_id).values(revoked_at=at)):
        raise ConflictError("This invitation is not open any more: it was accepted, taken back, or its week is over.")
    audit.record(row.brand_id, by, "invitation.revoke", f"invitation:{invitation_id}")


def behind(token: str) -> OpenInvitation | None:
    """What a link stands for, for whoever holds it; None when it is used, taken back, over, or was never one."""
    with across_brands():
        row = session.execute(
            select(Invitation).where(
                Invitation.token_hash == tokens.hash_of(token),
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > clock.now(),
            )
        ).scalar_one_or_none()
    if row is None:
        return None
    people = session.execute(
        select(Member.id, Member.name, Member.email).where((Member.id == row.invited_by) | (Member.email == row.email))
    ).all()
    inviter = next((person.name for person in people if person.id == row.invited_by), None)
    has_account = any(person.email == row.email for person in people)
    brand = brands.brand(row.brand_id).name
    return OpenInvitation(row.id, row.brand_id, brand, row.email, row.role, inviter, has_account)


def accept(token: str, member_id: int) -> int:
    """A member who has the invited address takes the role; the brand's id.

    Raises:
        NotFoundError: the link is no longer one, or somebody used it a moment ago.
        NotAllowedError: it was made for another address.
        ConflictError: somebody of the brand signs as the member does.

    """
    found = _found(token)
    member = session.execute(select(Member.email, Member.alias).where(Member.id == member_id)).one()
    if member.email != found.email:
        raise NotAllowedError(f"This invitation is for {found.email}. Sign in with that address to accept it.")
    if aliases.is_taken(member.alias, [found.brand_id], but_by=member_id):
        raise ConflictError(
            f"Somebody at {found.brand} already signs as ^{member.alias}, as you do. Choose another alias under Me, "
            "then open this link again; it stays good."
        )
    _take(found, member_id)
    return found.brand_id


def accept_as_new(token: str, name: str, alias: str, password: str) -> int:
    """Somebody without an account makes one for the invited address and takes the role; the new member's id.

    Raises:
        NotFoundError: the link is no longer one, or somebody used it a moment ago.
        RefusedError: a name, alias or password that cannot be taken.
        ConflictError: the address has an account by now, or somebody of the brand signs with this alias.

    """
    found, alias = _found(token), alias.strip().removeprefix("^")
    if aliases.is_taken(alias, [found.brand_id]):
        raise ConflictError(
            f"Somebody at {found.brand} already signs as ^{alias}. Choose another alias, and type the password once "
            "more; the rest is kept, and the link stays good."
        )
    member_id = members.add(found.email, name, alias, password)
    _take(found, member_id)
    return member_id


def _found(token: str) -> OpenInvitation:
    """The link's invitation, held so that of two who use it at the same moment the second finds it used."""
    found = behind(token)
    if found is not None:
        with brand_scope(found.brand_id):
            held = select(Invitation.accepted_at).where(Invitation.id == found.id, Invitation.revoked_at.is_(None))
            still = session.execute(held.with_for_update()).all()
        if still and still[0].accepted_at is None:
            return found
    raise NotFoundError("This invitation was used, taken back, or is older than a week. Ask for a new one.")


def _take(found: OpenInvitation, member_id: int) -> None:
    at = clock.now()
    with brand_scope(found.brand_id):
        session.execute(_live(at, Invitation.id == found.id).values(accepted_at=at, member_id=member_id))
        row = session.execute(select(Invitation).where(Invitation.id == found.id)).scalar_one()
        members.join(found.brand_id, member_id, row.role, languages=row.languages, topics=row.topics, by=row.invited_by)
    audit.record(found.brand_id, member_id, "invitation.accept", f"invitation:{found.id}", role=found.role)


def _live(at: datetime, which: ColumnElement[bool]) -> Update:
    """An UPDATE that meets an invitation only while it is open: how two rivals are told apart."""
    return update(Invitation).where(
        which, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > at
    )


def _refuse_who_is_in(email: str) -> None:
    there = session.execute(
        select(Membership.role).join(Member, Member.id == Membership.member_id).where(Member.email == email)
    ).scalar()
    if there:
        raise ConflictError(f"{email} is {there} of this brand already. Change the role there.")
