"""Points move: awarded when a reply is public, vested when it has lasted, reversed when it has not. Each once.

Every movement is one transaction of entries that sum to zero, with a key that makes a second one impossible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from app.kernel import clock
from app.kernel.bus import NotYetError
from app.kernel.db import across_brands, brand_scope, current_brand, session, transaction
from app.kernel.facts import CustomerThanked, ReplyPublished, ReplyTakenDown
from app.kernel.failpoints import hit
from app.kernel.upsert import insert_new
from gamification.models import Book, Entry, Txn, Vesting, Week
from gamification.rules.points import RULE_VERSION, Worth, after_caps, thanks_bonus, worth
from gamification.rules.seasons import week_of
from gamification.rules.vesting import after_thanks, steps

REPLY = "reply"
SAME_CUSTOMER = timedelta(days=7)
BRAND = 0
"""Owner of the brand's own books."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of points before it is written: for whom, why, and the key that makes a second one impossible."""

    kind: str
    member_id: int
    source_id: int
    points: int
    before_caps: int
    why: Mapping[str, Any]
    at: datetime
    key: tuple[object, ...]
    rule_version: str = RULE_VERSION
    customer_id: int | None = None
    reverses: int | None = None


def award_published(fact: ReplyPublished) -> None:
    """Points for a reply of an advocate, pending. Staff is paid otherwise and gets none."""
    if not fact.by_advocate:
        return
    _lock_member(fact.author_id)
    nth = 1 + _rewarded_lately(fact.author_id, fact.customer_id, fact.published_at)
    made = worth(expertise=fact.expertise, edit_distance=fact.edit_distance, promise_share=fact.promise_share, nth=nth)
    why = {
        "difficulty": made.difficulty,
        "quality": made.quality,
        "timeliness": made.timeliness,
        "guard": made.guard,
        "expertise": fact.expertise,
        "edit_distance": fact.edit_distance,
        "promise_share": fact.promise_share,
        "nth": nth,
        "case_id": fact.case_id,
    }
    _award(
        Movement(
            kind="award",
            member_id=fact.author_id,
            source_id=fact.reply_id,
            points=after_caps(made.points, earned_today=_earned_on(fact.author_id, fact.published_at)),
            before_caps=made.points,
            why=why,
            at=fact.published_at,
            key=("award", fact.reply_id),
            customer_id=fact.customer_id,
        )
    )


def thank(fact: CustomerThanked) -> None:
    """The customer's thanks add to the award, outside of the day's cap, and let all of it vest a day later."""
    if not fact.by_advocate:
        return
    _lock_member(fact.author_id)
    award = _award_of(fact.reply_id)
    if _is_reversed(award.id):
        return
    factors = (float(award.why[factor]) for factor in ("difficulty", "quality", "timeliness", "guard"))
    bonus = thanks_bonus(Worth(award.before_caps, *factors), version=award.rule_version)
    _award(
        Movement(
            kind="thanks",
            member_id=fact.author_id,
            source_id=fact.reply_id,
            points=bonus,
            before_caps=bonus,
            why={"mention_id": fact.mention_id, "of": award.id},
            at=fact.thanked_at,
            key=("thanks", fact.reply_id),
            rule_version=award.rule_version,
            customer_id=award.customer_id,
        )
    )
    for part in _waiting_parts(fact.reply_id):
        part.due_at = after_thanks(part.due_at, fact.thanked_at)


def reverse(fact: ReplyTakenDown) -> None:
    """Everything that this reply brought is taken back by new entries; what waited will not vest."""
    if not fact.by_advocate:
        return
    _lock_member(fact.author_id)
    _award_of(fact.reply_id)
    for part in _waiting_parts(fact.reply_id):
        part.state = "void"
    for txn in _standing(fact.reply_id):
        lines = session.execute(select(Entry.book_id, Entry.amount).where(Entry.txn_id == txn.id)).all()
        taken_back = Movement(
            kind="reversal",
            member_id=txn.member_id,
            source_id=txn.source_id,
            points=0 if txn.kind == "vest" else -txn.points,
            before_caps=0,
            why={"of": txn.id},
            at=clock.now(),
            key=("reversal", txn.id),
            rule_version=txn.rule_version,
            reverses=txn.id,
        )
        _write(taken_back, {book_id: -amount for book_id, amount in lines})


def vest_due() -> None:
    """What has lasted becomes the member's own. Called by the clock."""
    with across_brands():
        due = session.execute(
            select(Vesting.brand_id, Vesting.id, Txn.member_id)
            .join(Txn, Txn.id == Vesting.txn_id)
            .where(Vesting.state == "waiting", Vesting.due_at <= clock.now())
            .order_by(Vesting.due_at)
            .limit(500)
        ).all()
    session.rollback()
    for brand_id, vesting_id, member_id in due:
        with transaction(), brand_scope(brand_id):
            _lock_member(member_id)  # books before parts, as a reversal locks them: the two never wait in a circle
            _vest(vesting_id)


def first_wrong_book() -> int | None:
    """The first book of the brand in scope whose balance is not the sum of its entries; None when all are right."""
    sums = select(Entry.book_id, func.sum(Entry.amount).label("total")).group_by(Entry.book_id).subquery()
    return session.execute(
        select(Book.id)
        .outerjoin(sums, sums.c.book_id == Book.id)
        .where(Book.balance != func.coalesce(sums.c.total, 0))
        .order_by(Book.id)
        .limit(1)
    ).scalar()


