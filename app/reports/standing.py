"""What stands still right now, and who is here to move it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, Integer, Select, func, literal, literal_column, select, type_coerce, union_all

from app.channels.models import Account
from app.desk.models import Claim, Reply
from app.kernel.bus import Delivery
from app.kernel.db import UtcDateTime, current_brand, session
from app.people.models import Member, Membership, SignIn
from listeners.models import Cursor
from moderation.models import Review

HERE_FOR = timedelta(minutes=15)
"""A person whose browser was last seen longer ago than this is not on duty."""
SILENT_AFTER = timedelta(minutes=10)
"""An account that was not read to its end for so long is silent: listeners look about once a minute."""
MOST = 1000
"""The most that is counted of anything that should be nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Replies, reviews and deliveries that stand still: how many, and the oldest."""

    unknown: int
    unknown_since: datetime | None
    reviews: int
    review_since: datetime | None
    failed: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery that was given up."""

    fact: str
    subscriber: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Silent:
    """An account that nothing is heard from."""

    channel: str
    handle: str
    is_signed_out: bool
    since: datetime | None
    """Up to when it was heard; None when it never was."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is signed in and was seen a moment ago, and what they hold."""

    member_id: int
    name: str
    alias: str
    role: str
    seen_at: datetime
    cases: int
    reviews: int


def standing() -> Standing:
    """What stands still, counted through the indexes of live work and never further than MOST."""
    brand_id = current_brand()
    unknown = select(Reply.updated_at).where(Reply.brand_id == brand_id, Reply.state == literal_column("'unknown'"))
    reviews = select(Review.opened_at).where(Review.brand_id == brand_id, Review.state == literal_column("'open'"))
    failed = select(Delivery.created_at).where(
        Delivery.brand_id == brand_id, Delivery.state == literal_column("'dead'")
    )
    every = union_all(
        _counted("unknown", unknown, Reply.updated_at),
        _counted("reviews", reviews, Review.opened_at),
        _counted("failed", failed, Delivery.created_at),
    )
    found = {row[0]: (row[1], row[2]) for row in session.execute(every).all()}
    return Standing(*found["unknown"], *found["reviews"], found["failed"][0])


def failed(limit: int = 20) -> tuple[Failed, ...]:
    """Deliveries of this brand that were given up, the newest first."""
    rows = session.execute(
        select(Delivery.fact, Delivery.subscriber, Delivery.created_at)
        .where(Delivery.brand_id == current_brand(), Delivery.state == literal_column("'dead'"))
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    return tuple(Failed(*row) for row in rows)


def silent(at: datetime) -> tuple[Silent, ...]:
    """Accounts that should be heard and are not."""
    rows = session.execute(
        select(Account.channel, Account.handle, Account.state, Cursor.heard_until)
        .outerjoin(Cursor, Cursor.account_id == Account.id)
        .where(Account.state != "archive")
        .order_by(Account.id)
    )
    return tuple(
        Silent(channel, handle, state == "signed_out", until)
        for channel, handle, state, until in rows
        if state == "signed_out" or until is None or at - until > SILENT_AFTER
    )


def on_duty(at: datetime) -> tuple[OnDuty, ...]:
    """Who is here, staff first, and how much each of them holds."""
    seen = func.max(SignIn.seen_at)
    rows = session.execute(
        select(Member.id, Member.name, Member.alias, Membership.role, type_coerce(seen, UtcDateTime))
        .join(Membership, Membership.member_id == Member.id)
        .join(SignIn, SignIn.member_id == Member.id)
        .where(SignIn.ended_at.is_(None), SignIn.seen_at > at - HERE_FOR, Membership.suspended_at.is_(None))
        .group_by(Member.id, Member.name, Member.alias, Membership.role)
    ).all()
    cases, reviews = held(at)
    people = [OnDuty(*row, cases[row[0]], reviews[row[0]]) for row in rows]
    return tuple(sorted(people, key=lambda one: (one.role == "advocate", one.name)))


def held(at: datetime) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Live claims and held reviews, by member."""
    claims = select(literal("case"), Claim.member_id, func.count()).where(
        Claim.brand_id == current_brand(), Claim.ended_at.is_(None)
    )
    reviews = select(literal("review"), Review.held_by, func.count()).where(
        Review.brand_id == current_brand(), Review.state == literal_column("'open'"), Review.held_until > at
    )
    found: dict[str, Counter[int]] = {"case": Counter(), "review": Counter()}
    both: CompoundSelect[Any] = union_all(claims.group_by(Claim.member_id), reviews.group_by(Review.held_by))
    for row in session.execute(both).all():
        found[row[0]][row[1]] += row[2]
    return found["case"], found["review"]


def _counted(name: str, statement: Select[*tuple[Any, ...]], column: Any) -> Select[*tuple[Any, ...]]:
    """How many rows there are, at most MOST, and the oldest moment among them."""
    limited = statement.with_only_columns(column.label("at")).limit(MOST).subquery()
    return select(literal(name), type_coerce(func.count(), Integer), type_coerce(func.min(limited.c.at), UtcDateTime))
