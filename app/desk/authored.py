"""What an author sees of their own work: every answer with what became of it, in the order in which it was written."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from app.desk import queries as desk
from app.desk.models import Reply, Thanks
from app.desk.views import CaseView, ReplyView

KINDS: dict[str, tuple[str, ...]] = {
    "all": (),
    "waiting": ("in_review", "approved", "sending", "unknown"),
    "out": ("published",),
    "thanked": ("published",),
    "back": ("draft", "withdrawn", "failed"),
}
"""What became of answers, as their author looks through them, and the states that belong to it."""


def answers(
    member_id: int, kind: str = "all", *, before: int | None = None, limit: int = 30
) -> tuple[tuple[ReplyView, CaseView], ...]:
    """What a member handed in of one of KINDS, newest first; drafts that were never handed in are left out."""
    return desk.replies_of(member_id, *_of_kind(kind), before=before, limit=limit)


def _of_kind(kind: str) -> list[ColumnElement[bool]]:
    states = KINDS.get(kind, ())
    wanted: list[ColumnElement[bool]] = [Reply.state.in_(states)] if states else []
    if kind == "thanked":
        wanted.append(exists().where(Thanks.reply_id == Reply.id))
    return wanted
