"""The second look at a rejected reply: its author asks, and when it is overturned its words wait for a yes again."""

from __future__ import annotations

from sqlalchemy import select

from app.desk import waking
from app.desk.history import note
from app.desk.models import Case, Reply
from app.desk.replies import SUBJECT
from app.desk.rules.hand import Hand
from app.desk.rules.states import LIVE_REPLY
from app.kernel import clock
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.errors import NotFoundError
from app.kernel.facts import AppealAsked, AppealDecided
from moderation import appeals, reviews
from moderation import queries as moderation


def appeal(reply_id: int, hand: Hand, reason: str) -> int:
    """Ask for a second look at the rejection of one's own reply; the appeal's id.

    Raises:
        NotFoundError: no such reply of this person, or it was not rejected.
        RefusedError, ConflictError: as `appeals.ask`.

    """
    reply = session.execute(
        select(Reply).where(Reply.id == reply_id, Reply.author_id == hand.member_id)
    ).scalar_one_or_none()
    if reply is None:
        raise NotFoundError("There is no such reply.")
    appeal_id = appeals.ask(SUBJECT, reply_id, hand.member_id, reason)
    case = session.execute(select(Case).where(Case.id == reply.case_id)).scalar_one()
    note(case, "appealed", f"The author asks for a second look: {reason.strip()}", member_id=hand.member_id)
    asked = moderation.appeal(appeal_id)
    if asked is not None:
        emit(AppealAsked(case.brand_id, appeal_id, reply_id, case.id, hand.member_id, asked.judged_by))
    return appeal_id


def decide_appeal(appeal_id: int, hand: Hand, outcome: str, words: str) -> bool:
    """Uphold the rejection or overturn it; whether the words wait for a yes again.

    After an overturned rejection they are handed in again when nobody has taken the case up meanwhile. When somebody
    has, the verdict is put right all the same and the case is left to them.

    Raises:
        NotFoundError, NotAllowedError, RefusedError, ConflictError: as `appeals.decide`.

    """
    looked = appeals.decide(appeal_id, hand.member_id, hand.role, outcome, words)
    reply = session.execute(select(Reply).where(Reply.id == looked.subject_id)).scalar_one()
    case = session.execute(select(Case).where(Case.id == reply.case_id).with_for_update()).scalar_one()
    emit(AppealDecided(case.brand_id, appeal_id, reply.id, case.id, looked.author_id))
    if outcome == "upheld":
        note(case, "appeal_upheld", f"Second look, upheld: {looked.words}", member_id=hand.member_id)
        return False
    note(case, "appeal_overturned", f"Second look, overturned: {looked.words}", member_id=hand.member_id)
    if not _is_free(case, reply):
        return False
    waking.wake(case, "claimed", member_id=hand.member_id)
    _hand_in_again(case, reply)
    return True


def _hand_in_again(case: Case, rejected: Reply) -> None:
    """The same words as a new reply, as if its author had just claimed the case; the rejected one stays as it was."""
    at = clock.now()
    reply = Reply(
        brand_id=case.brand_id,
        case_id=case.id,
        mention_id=rejected.mention_id,
        account_id=rejected.account_id,
        author_id=rejected.author_id,
        by_advocate=rejected.by_advocate,
        state="in_review",
        version=1,
        text=rejected.text,
        signature=rejected.signature,
        submitted_text=rejected.submitted_text,
        submitted_at=rejected.submitted_at,
        promise_share=rejected.promise_share,
        created_at=at,
        updated_at=at,
        checks=0,
    )
    session.add(reply)
    for state in ("claimed", "in_review"):
        case.state = state
    case.updated_at = at
    session.flush()
    reviews.open_review(
        SUBJECT, reply.id, reply.version, author_id=reply.author_id, text=reply.text, due_at=case.due_at
    )


def _is_free(case: Case, reply: Reply) -> bool:
    """Whether the case still asks what this reply answers, and nobody else answers it."""
    live = select(Reply.id).where(Reply.case_id == case.id, Reply.state.in_(LIVE_REPLY)).limit(1)
    return (
        case.state == "open"
        and reply.state == "withdrawn"
        and case.mention_id == reply.mention_id
        and session.execute(live).scalar() is None
    )
