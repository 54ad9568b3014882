"""The watch over our own ears: nobody listens any more, or it is too quiet to be chance. Started by the clock.

An alarm is a gap without an end, one of a kind for each account; it ends by itself when the trouble is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update

from app.channels import accounts
from app.channels.accounts import AccountView
from app.kernel import clock
from app.kernel.db import brand_scope, session, transaction
from app.kernel.upsert import insert_new
from listeners import windows
from listeners.models import Cursor, Gap, Mention, Window
from listeners.rules.silence import is_improbable

DEAF_AFTER = timedelta(minutes=15)
"""How long nothing was read to its end before that is an alarm; longer than a network's usual wait."""
WEEK = timedelta(days=7)
WEEKS = 4
"""How many weeks of its own an account is compared with."""
LEAST_SILENCE = timedelta(minutes=30)
MOST_SILENCE = timedelta(days=3)

log = structlog.get_logger()


def look() -> None:
    """Look over every connected account; one in trouble keeps no other waiting."""
    every = accounts.to_listen_to()
    session.rollback()
    for account in every:
        try:
            with transaction(), brand_scope(account.brand_id):
                _look_at(account, clock.now())
        except Exception as error:  # the next look comes in a minute
            log.exception("an account's hearing could not be looked at", account=account.id, error=repr(error))


def _look_at(account: AccountView, at: datetime) -> None:
    cursor = windows.cursor_of(account)
    heard_until = cursor.heard_until if cursor else (account.connected_at or at)
    if at - heard_until > DEAF_AFTER:
        problem = cursor.problem if cursor else None
        _raise(account, "deaf", heard_until, f"Nothing was read to its end since then. {problem or ''}".strip())
        return  # who does not listen cannot tell silence from deafness
    _end(account, "deaf", heard_until)
    last = _last_news(account)
    if last is None:
        return
    silence = min(at - last, MOST_SILENCE)
    if silence >= LEAST_SILENCE and is_improbable(_weeks_before(account, cursor, at - silence, at)):
        _raise(
            account, "silent", last, "Nobody wrote since then; in the weeks before, these hours were never so quiet."
        )
    else:
        _end(account, "silent", last)


def _last_news(account: AccountView) -> datetime | None:
    """When a window last brought something new."""
    return session.execute(
        select(func.max(Window.until)).where(
            Window.brand_id == account.brand_id, Window.account_id == account.id, Window.new > 0
        )
    ).scalar()


def _weeks_before(account: AccountView, cursor: Cursor | None, since: datetime, until: datetime) -> list[int]:
    """How many mentions the same span of each week before brought, as far back as we listened at all."""
    if cursor is None:
        return []
    first = session.execute(
        select(func.min(Window.since)).where(Window.brand_id == account.brand_id, Window.account_id == account.id)
    ).scalar()
    counts = []
    for week in range(1, WEEKS + 1):
        start, end = since - week * WEEK, until - week * WEEK
        if first is None or start < first:
            break
        heard = select(func.count()).where(
            Mention.brand_id == account.brand_id,
            Mention.account_id == account.id,
            Mention.heard_at >= start,
            Mention.heard_at < end,
        )
        counts.append(session.execute(heard).scalar_one())
    return counts


def _raise(account: AccountView, kind: str, since: datetime, why: str) -> None:
    row = {
        "brand_id": account.brand_id,
        "account_id": account.id,
        "kind": kind,
        "since": since,
        "until": None,
        "why": why[:300],
        "found_at": clock.now(),
    }
    if insert_new(Gap, [row], Gap.id):
        log.warning("an account may not be heard", account=account.id, kind=kind)


def _end(account: AccountView, kind: str, at: datetime) -> None:
    session.execute(
        update(Gap)
        .where(Gap.account_id == account.id, Gap.kind == kind, Gap.until.is_(None), Gap.since < at)
        .values(until=at)
    )