def _award(movement: Movement) -> None:
    """From issuance to pending, and the parts that will vest."""
    amounts = {
        _book("issuance", BRAND): -movement.points,
        _book("pending", movement.member_id): movement.points,
    }
    txn_id = _write(movement, amounts)
    if txn_id is None:
        return
    for step in steps(movement.points, movement.at):
        due_at = after_thanks(step.due_at, movement.at) if movement.kind == "thanks" else step.due_at
        session.add(
            Vesting(
                brand_id=current_brand(),
                txn_id=txn_id,
                part=step.part,
                points=step.points,
                due_at=due_at,
                state="waiting",
            )
        )
    session.flush()


def _vest(vesting_id: int) -> None:
    """From pending to vested, for one part."""
    part = session.execute(
        select(Vesting).where(Vesting.id == vesting_id, Vesting.state == "waiting").with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if part is None or part.due_at > clock.now():
        return
    award = session.execute(select(Txn).where(Txn.id == part.txn_id)).scalar_one()
    part.state = "vested"
    amounts = {_book("pending", award.member_id): -part.points, _book("vested", award.member_id): part.points}
    own_now = Movement(
        kind="vest",
        member_id=award.member_id,
        source_id=award.source_id,
        points=part.points,
        before_caps=part.points,
        why={"of": award.id, "part": part.part},
        at=clock.now(),
        key=("vest", award.id, part.part),
        rule_version=award.rule_version,
        customer_id=award.customer_id,
    )
    _write(own_now, amounts)


def _write(movement: Movement, amounts: Mapping[int, int]) -> int | None:
    """One transaction with its entries, and the balances with them; None when it was written before."""
    if sum(amounts.values()) != 0:
        raise ValueError("the entries of a transaction must sum to zero")
    brand_id = current_brand()
    row = {
        "brand_id": brand_id,
        "member_id": movement.member_id,
        "kind": movement.kind,
        "source_type": REPLY,
        "source_id": movement.source_id,
        "idem_key": hashlib.sha256("|".join(map(str, movement.key)).encode()).hexdigest(),
        "customer_id": movement.customer_id,
        "rule_version": movement.rule_version,
        "reverses": movement.reverses,
        "points": movement.points,
        "before_caps": movement.before_caps,
        "why": dict(movement.why),
        "at": movement.at,
    }
    made = insert_new(Txn, [row], Txn.id)
    if not made:
        return None
    txn_id: int = made[0].id
    hit("ledger.before_entries")
    for book_id, amount in sorted(amounts.items()):
        session.add(Entry(brand_id=brand_id, txn_id=txn_id, book_id=book_id, amount=amount))
        session.execute(update(Book).where(Book.id == book_id).values(balance=Book.balance + amount))
    if movement.kind != "vest":
        _count_week(movement)
    session.flush()
    hit("ledger.after_entries")
    return txn_id


def _count_week(movement: Movement) -> None:
    """What moved belongs to the week in which it moved; the member's pending book is locked, so sums are not lost."""
    week = week_of(movement.at)
    insert_new(
        Week,
        [{"brand_id": current_brand(), "week": week, "member_id": movement.member_id, "points": 0}],
        Week.week,
    )
    session.execute(
        update(Week)
        .where(Week.week == week, Week.member_id == movement.member_id)
        .values(points=Week.points + movement.points)
    )


def _book(kind: str, member_id: int) -> int:
    """The book's id; made when first needed."""
    wanted = (Book.kind == kind, Book.member_id == member_id)
    found = session.execute(select(Book.id).where(*wanted)).scalar()
    if found is None:
        insert_new(Book, [{"brand_id": current_brand(), "kind": kind, "member_id": member_id, "balance": 0}], Book.id)
        found = session.execute(select(Book.id).where(*wanted)).scalar_one()
    return found


def _lock_member(member_id: int) -> None:
    """One award of a member at a time: the caps and the guard look at what was awarded before."""
    session.execute(select(Book.id).where(Book.id == _book("pending", member_id)).with_for_update())


def _award_of(reply_id: int) -> Txn:
    """The award of a reply.

    Raises:
        NotYetError: the fact that brings it is still on its way.

    """
    award = session.execute(
        select(Txn).where(Txn.source_type == REPLY, Txn.source_id == reply_id, Txn.kind == "award")
    ).scalar_one_or_none()
    if award is None:
        raise NotYetError("the award of this reply is still on its way")
    return award


def _standing(reply_id: int) -> Sequence[Txn]:
    """Every movement that this reply brought, oldest first, without reversals."""
    return (
        session.execute(
            select(Txn)
            .where(Txn.source_type == REPLY, Txn.source_id == reply_id, Txn.kind != "reversal")
            .order_by(Txn.id)
        )
        .scalars()
        .all()
    )


def _is_reversed(txn_id: int) -> bool:
    return session.execute(select(Txn.id).where(Txn.reverses == txn_id)).scalar() is not None


def _waiting_parts(reply_id: int) -> list[Vesting]:
    return list(
        session.execute(
            select(Vesting)
            .join(Txn, Txn.id == Vesting.txn_id)
            .where(Txn.source_type == REPLY, Txn.source_id == reply_id, Vesting.state == "waiting")
            .with_for_update(of=Vesting)
        ).scalars()
    )


def _rewarded_lately(member_id: int, customer_id: int, at: datetime) -> int:
    return session.execute(
        select(func.count())
        .select_from(Txn)
        .where(
            Txn.member_id == member_id,
            Txn.customer_id == customer_id,
            Txn.kind == "award",
            Txn.at > at - SAME_CUSTOMER,
            Txn.at <= at,
        )
    ).scalar_one()


def _earned_on(member_id: int, at: datetime) -> int:
    """What the rule gave this member on the same day (UTC) before caps; thanks are exempt."""
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return session.execute(
        select(func.coalesce(func.sum(Txn.before_caps), 0)).where(
            Txn.member_id == member_id, Txn.kind == "award", Txn.at >= start, Txn.at < start + timedelta(days=1)
        )
    ).scalar_one()
