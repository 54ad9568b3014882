"""What we show of points: balances, the board, and the entries behind any number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.kernel.db import session
from app.kernel.errors import NotFoundError
from gamification.models import Book, Entry, Txn, Vesting, Week
from gamification.rules.standing import Place, ranked


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's points: pending may still be lost, vested are their own."""

    pending: int
    vested: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.pending + self.vested


@dataclass(frozen=True, slots=True)
class TxnView:
    """One movement of points with the numbers that made it."""

    id: int
    member_id: int
    kind: str
    source_id: int
    points: int
    before_caps: int
    rule_version: str
    why: dict[str, Any]
    at: datetime
    reversed: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """One entry: which book, whose, how much."""

    book: str
    member_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of an award and when it vests."""

    part: int
    points: int
    due_at: datetime
    state: str


def balance(member_id: int) -> Balance:
    """Points of a member in the brand in scope."""
    rows = session.execute(select(Book.kind, Book.balance).where(Book.member_id == member_id)).all()
    sums = {row.kind: row.balance for row in rows}
    return Balance(sums.get("pending", 0), sums.get("vested", 0))


def board(weeks: range | None = None) -> tuple[Place, ...]:
    """Members by points, pending and vested together: of all time, or those that moved in these weeks.

    Read from the books, or from the sums per week, so its cost is the members' and not their answers'.
    """
    if weeks is not None:
        rows = session.execute(
            select(Week.member_id, func.sum(Week.points).label("points"))
            .where(Week.week >= weeks.start, Week.week < weeks.stop)
            .group_by(Week.member_id)
        ).all()
        return ranked({row.member_id: int(row.points) for row in rows})
    rows = session.execute(select(Book.member_id, Book.balance).where(Book.kind.in_(("pending", "vested")))).all()
    sums: dict[int, int] = {}
    for member_id, amount in rows:
        sums[member_id] = sums.get(member_id, 0) + amount
    return ranked(sums)


def weeks_of(member_id: int, weeks: range) -> dict[int, int]:
    """By how much a member's points changed in each of these weeks; weeks without any are left out."""
    rows = session.execute(
        select(Week.week, Week.points).where(
            Week.member_id == member_id, Week.week >= weeks.start, Week.week < weeks.stop
        )
    )
    return {row.week: row.points for row in rows}


def txns(member_id: int, *, before: int | None = None, limit: int = 50) -> tuple[TxnView, ...]:
    """A member's movements, newest first; vesting is shown with its award, not as a movement of its own."""
    statement = select(Txn).where(Txn.member_id == member_id, Txn.kind != "vest")
    if before is not None:
        statement = statement.where(Txn.id < before)
    rows = session.execute(statement.order_by(Txn.id.desc()).limit(limit)).scalars().all()
    reversed_ids = set(
        session.execute(select(Txn.reverses).where(Txn.reverses.in_([row.id for row in rows]))).scalars()
    )
    return tuple(_view(row, row.id in reversed_ids) for row in rows)


def for_replies(reply_ids: tuple[int, ...]) -> dict[int, int]:
    """Points that stand for each reply: awards and thanks, less reversals."""
    rows = session.execute(
        select(Txn.source_id, Txn.points).where(
            Txn.source_type == "reply", Txn.source_id.in_(reply_ids), Txn.kind != "vest"
        )
    )
    sums: dict[int, int] = {}
    for reply_id, points in rows:
        sums[reply_id] = sums.get(reply_id, 0) + points
    return sums


def txn(txn_id: int) -> tuple[TxnView, tuple[LineView, ...], tuple[PartView, ...]]:
    """One movement with its entries and the parts that vest.

    Raises:
        NotFoundError: there is none in the brand in scope.

    """
    row = session.execute(select(Txn).where(Txn.id == txn_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such entry.")
    lines = session.execute(
        select(Book.kind, Book.member_id, Entry.amount)
        .join(Book, Book.id == Entry.book_id)
        .where(Entry.txn_id == txn_id)
        .order_by(Entry.id)
    )
    parts = session.execute(select(Vesting).where(Vesting.txn_id == txn_id).order_by(Vesting.part)).scalars()
    is_reversed = session.execute(select(Txn.id).where(Txn.reverses == txn_id)).scalar() is not None
    return (
        _view(row, is_reversed),
        tuple(LineView(line.kind, line.member_id, line.amount) for line in lines),
        tuple(PartView(part.part, part.points, part.due_at, part.state) for part in parts),
    )


def _view(row: Txn, is_reversed: bool) -> TxnView:  # noqa: FBT001  positional in one place only
    return TxnView(
        row.id,
        row.member_id,
        row.kind,
        row.source_id,
        row.points,
        row.before_caps,
        row.rule_version,
        row.why,
        row.at,
        is_reversed,
    )
