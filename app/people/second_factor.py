"""A second proof at the door: a code of the member's authenticator app (TOTP), or a recovery code, each once."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, func, select, update

from app.kernel import clock, crypto
from app.kernel.db import changed, session
from app.kernel.errors import ConflictError, RefusedError
from app.people import tokens
from app.people.models import Member, RecoveryCode, SecondFactor

ISSUER = "Peerline"
STEP_SECONDS = 30
STEPS_OFF = (-1, 0, 1)
"""A phone's clock may be half a minute off, either way."""
CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LETTERS_PER_CODE = 16
"""80 random bits: a plain hash of it is safe, nobody can go through them all."""
_HOUSE = 0


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs, once: the secret to type, and the address that a QR code carries."""

    secret: str
    address: str


def is_on(member_id: int) -> bool:
    """Whether signing in asks this member for a code."""
    return (
        session.execute(
            select(SecondFactor.member_id).where(
                SecondFactor.member_id == member_id, SecondFactor.confirmed_at.is_not(None)
            )
        ).scalar()
        is not None
    )


def start(member_id: int) -> None:
    """Make a new secret, which counts once a code confirms it.

    Raises:
        ConflictError: a second factor is on.

    """
    if is_on(member_id):
        raise ConflictError("Your second factor is on already. Turn it off first to set up another app.")
    session.execute(delete(SecondFactor).where(SecondFactor.member_id == member_id))
    sealed = crypto.vault().seal(_HOUSE, f"{member_id}:{pyotp.random_base32()}")
    session.add(SecondFactor(member_id=member_id, sealed=sealed, started_at=clock.now(), last_step=0))
    session.flush()


def setup(member_id: int) -> Setup | None:
    """What to show to the app; None when nothing was started, or when it is confirmed and never shown again."""
    row = session.get(SecondFactor, member_id)
    if row is None or row.confirmed_at is not None:
        return None
    email = session.execute(select(Member.email).where(Member.id == member_id)).scalar_one()
    secret = _secret(row)
    return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER))


def confirm(member_id: int, code: str) -> tuple[str, ...]:
    """Turn it on with a first code; the recovery codes, which are told now and never again.

    Raises:
        RefusedError: not the app's code.
        ConflictError: nothing was started.

    """
    row = session.get(SecondFactor, member_id)
    if row is None or row.confirmed_at is not None:
        raise ConflictError("There is nothing to confirm. Start the set-up again.")
    if not _takes_app_code(row, code):
        raise RefusedError("This is not the app's code. Wait for the next one; check that the phone's clock is right.")
    session.execute(update(SecondFactor).where(SecondFactor.member_id == member_id).values(confirmed_at=clock.now()))
    return renew_codes(member_id)


def renew_codes(member_id: int) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are worth nothing."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    codes = tuple("".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_PER_CODE)) for _ in range(CODES))
    session.add_all(RecoveryCode(code_hash=tokens.hash_of(code), member_id=member_id) for code in codes)
    session.flush()
    return tuple("-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes)


def codes_left(member_id: int) -> int:
    """How many recovery codes are unused."""
    unused = select(func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    return session.execute(unused).scalar_one()


def remove(member_id: int) -> None:
    """Turn it off and forget secret and codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    session.execute(delete(SecondFactor).where(SecondFactor.member_id == member_id))


def takes(member_id: int, code: str) -> bool:
    """Whether a code opens the door: the app's, not taken before, or an unused recovery code, which is then used."""
    row = session.get(SecondFactor, member_id)
    if row is None or row.confirmed_at is None:
        return False
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    if len(typed) == _LETTERS_PER_CODE:
        unused = (
            RecoveryCode.code_hash == tokens.hash_of(typed),
            RecoveryCode.member_id == member_id,
            RecoveryCode.used_at.is_(None),
        )
        return bool(changed(update(RecoveryCode).where(*unused).values(used_at=clock.now())))
    return _takes_app_code(row, typed)


def _takes_app_code(row: SecondFactor, code: str) -> bool:
    """Compare with every step that may be now; a step that was taken, and all before it, are never taken again."""
    typed = "".join(letter for letter in code if letter.isdigit())
    app, now = pyotp.TOTP(_secret(row)), int(clock.now().timestamp()) // STEP_SECONDS
    for step in (now + off for off in STEPS_OFF):
        if hmac.compare_digest(app.generate_otp(step), typed):
            newer = (SecondFactor.member_id == row.member_id, SecondFactor.last_step < step)
            return bool(changed(update(SecondFactor).where(*newer).values(last_step=step)))
    return False


def _secret(row: SecondFactor) -> str:
    """The shared secret; a row copied to another member opens nothing."""
    owner, _, secret = crypto.vault().open(_HOUSE, row.sealed).partition(":")
    if owner != str(row.member_id):
        raise ConflictError("The stored second factor belongs to somebody else.")
    return secret
