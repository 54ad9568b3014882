"""Single-use words for one purpose: a link in a mail, or the cookie between a password and a second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select, update

from app.kernel import clock
from app.kernel.db import changed, session, transaction
from app.people import tokens
from app.people.models import Ticket

Purpose = Literal["way_in", "second_factor"]
LASTS: dict[Purpose, timedelta] = {"way_in": timedelta(minutes=30), "second_factor": timedelta(minutes=10)}
MOST_TRIES = 5
"""Wrong codes after which a ticket is worth nothing: whoever goes on must know the password again."""


def issue(member_id: int, purpose: Purpose) -> str:
    """A new ticket; only its hash is kept."""
    at, token = clock.now(), tokens.fresh()
    session.add(
        Ticket(
            token_hash=tokens.hash_of(token),
            member_id=member_id,
            purpose=purpose,
            tries=0,
            created_at=at,
            expires_at=at + LASTS[purpose],
        )
    )
    session.flush()
    return token


def holder(token: str | None, purpose: Purpose) -> int | None:
    """The member whose live ticket this is; looking does not use it up."""
    if not token:
        return None
    return session.execute(select(Ticket.member_id).where(*_live(token, purpose))).scalar()


def use(token: str | None, purpose: Purpose) -> int | None:
    """Use a ticket up; the member, or None when it was used, has ended, or was never one. Of two rivals one gets it."""
    member_id = holder(token, purpose)
    if token is None or member_id is None:
        return None
    won = changed(update(Ticket).where(*_live(token, purpose)).values(used_at=clock.now()))
    return member_id if won else None


def strike(token: str, purpose: Purpose) -> None:
    """Count a wrong code; the fifth ends the ticket."""
    session.execute(update(Ticket).where(*_live(token, purpose)).values(tries=Ticket.tries + 1))


def end_all(member_id: int) -> None:
    """Make every live ticket of a member worthless."""
    session.execute(
        update(Ticket).where(Ticket.member_id == member_id, Ticket.used_at.is_(None)).values(used_at=clock.now())
    )


def live(member_id: int, purpose: Purpose) -> int:
    """How many tickets of a member are good now."""
    statement = select(func.count()).where(
        Ticket.member_id == member_id,
        Ticket.purpose == purpose,
        Ticket.used_at.is_(None),
        Ticket.expires_at > clock.now(),
    )
    return session.execute(statement).scalar_one()


def forget() -> None:
    """Drop tickets a day after their end."""
    with transaction():
        session.execute(delete(Ticket).where(Ticket.expires_at < clock.now() - timedelta(days=1)))


def _live(token: str, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    return (
        Ticket.token_hash == tokens.hash_of(token),
        Ticket.purpose == purpose,
        Ticket.used_at.is_(None),
        Ticket.tries < MOST_TRIES,
        Ticket.expires_at > clock.now(),
    )
