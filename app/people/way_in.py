"""The way in for who forgot the password or is kept out by strangers' guesses: a link by mail, good once, for a while.

Whether an address is a member's is found out after the answer was given, so that nobody can tell from it or its time.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from app.kernel import bus, clock, mail
from app.kernel.db import session
from app.kernel.errors import NotFoundError
from app.kernel.facts import WayInAsked
from app.people import known, letters, passwords, sign_in, tickets
from app.people.account import accept_password, note
from app.people.models import Member, WayInAsk

MOST_LINKS = 3
"""Live links per member: more mails would only flood the mailbox, and one of these three is always good."""
_HOUSE = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose link it is, as the page behind it says."""

    member_id: int
    email: str
    name: str


def ask(email: str) -> None:
    """Take the wish down, whoever it is for; what follows is out of the asker's sight."""
    row = WayInAsk(email=email.strip().lower()[:254], asked_at=clock.now())
    session.add(row)
    session.flush()
    bus.emit(WayInAsked(_HOUSE, row.id))


def answer(fact: WayInAsked) -> None:
    """Mail a link if the address is a member's. Follows WayInAsked."""
    email = session.execute(select(WayInAsk.email).where(WayInAsk.id == fact.ask_id)).scalar()
    session.execute(delete(WayInAsk).where(WayInAsk.id == fact.ask_id))
    member_id = session.execute(select(Member.id).where(Member.email == email)).scalar()
    if email is None or member_id is None or tickets.live(member_id, "way_in") >= MOST_LINKS:
        return
    lasts = tickets.LASTS["way_in"]
    letter = letters.way_in(mail.link(link_for(member_id)), int(lasts.total_seconds() // 60))
    mail.send(email, *letter, until=clock.now() + lasts)


def link_for(member_id: int) -> str:
    """A fresh link of a member's, as a path; for the mail, and for the operator where there is no mail."""
    token = tickets.issue(member_id, "way_in")
    note(member_id, None, "way_in.send")
    return f"/way-in/{token}"


def owner(token: str) -> Owner | None:
    """Whose live link this is; None when it was used, is older than 30 minutes, or was never one."""
    member_id = tickets.holder(token, "way_in")
    row = session.get(Member, member_id) if member_id else None
    return Owner(row.id, row.email, row.name) if row else None


def let_browser_in(token: str, browser: str | None) -> str:
    """Make the browser a known one, so that its owner may try the password again; the token it shall keep.

    Raises:
        NotFoundError: the link is no longer one.

    """
    member_id = _used(token)
    note(member_id, member_id, "way_in.unlock")
    return known.remember(browser, member_id)


def set_password(token: str, password: str) -> int:
    """A new password by link: every sign-in and link of the member ends, and a mail tells them; the member's id.

    Raises:
        NotFoundError: the link is no longer one.
        RefusedError: a password that cannot be taken; the link stays good.

    """
    found = owner(token)
    if found is None:
        raise _gone()
    accept_password(found.member_id, password)
    _used(token)
    session.execute(update(Member).where(Member.id == found.member_id).values(password_hash=passwords.hashed(password)))
    tickets.end_all(found.member_id)
    known.forget_all(found.member_id)
    sign_in.sign_out_everywhere(found.member_id)
    note(found.member_id, found.member_id, "password.reset")
    mail.send(found.email, *letters.password_changed(mail.link("/sign-in/help")))
    return found.member_id


def _used(token: str) -> int:
    member_id = tickets.use(token, "way_in")
    if member_id is None:
        raise _gone()
    return member_id


def _gone() -> NotFoundError:
    return NotFoundError("This link was used, or is older than 30 minutes. Ask for a new one.")
