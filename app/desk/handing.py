"""Staff hands a case to a named colleague, and what was drafted so far goes along."""

from __future__ import annotations

from sqlalchemy import select

from app.desk import moving, replies
from app.desk.models import Reply
from app.desk.rules.hand import Hand
from app.kernel.db import session
from app.people import queries as people
from app.people.rules import STAFF


def hand_over(case_id: int, member_id: int, hand: Hand, reason: str) -> bool:
    """Give the case to one person; whether a draft went along. What staff drafted never goes to an advocate.

    Raises:
        NotAllowedError, NotFoundError, RefusedError, ConflictError: as `moving.give_to`.

    """
    drafted = session.execute(
        select(Reply.text).where(Reply.case_id == case_id, Reply.state == "draft", Reply.by_advocate.is_(False))
    ).scalar()
    moving.give_to(case_id, member_id, hand, reason)
    taker = people.members([member_id])[member_id]
    if not (drafted or "").strip() or taker.role not in STAFF:
        return False
    replies.save_draft(case_id, Hand(taker.id, taker.alias, taker.role, ()), drafted or "")
    return True
