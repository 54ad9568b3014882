"""Signing in and out, and who is behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, select, update

from app.kernel import clock
from app.kernel.db import across_brands, changed, session
from app.kernel.errors import NotAllowedError, NotFoundError
from app.people import passwords, tokens
from app.people.models import Member, Membership, SecondFactor, SignIn
from app.people.rules import STAFF, sign_in_lasts

_SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Seat:
    """One brand in which the person has a role."""

    brand_id: int
    role: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]

    @property
    def is_staff(self) -> bool:
        """Whether the role is moderator or manager."""
        return self.role in STAFF


@dataclass(frozen=True, slots=True)
class Person:
    """Who is behind a request: the member, the brand looked at, and the role there (None without any seat)."""

    member_id: int
    name: str
    alias: str
    email: str
    seats: tuple[Seat, ...]
    seat: Seat | None
    has_second_factor: bool = False


def proven(email: str, password: str) -> int | None:
    """Check the password; the member, or None. Takes the same time for an unknown address."""
    member = session.execute(select(Member).where(Member.email == email.strip().lower())).scalar_one_or_none()
    if not passwords.matches(member.password_hash if member else None, password) or member is None:
        return None
    if passwords.is_outdated(member.password_hash):
        member.password_hash = passwords.hashed(password)
    return member.id


def begin(member_id: int, browser: str = "") -> str:
    """Sign a member in who has proven all that is asked; the token for the cookie. `browser` is its family's name."""
    token, at = tokens.fresh(), clock.now()
    row = SignIn(
        token_hash=tokens.hash_of(token), member_id=member_id, created_at=at, seen_at=at, browser=browser[:60] or None
    )
    session.add(row)
    session.flush()
    return token


def sign_out(token: str) -> None:
    """End this sign-in; the cookie is worthless from now on."""
    session.execute(update(SignIn).where(SignIn.token_hash == tokens.hash_of(token)).values(ended_at=clock.now()))


def sign_out_everywhere(member_id: int) -> None:
    """End every sign-in of a member."""
    session.execute(
        update(SignIn).where(SignIn.member_id == member_id, SignIn.ended_at.is_(None)).values(ended_at=clock.now())
    )


def sign_out_others(member_id: int, token: str) -> None:
    """End every sign-in of a member but the one with this token."""
    session.execute(
        update(SignIn)
        .where(SignIn.member_id == member_id, SignIn.ended_at.is_(None), SignIn.token_hash != tokens.hash_of(token))
        .values(ended_at=clock.now())
    )


def end(member_id: int, name: str) -> None:
    """End one sign-in of a member, by the name under which `queries.sign_ins` shows it.

    Raises:
        NotFoundError: the member has no such sign-in, or it has ended.

    """
    mine = (SignIn.member_id == member_id, SignIn.token_hash == name, SignIn.ended_at.is_(None))
    if not changed(update(SignIn).where(*mine).values(ended_at=clock.now())):
        raise NotFoundError("This sign-in has ended already.")


def person_behind(token: str | None) -> Person | None:
    """The person whose sign-in this token is, with today's roles; None when it has ended or lapsed."""
    if not token:
        return None
    with across_brands():  # one question, since every page asks it
        rows = session.execute(
            select(SignIn, Member, SecondFactor.confirmed_at, Membership)
            .join(Member, Member.id == SignIn.member_id)
            .outerjoin(SecondFactor, SecondFactor.member_id == Member.id)
            .outerjoin(Membership, and_(Membership.member_id == Member.id, Membership.suspended_at.is_(None)))
            .where(SignIn.token_hash == tokens.hash_of(token))
            .order_by(Membership.id)
        ).all()
    if not rows or rows[0].SignIn.ended_at is not None:
        return None
    found, kept, member = rows[0], rows[0].SignIn, rows[0].Member
    seats = tuple(_seat(row.Membership) for row in rows if row.Membership is not None)
    staff = any(seat.is_staff for seat in seats)
    if not sign_in_lasts(staff=staff, created_at=kept.created_at, seen_at=kept.seen_at, now=clock.now()):
        return None
    chosen = next((seat for seat in seats if seat.brand_id == kept.brand_id), seats[0] if seats else None)
    proof = found.confirmed_at is not None
    return Person(member.id, member.name, member.alias, member.email, seats, chosen, has_second_factor=proof)


def seen(token: str) -> None:
    """Note that the sign-in is in use; writes at most once a minute. Call inside a transaction."""
    at = clock.now()
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == tokens.hash_of(token), SignIn.seen_at < at - _SEEN_EVERY)
        .values(seen_at=at)
    )


def is_seen_due(token: str) -> bool:
    """Whether `seen` would write."""
    seen_at = session.execute(select(SignIn.seen_at).where(SignIn.token_hash == tokens.hash_of(token))).scalar()
    return seen_at is not None and clock.now() - seen_at > _SEEN_EVERY


def look_at(token: str, person: Person, brand_id: int) -> None:
    """Switch to another brand in which the person has a role.

    Raises:
        NotFoundError: the person has no role there.

    """
    if all(seat.brand_id != brand_id for seat in person.seats):
        raise NotFoundError("There is no such brand.")
    session.execute(update(SignIn).where(SignIn.token_hash == tokens.hash_of(token)).values(brand_id=brand_id))


def seated(person: Person | None) -> Seat:
    """The person's seat.

    Raises:
        NotAllowedError: no role in any brand.

    """
    if person is None or person.seat is None:
        raise NotAllowedError("You have no role in any brand, or it was suspended. Ask a manager.")
    return person.seat


def seats_of(member_id: int) -> tuple[Seat, ...]:
    """Every seat of a member, the oldest first; a suspended one is none."""
    with across_brands():
        rows = session.execute(
            select(Membership)
            .where(Membership.member_id == member_id, Membership.suspended_at.is_(None))
            .order_by(Membership.id)
        ).scalars()
        return tuple(_seat(row) for row in rows)


def _seat(row: Membership) -> Seat:
    return Seat(row.brand_id, row.role, tuple(row.languages), tuple(row.topics))
