"""What an author sees of their own work: every answer with what became of it, and the record it adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from app.desk import queries as desk
from app.desk.models import Reply, Thanks
from app.desk.views import CaseView, ReplyView
from app.kernel.db import session

KINDS: dict[str, tuple[str, ...]] = {
    "all": (),
    "waiting": ("in_review", "approved", "sending", "unknown"),
    "out": ("published",),
    "thanked": ("published",),
    "back": ("draft", "withdrawn", "failed"),
}
"""What became of answers, as their author looks through them, and the states that belong to it."""
LOOKED_BACK = 200
"""Of how many judged answers a record is made; what is older is forgotten."""


@dataclass(frozen=True, slots=True)
class JudgedView:
    """One answer that was handed in, as a record counts it."""

    reply_id: int
    state: str
    submitted_at: datetime


def answers(
    member_id: int, kind: str = "all", *, before: int | None = None, limit: int = 30
) -> tuple[tuple[ReplyView, CaseView], ...]:
    """What a member handed in of one of KINDS, newest first; drafts that were never handed in are left out."""
    return desk.replies_of(member_id, *_of_kind(kind), before=before, limit=limit)


def judged(member_id: int) -> tuple[JudgedView, ...]:
    """The member's newest LOOKED_BACK answers that were handed in, newest first."""
    rows = session.execute(
        select(Reply.id, Reply.state, Reply.submitted_at)
        .where(Reply.author_id == member_id, Reply.submitted_at.is_not(None))
        .order_by(Reply.id.desc())
        .limit(LOOKED_BACK)
    )
    return tuple(JudgedView(row.id, row.state, row.submitted_at) for row in rows)


def _of_kind(kind: str) -> list[ColumnElement[bool]]:
    states = KINDS.get(kind, ())
    wanted: list[ColumnElement[bool]] = [Reply.state.in_(states)] if states else []
    if kind == "thanked":
        wanted.append(exists().where(Thanks.reply_id == Reply.id))
    return wanted
