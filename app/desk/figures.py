"""Count what was answered, how fast and by whom, once, in the transaction in which it happens; recount on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from app.desk.counted import AuthorDay, Promise, PromiseDay
from app.desk.models import Case, Reply
from app.desk.rules.waiting import span_of
from app.kernel.db import changed, current_brand, session
from app.kernel.upsert import Sums, add_up, empty
from moderation import queries as moderation

_AT_ONCE = 5000
"""Rows that a recount reads in one go."""
_COUNTED_AS = {"approve": "approved", "edit": "edited", "return": "returned", "reject": "rejected"}


def answered(case: Case, at: datetime, reply: Reply | None = None) -> None:
    """The promise to this customer ended with an answer: this published reply, or one that was given outside.

    Call it before the case begins to wait for another answer.
    """
    answered_as = "outside" if reply is None else "advocates" if reply.by_advocate else "staff"
    row = Promise(
        brand_id=case.brand_id,
        case_id=case.id,
        reply_id=reply.id if reply else None,
        author_id=reply.author_id if reply else None,
        channel=case.channel,
        language=case.language,
        topic=case.topic,
        offered_at=case.offered_at,
        due_at=case.due_at,
        answered_at=at,
        answered_as=answered_as,
    )
    session.add(row)
    session.flush()
    _add([row])


def taken_down(reply_id: int) -> None:
    """An answer is public no more: the question it ended counts as asked and not answered."""
    row = session.execute(select(Promise).where(Promise.reply_id == reply_id)).scalar_one_or_none()
    if row is None or row.answered_as == "taken_down":
        return
    _add([row], -1)
    row.answered_as = "taken_down"
    session.flush()
    _add([row])


def thanked(reply_id: int, at: datetime) -> None:
    """The customer says that this answer helped. Only the first thanks for an answer count."""
    first = changed(
        update(Promise).where(Promise.reply_id == reply_id, Promise.thanked_at.is_(None)).values(thanked_at=at)
    )
    if first:
        row = session.execute(select(Promise.author_id, Promise.answered_at).where(Promise.reply_id == reply_id)).one()
        add_up(AuthorDay, {(current_brand(), row.answered_at.date(), row.author_id): Counter(thanked=1)})


def judged(author_id: int, verdict: str, at: datetime) -> None:
    """A verdict was given on something that this member wrote."""
    add_up(AuthorDay, {(current_brand(), at.date(), author_id): Counter({_COUNTED_AS[verdict]: 1})})


def rebuild() -> None:
    """Recount the figures of the brand in scope from its promises and verdicts. Nobody counts meanwhile."""
    empty(PromiseDay)
    empty(AuthorDay)
    last = 0
    while (
        rows := session.execute(select(Promise).where(Promise.id > last).order_by(Promise.id).limit(_AT_ONCE))
        .scalars()
        .all()
    ):
        _add(rows)
        last = rows[-1].id
        session.expunge_all()
    last = 0
    while verdicts := moderation.verdicts("reply", after=last, limit=_AT_ONCE):
        sums: Sums = {}
        for one in verdicts:
            _of(sums, one.decided_at.date(), one.author_id)[_COUNTED_AS[one.verdict]] += 1
        add_up(AuthorDay, sums)
        last = verdicts[-1].id


def _add(rows: Sequence[Promise], times: int = 1) -> None:
    days: Sums = {}
    authors: Sums = {}
    for row in rows:
        is_down, span = row.answered_as == "taken_down", span_of(row.answered_at - row.offered_at)
        key = (row.brand_id, row.offered_at.date(), row.answered_as, row.channel, row.language, row.topic)
        sums: Counter[str] = days.setdefault(key, Counter())
        sums["answers"] += times
        sums["kept"] += times * (row.answered_at <= row.due_at)
        sums[span] += times
        if row.author_id is not None:
            own = _of(authors, row.answered_at.date(), row.author_id)
            own["taken_down" if is_down else "published"] += times
            own["thanked"] += times * (row.thanked_at is not None)
            own[span] += times
    add_up(PromiseDay, days)
    add_up(AuthorDay, authors)


def _of(sums: Sums, day: date, member_id: int) -> Counter[str]:
    return sums.setdefault((current_brand(), day, member_id), Counter())
