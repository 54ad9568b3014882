"""Asking a network whether a brand may use an account: the question goes out with a word that comes back once.

The word is bound to the brand and to the member who asked, and is worth nothing after ten minutes. What the next step
needs (a verifier, or the pages to choose from) waits here sealed, never in the browser.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.channels.models import Consent
from app.kernel import clock, crypto
from app.kernel.db import across_brands, changed, current_brand, session, transaction
from app.kernel.errors import NotFoundError, RefusedError

LASTS = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
"""After its end, so that a late answer is told why it is too late."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that its answer has used up."""

    id: int
    held: dict[str, Any]
    """What was kept for this step."""


def ask(channel: str, member_id: int, held: dict[str, Any]) -> str:
    """Remember a question of the brand in scope; the word that must come back with its answer."""
    token = secrets.token_urlsafe(32)
    row = Consent(brand_id=current_brand(), member_id=member_id, channel=channel, token_hash=_hash(token))
    row.held, row.ends_at = _sealed(held), clock.now() + LASTS
    session.add(row)
    session.flush()
    return token


def answer(channel: str, token: str, member_id: int) -> Answered:
    """Use a question up with the word that came back. Of two answers at once, one gets it.

    Raises:
        RefusedError: no question of this member in this brand, answered before, or over; the sentence says which.

    """
    row = session.execute(
        select(Consent).where(
            Consent.token_hash == _hash(token), Consent.channel == channel, Consent.member_id == member_id
        )
    ).scalar_one_or_none()
    if row is None:
        raise RefusedError(
            "This answer belongs to no question that you asked for this brand. Nothing was stored. Begin again here."
        )
    if row.ends_at <= clock.now():
        raise RefusedError("The network's answer took longer than ten minutes. Nothing was stored. Begin again here.")
    held = row.held
    first = (Consent.id == row.id, Consent.answered_at.is_(None))
    if held is None or not changed(update(Consent).where(*first).values(answered_at=clock.now(), held=None)):
        raise RefusedError(
            "This answer was used already, so nothing was stored a second time. If the account is not listed as "
            "connected, begin again here."
        )
    return Answered(row.id, _opened(held))


def offer(consent_id: int, held: dict[str, Any]) -> None:
    """Keep what the member may choose from, until the question ends."""
    session.execute(update(Consent).where(Consent.id == consent_id).values(held=_sealed(held)))


def offered(consent_id: int, channel: str, member_id: int) -> dict[str, Any]:
    """What the member may choose from.

    Raises:
        NotFoundError: no question of this member in this brand.
        RefusedError: it was chosen from already, or the question is over.

    """
    mine = (Consent.id == consent_id, Consent.channel == channel, Consent.member_id == member_id)
    row = session.execute(select(Consent).where(*mine)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such choice.")
    if row.answered_at is None or row.held is None or row.ends_at <= clock.now():
        raise RefusedError("This choice was made already, or waited longer than ten minutes. Begin again here.")
    return _opened(row.held)


def take(consent_id: int, channel: str, member_id: int) -> dict[str, Any]:
    """What the member may choose from, once: it is forgotten here.

    Raises:
        PeerlineError: as `offered`.

    """
    held = offered(consent_id, channel, member_id)
    still = (Consent.id == consent_id, Consent.held.is_not(None))
    if not changed(update(Consent).where(*still).values(held=None)):
        raise RefusedError("This choice was made already.")
    return held


def forget() -> None:
    """Drop questions a day after their end, and with them what waited for an answer that never came."""
    with transaction(), across_brands():
        session.execute(delete(Consent).where(Consent.ends_at < clock.now() - KEPT_FOR))


def _sealed(held: dict[str, Any]) -> str:
    return crypto.vault().seal(current_brand(), json.dumps(held))


def _opened(sealed: str) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(crypto.vault().open(current_brand(), sealed))
    return held


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
