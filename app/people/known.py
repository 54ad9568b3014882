"""Browsers in which a member has signed in before: what strangers try elsewhere never stops their owner there."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from app.kernel import clock
from app.kernel.db import session
from app.kernel.upsert import insert_new
from app.people import tokens
from app.people.models import KnownBrowser, Member

KEPT_FOR = timedelta(days=180)


def owners(browser: str | None) -> dict[str, int]:
    """The members, by address, who have signed in with the browser that holds this token."""
    if not browser:
        return {}
    statement = (
        select(Member.email, Member.id)
        .join(KnownBrowser, KnownBrowser.member_id == Member.id)
        .where(
            KnownBrowser.token_hash == tokens.hash_of(browser),
            KnownBrowser.seen_at > clock.now() - KEPT_FOR,
        )
    )
    return {row.email: row.id for row in session.execute(statement)}


def remember(browser: str | None, member_id: int) -> str:
    """Note that this is a browser of the member's; the token it shall keep, a new one where it had none of ours.

    A token that we never gave out is not taken on: somebody may have planted it.
    """
    at = clock.now()
    ours = (
        browser is not None
        and session.execute(
            select(KnownBrowser.member_id).where(KnownBrowser.token_hash == tokens.hash_of(browser)).limit(1)
        ).scalar()
    )
    token = browser if browser and ours else tokens.fresh()
    row = {"token_hash": tokens.hash_of(token), "member_id": member_id, "seen_at": at}
    if not insert_new(KnownBrowser, [row], KnownBrowser.member_id):
        session.execute(
            update(KnownBrowser)
            .where(KnownBrowser.token_hash == row["token_hash"], KnownBrowser.member_id == member_id)
            .values(seen_at=at)
        )
    return token


def forget_all(member_id: int) -> None:
    """No browser is the member's any more: somebody else may have signed in with one."""
    session.execute(delete(KnownBrowser).where(KnownBrowser.member_id == member_id))
