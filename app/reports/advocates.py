"""Who helps, how much, and how well: one line per advocate, and their answers with what became of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, type_coerce

from app.desk.counted import AuthorDay, Promise
from app.desk.rules.waiting import SPANS, quantile
from app.kernel.db import UtcDateTime, session
from app.people.models import Member, Membership, SignIn
from app.reports.rules.periods import Period
from app.reports.rules.shares import Share
from gamification.models import Book


@dataclass(frozen=True, slots=True)
class Advocate:
    """One advocate: who they are, what they hold and have, and what they did in a period."""

    id: int
    name: str
    alias: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    is_suspended: bool
    seen_at: datetime | None
    points: int
    published: int
    taken_down: int
    approval: Share
    """Approved among all that was judged, edited ones included."""
    edits: Share
    """Edited among the approved."""
    thanks: Share
    """Answers that the customer said thanks for."""
    waited: Counter[str]

    @property
    def median(self) -> float | None:
        """Minutes from question to answer in the thread, under which half of theirs came; about."""
        return quantile(self.waited, 0.5)


_COUNTED = ("published", "taken_down", "thanked", "approved", "edited", "returned", "rejected", *SPANS)


def advocates(period: Period, member_id: int | None = None) -> tuple[Advocate, ...]:
    """Every advocate of the brand in scope (or only this one), by name."""
    people = (
        select(
            Member.id,
            Member.name,
            Member.alias,
            Membership.languages,
            Membership.topics,
            Membership.suspended_at,
            select(type_coerce(func.max(SignIn.seen_at), UtcDateTime))
            .where(SignIn.member_id == Member.id)
            .scalar_subquery(),
        )
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.role == "advocate")
        .order_by(Member.name, Member.id)
    )
    if member_id is not None:
        people = people.where(Member.id == member_id)
    rows = session.execute(people).all()
    sums, points = _sums(period), _points()
    return tuple(_advocate(tuple(row), sums.get(row[0], Counter()), points[row[0]]) for row in rows)


def thanked(reply_ids: tuple[int, ...]) -> frozenset[int]:
    """Those of these replies that a customer said thanks for."""
    found = select(Promise.reply_id).where(Promise.reply_id.in_(reply_ids), Promise.thanked_at.is_not(None))
    return frozenset(reply_id for reply_id in session.execute(found).scalars() if reply_id is not None)


def _advocate(person: tuple[Any, ...], sums: Counter[str], points: int) -> Advocate:
    member_id, name, alias, languages, topics, suspended_at, seen_at = person
    approved = sums["approved"] + sums["edited"]
    judged = approved + sums["returned"] + sums["rejected"]
    return Advocate(
        member_id,
        name,
        alias,
        tuple(languages),
        tuple(topics),
        suspended_at is not None,
        seen_at,
        points,
        sums["published"],
        sums["taken_down"],
        Share(approved, judged),
        Share(sums["edited"], approved),
        Share(sums["thanked"], sums["published"] + sums["taken_down"]),
        Counter({name: sums[name] for name in SPANS}),
    )


def _sums(period: Period) -> dict[int, Counter[str]]:
    rows = session.execute(
        select(AuthorDay.member_id, *(func.sum(getattr(AuthorDay, name)) for name in _COUNTED))
        .where(AuthorDay.day.between(period.first, period.last))
        .group_by(AuthorDay.member_id)
    )
    return {member_id: Counter(dict(zip(_COUNTED, sums, strict=True))) for member_id, *sums in rows}


def _points() -> Counter[int]:
    found: Counter[int] = Counter()
    for member_id, balance in session.execute(
        select(Book.member_id, Book.balance).where(Book.kind.in_(("pending", "vested")))
    ):
        found[member_id] += balance
    return found
