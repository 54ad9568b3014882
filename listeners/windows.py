"""What was listened to, and where something may have escaped us: windows, and gaps that cannot be closed any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from app.channels.accounts import AccountView
from app.channels.base import ChannelError, RateLimitedError
from app.kernel import clock
from app.kernel.db import session
from listeners.hear import Tally
from listeners.models import Cursor, Gap, Window
from listeners.rules.coverage import Span

HOUR = timedelta(hours=1)


def cursor_of(account: AccountView) -> Cursor | None:
    """Up to when an account has been listened to; None before the first look."""
    return session.execute(select(Cursor).where(Cursor.account_id == account.id)).scalar_one_or_none()


def remember(
    account: AccountView,
    span: Span,
    tally: Tally,
    *,
    closed: bool,
    problem: ChannelError | None,
    wait_until: datetime | None,
) -> None:
    """Store a look at the network, in the caller's transaction; the cursor moves only when the window was read whole.

    A whole window that brought nothing new is laid together with the one before it, of the same hour, when that was
    whole and brought nothing new either: the proof stays complete, and costs a row an hour.
    """
    since, until = span
    cursor = cursor_of(account)
    if cursor is None:
        cursor = Cursor(account_id=account.id, brand_id=account.brand_id, heard_until=since)
        session.add(cursor)
    if closed:
        cursor.heard_until = until
    cursor.not_before = wait_until if isinstance(problem, RateLimitedError) else None
    cursor.looked_at, cursor.problem = until, str(problem)[:300] if problem else None
    last = _last(account)
    if closed and not tally.new and last is not None and _goes_on(last, since, until):
        last.until, last.seen, last.looks = until, last.seen + tally.heard, last.looks + 1
        return
    session.add(
        Window(
            brand_id=account.brand_id,
            account_id=account.id,
            since=since,
            until=until,
            seen=tally.heard,
            new=tally.new,
            closed=closed,
            looks=1,
        )
    )


def lose(account: AccountView, span: Span, why: str) -> None:
    """A span of which the network shows nothing any more, kept once."""
    session.flush()
    known = select(Gap.id).where(Gap.account_id == account.id, Gap.kind == "lost", Gap.since == span[0])
    if session.execute(known).scalar() is None:
        session.execute(
            insert(Gap).values(
                brand_id=account.brand_id,
                account_id=account.id,
                kind="lost",
                since=span[0],
                until=span[1],
                why=why[:300],
                found_at=clock.now(),
            )
        )


def _last(account: AccountView) -> Window | None:
    return session.execute(
        select(Window)
        .where(Window.brand_id == account.brand_id, Window.account_id == account.id)
        .order_by(Window.until.desc(), Window.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _goes_on(last: Window, since: datetime, until: datetime) -> bool:
    """Whether a quiet window may be laid together with the last one."""
    same_hour = until - last.until < HOUR and last.until.hour == until.hour
    return last.closed and not last.new and same_hour and since <= last.until <= until
