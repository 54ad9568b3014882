"""What an account may still ask of its network, kept in the database: no two processes ever spend the same call.

A budget that is used up raises the contract's RateLimitedError before the network has to; whoever asked parks its
work until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select, update

from app.channels import networks
from app.channels.base import Meter, RateLimitedError
from app.channels.limits import Limit
from app.channels.models import Account, Budget
from app.kernel import clock
from app.kernel.db import brand_scope, changed, session, transaction
from app.kernel.upsert import insert_new

WRITES = ("write", "calls")
"""What networks call the allowance from which an answer is taken."""
SHORTEST_WAIT = timedelta(seconds=30)
"""So long nothing is asked of what is used up, whatever moment the network named: by our clock it may be over already,
and no two clocks agree.
"""
UNTIMED = 0
"""The span of an allowance of which only the network knows how long it is."""


@dataclass(frozen=True, slots=True)
class BudgetView:
    """One allowance as it stands: `most` is None where only the network knows it."""

    kind: str
    seconds: int
    left: int
    most: int | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Purse(Meter):
    """An account's budgets. Each call counts in a short transaction of its own, before it is made."""

    brand_id: int
    account_id: int
    limits: Sequence[Limit]

    def spend(self, kind: str, *, kept: int = 0) -> None:
        """See the contract. Every span of the kind must have a call left, or none is taken from any."""
        with brand_scope(self.brand_id), transaction():
            at, limits = clock.now(), self._of(kind)
            if not limits:
                self._take_told(kind, at, kept)
            for limit in limits:
                self._take(limit, at, kept)

    def told(self, kind: str, *, left: int, until: datetime) -> None:
        """See the contract. The word counts for the shortest span, or for one of its own where we know none."""
        seconds = min((limit.seconds for limit in self._of(kind)), default=UNTIMED)
        if left <= 0:
            until = max(until, clock.now() + SHORTEST_WAIT)
        with brand_scope(self.brand_id), transaction():
            row = {"account_id": self.account_id, "brand_id": self.brand_id, "kind": kind, "seconds": seconds}
            values = {"remaining": left, "until": until}
            if not changed(update(Budget).where(*self._row(kind, seconds)).values(values)):
                insert_new(Budget, [row | values], Budget.kind)

    def _of(self, kind: str) -> list[Limit]:
        return sorted((limit for limit in self.limits if limit.kind == kind), key=lambda limit: limit.seconds)

    def _row(self, kind: str, seconds: int) -> tuple[ColumnElement[bool], ...]:
        return Budget.account_id == self.account_id, Budget.kind == kind, Budget.seconds == seconds

    def _take_told(self, kind: str, at: datetime, kept: int) -> None:
        """One call of what the network alone counts, where it has told us of it."""
        live = (*self._row(kind, UNTIMED), Budget.until > at)
        if not changed(update(Budget).where(*live, Budget.remaining > kept).values(remaining=Budget.remaining - 1)):
            until = session.execute(select(Budget.until).where(*live)).scalar()
            if until is not None:
                raise RateLimitedError(until)

    def _take(self, limit: Limit, at: datetime, kept: int) -> None:
        row = self._row(limit.kind, limit.seconds)
        ends = at + timedelta(seconds=limit.seconds)
        over = Budget.until <= at
        taken = {
            "remaining": case((over, limit.most - 1), else_=Budget.remaining - 1),
            "until": case((over, ends), else_=Budget.until),
        }
        for _ in range(2):  # another process may begin the first span between our looks
            if changed(update(Budget).where(*row, over | (Budget.remaining > kept)).values(taken)):
                return
            first = {
                "account_id": self.account_id,
                "brand_id": self.brand_id,
                "kind": limit.kind,
                "seconds": limit.seconds,
                "remaining": limit.most - 1,
                "until": ends,
            }
            if insert_new(Budget, [first], Budget.kind):
                return
        raise RateLimitedError(session.execute(select(Budget.until).where(*row)).scalar() or ends)


def purse(brand_id: int, account_id: int, channel: str) -> Purse:
    """The meter of an account."""
    return Purse(brand_id, account_id, networks.kind(channel).limits)


def answers_left(account_id: int, channel: str) -> int:
    """How many answers an account may still give in the spans that run now."""
    live: dict[tuple[str, int], int] = {
        (row.kind, row.seconds): row.remaining
        for row in session.execute(
            select(Budget.kind, Budget.seconds, Budget.remaining).where(
                Budget.account_id == account_id, Budget.kind.in_(WRITES), Budget.until > clock.now()
            )
        )
    }
    known = {(limit.kind, limit.seconds): limit.most for limit in networks.kind(channel).limits if limit.kind in WRITES}
    return min((known | live).values())


def closed_until(account_id: int) -> datetime | None:
    """When an account may say something again, if it may not now; asked before work that would be in vain."""
    return session.execute(
        select(func.max(Budget.until)).where(
            Budget.account_id == account_id,
            Budget.kind.in_(WRITES),
            Budget.remaining <= 0,
            Budget.until > clock.now(),
        )
    ).scalar()


def of_brand() -> Mapping[int, tuple[BudgetView, ...]]:
    """What is left of each account of the brand in scope, as far as anything was asked of it; spans that are over are
    left out.
    """
    rows = session.execute(
        select(Budget, Account.channel)
        .join(Account, Account.id == Budget.account_id)
        .where(Budget.until > clock.now())
        .order_by(Budget.account_id, Budget.kind, Budget.seconds)
    )
    found: dict[int, list[BudgetView]] = {}
    for row, channel in rows:
        known = {(limit.kind, limit.seconds): limit.most for limit in networks.kind(channel).limits}
        most = known.get((row.kind, row.seconds))
        found.setdefault(row.account_id, []).append(BudgetView(row.kind, row.seconds, row.remaining, most, row.until))
    return {account_id: tuple(views) for account_id, views in found.items()}
