"""What members change about their own way of signing in, each change put on record in all of their brands."""

from __future__ import annotations

from sqlalchemy import select, update

from app.kernel import audit, mail
from app.kernel.db import session
from app.kernel.errors import NotAllowedError, RefusedError
from app.people import letters, passwords, second_factor, sign_in, tickets
from app.people.models import Member
from app.people.rules import password_problem


def change_password(member_id: int, old: str, new: str, *, token: str) -> None:
    """A new password; every other sign-in ends, this one (`token`) stays, and a mail tells the member.

    Raises:
        NotAllowedError: the old password is wrong.
        RefusedError: a new password that cannot be taken.

    """
    _prove(member_id, old)
    accept_password(member_id, new)
    if old == new:
        raise RefusedError("This is the password that you have. Choose another one.")
    session.execute(update(Member).where(Member.id == member_id).values(password_hash=passwords.hashed(new)))
    tickets.end_all(member_id)
    sign_in.sign_out_others(member_id, token)
    note(member_id, member_id, "password.change")
    mail.send(_email(member_id), *letters.password_changed(mail.link("/sign-in/help")))


def start_second_factor(member_id: int, password: str) -> None:
    """Begin the set-up; asks for the password, so that who finds an open browser cannot lock its owner out.

    Raises:
        NotAllowedError: the password is wrong.
        ConflictError: a second factor is on.

    """
    _prove(member_id, password)
    second_factor.start(member_id)


def confirm_second_factor(member_id: int, code: str, *, token: str) -> tuple[str, ...]:
    """Turn the second factor on; every sign-in that began without it ends, but this one. The recovery codes.

    Raises:
        RefusedError: not the app's code.
        ConflictError: nothing was started.

    """
    codes = second_factor.confirm(member_id, code)
    sign_in.sign_out_others(member_id, token)
    note(member_id, member_id, "second_factor.on")
    mail.send(_email(member_id), *letters.second_factor(is_on=True, link=mail.link("/sign-in/help")))
    return codes


def renew_recovery_codes(member_id: int, password: str) -> tuple[str, ...]:
    """Ten new recovery codes instead of the old ones.

    Raises:
        NotAllowedError: the password is wrong, or no second factor is on.

    """
    _prove(member_id, password)
    if not second_factor.is_on(member_id):
        raise NotAllowedError("Recovery codes stand in for a second factor; set one up first.")
    note(member_id, member_id, "second_factor.codes")
    return second_factor.renew_codes(member_id)


def remove_second_factor(member_id: int, password: str) -> None:
    """Turn the second factor off.

    Raises:
        NotAllowedError: the password is wrong.

    """
    _prove(member_id, password)
    take_second_factor_off(member_id, by=member_id)


def take_second_factor_off(member_id: int, *, by: int | None = None) -> None:
    """Turn it off for a member who lost phone and codes; `by` is None for the operator at the machine."""
    second_factor.remove(member_id)
    tickets.end_all(member_id)
    note(member_id, by, "second_factor.off")
    mail.send(_email(member_id), *letters.second_factor(is_on=False, link=mail.link("/sign-in/help")))


def accept_password(member_id: int, password: str) -> None:
    """Whether a new password can be taken.

    Raises:
        RefusedError: it cannot; the sentence says why.

    """
    row = session.execute(select(Member.email, Member.name).where(Member.id == member_id)).one()
    if problem := password_problem(password, email=row.email, name=row.name):
        raise RefusedError(problem)


def note(member_id: int, by: int | None, act: str) -> None:
    """One line in the record of each brand in which the member has a seat."""
    for seat in sorted(sign_in.seats_of(member_id), key=lambda seat: seat.brand_id):
        audit.record(seat.brand_id, by, act, f"member:{member_id}")


def _prove(member_id: int, password: str) -> None:
    stored = session.execute(select(Member.password_hash).where(Member.id == member_id)).scalar_one()
    if not passwords.matches(stored, password):
        raise NotAllowedError("This is not your password. Nothing was changed.")


def _email(member_id: int) -> str:
    return session.execute(select(Member.email).where(Member.id == member_id)).scalar_one()
