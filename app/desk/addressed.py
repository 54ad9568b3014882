"""The account that a customer addressed hears a post which another of ours heard first: their case is its to answer."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from app.desk import rerouting
from app.desk.models import Case, CaseMention, Reply
from app.desk.rules.states import LIVE_REPLY, SPOKEN_REPLY
from app.kernel.bus import NotYetError
from app.kernel.db import session
from app.kernel.facts import SummonsHeard
from listeners import addressing

MAY_ANSWER = "The account that was addressed has heard it, and may answer."


def summons_heard(fact: SummonsHeard) -> None:
    """Give the posts to that account and route their cases again; what has an answer stays. Again changes nothing.

    Raises:
        NotYetError: one of them is still on its way to its case.

    """
    placed = select(CaseMention.mention_id).where(CaseMention.mention_id.in_(fact.mention_ids))
    if set(fact.mention_ids) - set(session.execute(placed).scalars()):
        raise NotYetError("a mention that was addressed to another account has no case yet")
    given = addressing.give(_unanswered(fact.mention_ids), fact.account_id)
    if not given:
        return
    rerouting.follow(given, MAY_ANSWER)
    session.execute(update(Case).where(Case.mention_id.in_(given)).values(account_id=fact.account_id))
    drafts = update(Reply).where(Reply.mention_id.in_(given), Reply.state == "draft")
    session.execute(drafts.values(account_id=fact.account_id))


def _unanswered(mention_ids: Collection[int]) -> list[int]:
    """Those for which no answer was handed in that still counts: a draft is none yet."""
    answers = (LIVE_REPLY | SPOKEN_REPLY) - {"draft"}
    answered = select(Reply.mention_id).where(Reply.mention_id.in_(mention_ids), Reply.state.in_(answers))
    return sorted(set(mention_ids) - set(session.execute(answered).scalars()))
