"""A customer's thanks reach the author: kept when they come, shown until seen, and found again with the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update

from app.desk.models import Reply, Thanks
from app.desk.rules.hand import Hand
from app.kernel import clock
from app.kernel.db import changed, session
from app.kernel.errors import NotFoundError
from app.kernel.facts import CustomerThanked
from app.kernel.upsert import insert_new
from listeners import queries as heard
from listeners.queries import MentionView


@dataclass(frozen=True, slots=True)
class ThanksView:
    """One customer's thanks: their post, and the answer that they are for."""

    id: int
    words: MentionView
    reply_id: int
    case_id: int
    answer: str
    at: datetime


def keep(fact: CustomerThanked) -> None:
    """Keep the thanks for their author. Doing it again changes nothing."""
    row = {
        "brand_id": fact.brand_id,
        "reply_id": fact.reply_id,
        "mention_id": fact.mention_id,
        "author_id": fact.author_id,
        "at": fact.thanked_at,
    }
    insert_new(Thanks, [row], Thanks.id)


def see(thanks_id: int, hand: Hand) -> None:
    """The author has read these; they stay with the answer.

    Raises:
        NotFoundError: no such thanks for this person.

    """
    mine = (Thanks.id == thanks_id, Thanks.author_id == hand.member_id)
    if session.execute(select(Thanks.id).where(*mine)).scalar() is None:
        raise NotFoundError("There are no such thanks.")
    changed(update(Thanks).where(*mine, Thanks.seen_at.is_(None)).values(seen_at=clock.now()))


def unseen(member_id: int, limit: int = 2) -> tuple[ThanksView, ...]:
    """Thanks that the author has not put away yet, newest first, for answers that still stand."""
    return _views(_mine(member_id).where(Thanks.seen_at.is_(None), Reply.state == "published").limit(limit))


def for_replies(reply_ids: Iterable[int]) -> dict[int, ThanksView]:
    """The newest thanks for each of these replies."""
    statement = select(Thanks, Reply).join(Reply, Reply.id == Thanks.reply_id)
    found = _views(statement.where(Thanks.reply_id.in_(tuple(reply_ids))).order_by(Thanks.id))
    return {view.reply_id: view for view in found}


def _mine(member_id: int) -> Select[Thanks, Reply]:
    return (
        select(Thanks, Reply)
        .join(Reply, Reply.id == Thanks.reply_id)
        .where(Thanks.author_id == member_id)
        .order_by(Thanks.id.desc())
    )


def _views(statement: Select[Thanks, Reply]) -> tuple[ThanksView, ...]:
    rows = session.execute(statement).all()
    if not rows:
        return ()
    words = heard.mentions({row.Thanks.mention_id for row in rows})
    return tuple(
        ThanksView(kept.id, words[kept.mention_id], kept.reply_id, answered.case_id, answered.text, kept.at)
        for kept, answered in rows
        if kept.mention_id in words
    )
