"""For any hour: what was listened to, by which account, and whether it is proved that nothing escaped us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import current_brand, session
from listeners.models import Cursor, Gap, Window
from listeners.rules.coverage import Span, cut, missing

HOUR = timedelta(hours=1)
RECENT = timedelta(days=30)
GRACE = timedelta(minutes=15)
"""What was said in the last minutes may still be on its way to us; it is not missing yet."""
LATER = 10
"""Whole windows that ended after a span and are looked at for parts of it: after a stop, the first one reaches back."""

Verdict = Literal["complete", "partly", "nothing", "ahead", "before"]
"""Read whole; read in parts; not read at all; not over yet and read up to now; before the account was connected."""


@dataclass(frozen=True, slots=True)
class HourView:
    """One hour of one account."""

    account_id: int
    start: datetime
    verdict: Verdict
    missing: tuple[Span, ...]
    seen: int
    """Items that the windows which ended in this hour showed, those of the overlaps again and again."""
    new: int
    looks: int
    lost: bool
    """Some of what is missing can never be made up for."""


@dataclass(frozen=True, slots=True)
class _Ear:
    """All that is known of one account's hearing around a span."""

    account_id: int
    windows: Sequence[Window]
    lost: Sequence[Span]
    first: datetime
    horizon: datetime
    """What is later is not missed yet."""


@dataclass(frozen=True, slots=True)
class GapView:
    """A span in which something may have escaped us."""

    id: int
    account_id: int
    kind: str
    """lost, silent or deaf, see listeners.models.GAPS."""
    since: datetime
    until: datetime | None
    why: str
    found_at: datetime


def hours(since_connected: Mapping[int, datetime], start: datetime, count: int) -> dict[int, tuple[HourView, ...]]:
    """So many hours from `start` on, for accounts of the brand in scope, each with when it was connected first."""
    span = (start, start + count * HOUR)
    windows = _windows(since_connected.keys(), span)
    lost = [gap for gap in gaps(span) if gap.kind == "lost"]
    heard_until = _heard_until(since_connected.keys())
    found = {}
    for account_id, connected_at in since_connected.items():
        mine = windows[account_id]
        own = [(gap.since, gap.until) for gap in lost if gap.account_id == account_id and gap.until]
        first = min([connected_at, *(row.since for row in mine)])
        horizon = max(heard_until.get(account_id, first), clock.now() - GRACE)
        ear = _Ear(account_id, mine, own, first, horizon)
        found[account_id] = tuple(_hour(ear, start + number * HOUR) for number in range(count))
    return found


def gaps(span: Span | None = None, *, limit: int = 100) -> tuple[GapView, ...]:
    """Gaps that touch a span, or those of the last weeks, the newest first."""
    since, until = span or (clock.now() - RECENT, clock.now())
    rows = session.execute(
        select(Gap)
        .where(Gap.brand_id == current_brand(), Gap.since < until, Gap.until.is_(None) | (Gap.until > since))
        .order_by(Gap.since.desc(), Gap.id.desc())
        .limit(limit)
    ).scalars()
    return tuple(GapView(row.id, row.account_id, row.kind, row.since, row.until, row.why, row.found_at) for row in rows)


def _hour(ear: _Ear, start: datetime) -> HourView:
    end = start + HOUR
    here = [row for row in ear.windows if start <= row.until < end]
    counted = (sum(row.seen for row in here), sum(row.new for row in here), sum(row.looks for row in here))
    if end <= ear.first:
        return HourView(ear.account_id, start, "before", (), *counted, lost=False)
    due = cut((start, end), (ear.first, ear.horizon))
    heard = [(row.since, row.until) for row in ear.windows if row.closed]
    parts = missing(due, heard) if due else ()
    lost = any(cut(part, span) for part in parts for span in ear.lost)
    verdict: Verdict = "complete" if end <= ear.horizon else "ahead"
    if due and parts:
        verdict = "nothing" if parts == (due,) else "partly"
    return HourView(ear.account_id, start, verdict, parts, *counted, lost=lost)


def _windows(account_ids: Collection[int], span: Span) -> dict[int, list[Window]]:
    """Windows that share something with the span, by account, those that ended first before the others."""
    start, end = span
    found: dict[int, list[Window]] = defaultdict(list)
    inside = (
        select(Window)
        .where(Window.brand_id == current_brand(), Window.account_id.in_(account_ids))
        .where(Window.until >= start, Window.until <= end)
    )
    after = [
        select(Window)
        .where(Window.brand_id == current_brand(), Window.account_id == account_id, Window.until > end)
        .where(Window.closed)
        .order_by(Window.until)
        .limit(LATER)
        for account_id in account_ids
    ]
    for statement in (inside, *after):
        rows: Iterable[Window] = session.execute(statement).scalars()
        for row in rows:
            if row.since < end:
                found[row.account_id].append(row)
    return found


def _heard_until(account_ids: Collection[int]) -> dict[int, datetime]:
    rows = session.execute(select(Cursor.account_id, Cursor.heard_until).where(Cursor.account_id.in_(account_ids)))
    return {row.account_id: row.heard_until for row in rows}
